// The rows of one table of a MariaDB server, written by key:
// `to: {mariadb: {url: mariadb://host/database, credential: …, table: …, key: …}}`. The other
// options, and what becomes of a record, are those of actors/sync/destinations/postgres.hpp; of
// values, those of actors/sync/sources/mariadb/table.hpp, the other way.
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
