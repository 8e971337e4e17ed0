// The rows of one table of a SQLite file, written by key:
//
//     to:
//       sqlite:
//         file: shop.db     # there already, in a directory that the node may write to
//         table: customers
//         key: id           # or [a, b]; columns that the database keeps unique
//         extra: more       # a column for the fields without one, as a JSON object
//
// A record's fields are columns of the same names; those that it lacks stay as they are. A page is
// one transaction. A list or an object is its JSON text; text in a column of type BLOB is base64,
// as the source writes it. What breaks a rule of the database is refused record by record.
#pragma once

#include "actors/sync/destination.hpp"
#include "actors/sync/destinations/local/writable_path.hpp"

namespace tenon::actors {

/// `blocking` must outlive every destination that was opened.
std::unique_ptr<destination_kind> sqlite_destination(written_files);

} // namespace tenon::actors
