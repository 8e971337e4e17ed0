// The rows of one table of a PostgreSQL server, written by key:
//
//     to:
//       postgres:
//         url: postgres://db.example.com:5432/shop
//         credential: shop          # its secrets: user, password
//         table: public.customers
//         key: id                   # or [a, b]; columns that the database keeps unique
//         sslmode: verify-full      # or require, prefer; ca: as for the source
//         extra: more               # a column for the fields without one, as a JSON object
//
// A record's fields are columns of the same names; those that it lacks stay as they are. A row that
// is already as the record says is not touched, so that whoever follows the table's changes hears
// of none. What the database refuses (a value that does not fit, a rule that is broken) is refused
// record by record; a page is one transaction.
//
// Rows go by COPY into a temporary table and from there into the table, where the user may make
// temporary tables (GRANT TEMPORARY ON DATABASE …); elsewhere as JSON, at about half the speed.
#pragma once

#include "actors/sync/destination.hpp"
#include "actors/sync/sources/relational/server.hpp"

namespace tenon::actors {

/// `blocking` must outlive every destination that was opened.
std::unique_ptr<destination_kind> postgres_destination(relational::database_options);

} // namespace tenon::actors
