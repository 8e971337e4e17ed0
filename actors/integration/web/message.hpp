// A request and its answer as values: the interpreter says what to ask and judges what came back;
// connections, redirects and time-outs belong to whoever sends.
#pragma once

#include "protocols/blob.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::actors::connectors {

using headers = std::vector<std::pair<std::string, std::string>>;

struct http_request {
  std::string method = "GET";
  std::string url;
  connectors::headers headers{};
  blob body{};
};

struct http_response {
  unsigned status = 0;
  connectors::headers headers{};
  blob body{};
};

/// The first of that name, whatever its case.
std::optional<std::string_view> find_header(const headers&, std::string_view name);

/// Replaces all of that name.
void set_header(headers&, std::string_view name, std::string content);

bool same_ignoring_case(std::string_view, std::string_view);

} // namespace tenon::actors::connectors
