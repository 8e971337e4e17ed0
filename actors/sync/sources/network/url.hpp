// Where a server is, as its URL and the options beside it say: scheme://user@host:port/rest, a
// credential instead of a password, and how the way there is protected.
#pragma once

#include "actors/integration/form/form.hpp"
#include "actors/sync/sources/relational/server.hpp"

namespace tenon::actors::network {

/// What the addresses of one kind of server look like.
struct url_shape {
  std::vector<std::string> schemes;
  std::uint16_t usual_port = 0;
  std::string rest;     // as it is written in an example: "/database"; empty: there is none
  std::string secure{}; // the scheme that means TLS; empty: `sslmode` alone decides
  std::uint16_t secure_port = 0; // its usual one, when it is another
};

struct url {
  std::string scheme;
  std::string user;
  std::string host;
  std::uint16_t port = 0;
  std::string rest; // after the first slash, unescaped
};

result<url> read_url(const relational::option_names&, const url_shape&, std::string_view written);

struct server {
  relational::server_options at; // the database is the URL's rest
  bool tls = false;
};

/// The options that say it: url, credential, sslmode, ca.
server read_server(connectors::form&, const relational::option_names&, const url_shape&);

} // namespace tenon::actors::network
