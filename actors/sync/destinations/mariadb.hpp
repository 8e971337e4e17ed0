// The rows of one table of a MariaDB server, written by key:
//
//     to:
//       mariadb:
//         url: mariadb://db.example.com:3306/shop
//         credential: shop          # its secrets: user, password
//         table: customers
//         key: id                   # or [a, b]; columns that the database keeps unique
//         sslmode: verify-full      # or require, prefer; ca: as for the source
//         extra: more               # a column for the fields without one, as a JSON object
//
// What becomes of a record stands in actors/sync/destinations/postgres.hpp; of values, in
// actors/sync/sources/mariadb/table.hpp, the other way.
//
// Without LOAD DATA LOCAL, for which the client would have to hand over files that a server asks
// for.
#pragma once

#include "actors/sync/destination.hpp"
#include "actors/sync/sources/relational/server.hpp"

namespace tenon::actors {

/// `blocking` must outlive every destination that was opened.
std::unique_ptr<destination_kind> mariadb_destination(relational::database_options);

} // namespace tenon::actors
