// http and https URLs, read strictly: what two parsers could read differently is refused, because
// the guard and the connection must mean the same host.
#pragma once

#include "protocols/failure.hpp"
#include "runtime/outbound/address.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::runtime::outbound {

inline constexpr std::size_t max_url_bytes = 8 * 1024; // what common servers take as a request line

struct url {
  bool tls = false;               // https
  std::string host;               // lower case; an IPv6 literal without its brackets
  std::uint16_t port = 0;         // never zero: the scheme's when none is written
  std::string target;             // path and query as sent, beginning with '/'
  std::optional<address> literal; // when the host is an address

  bool operator==(const url&) const = default;
};

/// `malformed`, saying which part and what is allowed there. The fragment is left out, as it is
/// never sent.
result<url> parse_url(std::string_view text);

/// What a Location header means, seen from `from` (RFC 3986, 5.2). Blanks and bytes beyond ASCII,
/// which servers send unescaped, are escaped.
result<url> resolve_reference(const url& from, std::string_view reference);

/// "https://api.example.com/v1?x=1"; the port only when it is not the scheme's.
std::string to_text(const url&);

/// "api.example.com:443", for messages: "[2001:db8::1]:443".
std::string endpoint_of(const url&);

/// The Host header: the port only when it is not the scheme's.
std::string authority_of(const url&);

} // namespace tenon::runtime::outbound
