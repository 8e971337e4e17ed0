// One HTTP exchange after the other with one server: the client's own small client. Bounded in time
// and size; TLS is verified against the system's certificates (SSL_CERT_FILE adds others). It
// follows no redirects: a key belongs to the server it was given for.
#pragma once

#include "nodes/cli/access.hpp"

#include <optional>
#include <string>

namespace tenon::nodes::cli {

struct http_request {
  std::string method = "GET";
  std::string target; // path and query
  std::string body{};
};

struct http_response {
  unsigned status = 0;
  std::string body;
  std::string content_type;
  std::optional<span> retry_after; // of a Retry-After in seconds
};

struct http_bounds {
  span connect{5'000};    // name, connection and handshake
  span exchange{120'000}; // until the last byte of the answer
  std::size_t body = 64u << 20;
};

class http_client {
public:
  explicit http_client(access to, http_bounds bounds = {}) : to_{std::move(to)}, bounds_{bounds} {}

  const server_address& server() const { return to_.server; }

  /// `unavailable` when no server answers, `timed_out` when it does not in time, `too_large`. Any
  /// status is an answer.
  result<http_response> send(const http_request&) const;

private:
  access to_;
  http_bounds bounds_;
};

} // namespace tenon::nodes::cli
