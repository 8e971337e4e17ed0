// `from: {mariadb: {url: mariadb://host/database, credential: …, table: …, key: …}}`: the rows of
// one table of a MariaDB server, by key or by a cursor column. The other options are those of
// actors/sync/sources/postgres.hpp, without `changes`.
#pragma once

#include "actors/sync/sources/relational/server.hpp"

namespace tenon::actors {

/// `blocking` must outlive every source that was opened.
std::unique_ptr<source_kind> mariadb_source(relational::database_options);

} // namespace tenon::actors
