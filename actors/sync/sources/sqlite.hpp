// The rows of one table of a SQLite file, by key or by a cursor column:
//
//     from:
//       sqlite:
//         file: shop.db             # in a directory that the node may read
//         table: customers
//         key: id                   # or [a, b]; columns that the database keeps unique
//         cursor: updated_at        # later runs read what is new by it
//         lookback: 1m              # before the last cursor; a number for a cursor that is one
//         columns: [id, name]       # usually all
//         where: country = 'CH'     # in the database's words
//         deleted: is_gone          # a column that marks rows as deleted
//         page_size: 5000
#pragma once

#include "actors/sync/source.hpp"
#include "actors/sync/sources/local/allowed_path.hpp"

namespace tenon::actors {

struct sqlite_options {
  allowed_roots roots;
  runtime::executor& blocking; // where a page is read; a read holds its thread
};

/// `blocking` must outlive every source that was opened.
std::unique_ptr<source_kind> sqlite_source(sqlite_options);

} // namespace tenon::actors
