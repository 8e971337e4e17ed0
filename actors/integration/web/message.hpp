// A request and its answer as values: the interpreter says what to ask and judges what came back;
// connections, redirects and time-outs belong to whoever sends.
#pragma once

#include "protocols/blob.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::actors::integration {

struct header {
  std::string name;
  std::string value;

  bool operator==(const header&) const = default;
};
using headers = std::vector<header>;

struct http_request {
  std::string method;
  std::string url;
  integration::headers headers;
  std::string body;

  bool operator==(const http_request&) const = default;
};

struct http_response {
  int status = 0;
  integration::headers headers;
  blob body;
};

/// The first of that name, whatever its case.
std::optional<std::string_view> find_header(const headers&, std::string_view name);

/// Replaces all of that name.
void set_header(headers&, std::string_view name, std::string value);

bool same_ignoring_case(std::string_view, std::string_view);

} // namespace tenon::actors::integration
