// Addresses of an API: joined from a base and a path, and held to the hosts that a connector may
// talk to. What an address is, is decided where connections are made: runtime/outbound/url.hpp.
#pragma once

#include "protocols/failure.hpp"
#include "runtime/outbound/url.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::actors::connectors {

using runtime::outbound::max_url_bytes;
using runtime::outbound::parse_url;
using runtime::outbound::url;

using parameters = std::vector<std::pair<std::string, std::string>>;

/// `path` under the base's own path: "https://x/api/" and "/users" give "https://x/api/users".
/// A path that is an address of its own stands alone.
result<url> join(const url& base, std::string_view path);

std::string_view path_of(const url&);
bool has_query(const url&);

/// Everything but letters, digits and - . _ ~ as %XX.
std::string percent_encoded(std::string_view text);
std::string form_encoded(const parameters&);
void append_query(url&, const parameters&);

/// Whether a request for `target` stays with the API: it is not down from https to http, and the
/// host with its port is `base`'s, or one of `hosts` ("api.example.com", "*.example.com",
/// "api.example.com:8443").
bool is_allowed(const url& target, const url& base, const std::vector<std::string>& hosts);

/// "a/*/c" where a star stands for any characters, also none.
bool matches(std::string_view pattern, std::string_view text);

} // namespace tenon::actors::connectors
