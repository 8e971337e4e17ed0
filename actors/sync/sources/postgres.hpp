// `from: {postgres: {url: …, table: …, key: …}}`: the rows of one table of a PostgreSQL server, by
// key, by a cursor column, or by its changes.
#pragma once

#include "actors/sync/sources/relational/server.hpp"

namespace tenon::actors {

/// `blocking` must outlive every source that was opened.
std::unique_ptr<source_kind> postgres_source(relational::database_options);

} // namespace tenon::actors
