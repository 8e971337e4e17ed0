// `from: {sqlite: {file: …, table: …, key: …}}`: the rows of one table of a SQLite file.
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
