// What a PostgreSQL server says when something does not work, as failures: what, where among the
// options, and what to do. By SQLSTATE, because the words come in the server's language.
#pragma once

#include "actors/sync/sources/postgres/session.hpp"

namespace tenon::actors::postgres {

failure failure_of(std::string_view state, std::string_view says, const relational::server_options&,
                   const std::string& user);
/// libpq's verbose words about a connection that was not made.
failure failure_to_connect(std::string_view says, const relational::server_options&,
                           const std::string& user);
failure connection_lost(std::string_view says, const relational::server_options&);

} // namespace tenon::actors::postgres
