// Addresses of an API: taken apart, put together, and held to the hosts that a connector may talk
// to. Only http and https, no user names, no fragments.
#pragma once

#include "protocols/failure.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::actors::connectors {

inline constexpr std::size_t max_url_bytes = 8192;

struct url {
  std::string scheme; // "http" or "https"
  std::string host;   // lower case; an IPv6 address keeps its brackets
  std::string port;   // "" when it is the scheme's own
  std::string path;   // starts with '/'
  std::string query;  // without '?'

  bool operator==(const url&) const = default;
};

using parameters = std::vector<std::pair<std::string, std::string>>;

/// `malformed` says what is wrong with the text; the text itself may hold secrets and is not
/// repeated.
result<url> parse_url(std::string_view text);

/// What `reference`, found in an answer from `from`, means: absolute, or relative in any way that
/// RFC 3986 knows.
result<url> resolve(const url& from, std::string_view reference);

std::string to_text(const url&);

/// `path` under the base's own path: "https://x/api/" and "/users" give "https://x/api/users".
/// A path that is an address of its own stands alone.
result<url> join(const url& base, std::string_view path);

/// Everything but letters, digits and - . _ ~ as %XX.
std::string percent_encoded(std::string_view text);
std::string form_encoded(const parameters&);
void append_query(url&, const parameters&);

/// Whether a request for `target` stays with the API: the scheme is `base`'s (or the safer https)
/// and the host with its port is `base`'s, or one of `hosts` ("api.example.com",
/// "*.example.com").
bool is_allowed(const url& target, const url& base, const std::vector<std::string>& hosts);

/// "a/*/c" where a star stands for any characters, also none.
bool matches(std::string_view pattern, std::string_view text);

} // namespace tenon::actors::connectors
