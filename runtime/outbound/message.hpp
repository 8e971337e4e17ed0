// What is asked of a server and what it answers, as values; the limits of one exchange; how far an
// exchange had come when it failed; and the exact bytes of a request's head.
#pragma once

#include "protocols/blob.hpp"
#include "protocols/failure.hpp"
#include "runtime/outbound/url.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::runtime::outbound {

using headers = std::vector<std::pair<std::string, std::string>>;

/// The first of that name, whatever its case.
std::optional<std::string_view> find_header(const headers&, std::string_view name);

// Not an aggregate, on purpose: see `awaiting` in runtime/tasks/task.hpp.
struct request {
  request() = default;
  request(std::string m, std::string u, outbound::headers h = {}, blob b = {})
      : method{std::move(m)}, url{std::move(u)}, headers{std::move(h)}, body{std::move(b)} {}

  std::string method = "GET";
  std::string url;
  outbound::headers headers; // Host, Content-Length and what concerns the connection are added
  blob body;
};

struct response {
  unsigned status = 0;
  outbound::headers headers{};
  blob
      body{}; // decoded when it came as gzip; Content-Encoding and Content-Length are then left out

  std::optional<std::string_view> header(std::string_view name) const {
    return find_header(headers, name);
  }
};

// Not an aggregate, as `request` is none.
struct limits {
  limits() = default;

  span wait = std::chrono::seconds{30};       // for a free connection
  span connect = std::chrono::seconds{10};    // look-up, connection and TLS together
  span first_byte = std::chrono::seconds{60}; // from the last byte sent to a whole head
  span total = std::chrono::minutes{5};       // everything, redirects included
  std::size_t body_bytes = 64u << 20;         // of the answer, decoded
  unsigned redirects = 5;                     // zero: a redirect is an answer like any other
  unsigned connections_per_host = 16;
  /// Hosts beside the request's own that a redirect may lead to: "cdn.example.com", or
  /// "*.example.com" for everything below. Of the request's headers, only harmless ones go there.
  std::vector<std::string> redirect_hosts;
};

/// How far an exchange had come. In the `where` of every failure of this folder.
enum class phase : std::uint8_t {
  url,      // the request itself is wrong
  guard,    // the address is not allowed
  wait,     // for a free connection
  lookup,   // of the host's addresses
  connect,  // TCP
  tls,      // handshake and verification
  send,     // the request was not sent as a whole
  answer,   // sent; no whole head of an answer yet
  body,     // the head is there
  redirect, // where it leads is not allowed, or too far
};
std::string_view name_of(phase);
std::optional<phase> phase_of(const failure&);

/// GET, HEAD, OPTIONS, PUT, DELETE: twice is once.
bool idempotent(std::string_view method);

/// A request that may be sent: method, names and values free of what could smuggle a second one.
result<void> check(const request&);

/// Request line and fields, with the empty line. The request is one that passed `check`.
std::string head_of(const request&, const url&);

/// The request that a redirect with this status makes of it: method, body and the headers that may
/// go to `to`.
request redirected(const request&, unsigned status, const url& from, const url& to);

/// Whether the redirect may be followed; `forbidden` or, for a bad Location, `unavailable`.
result<void> may_redirect(const url& from, const url& to, const limits&);

} // namespace tenon::runtime::outbound
