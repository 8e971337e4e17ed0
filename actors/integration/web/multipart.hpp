// Bodies of several parts: forms with files in them (RFC 7578), and parts that belong together
// (RFC 2387). The same parts give the same bytes.
#pragma once

#include "protocols/failure.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tenon::actors::connectors {

struct body_part {
  std::string name{};     // of a form's field
  std::string filename{}; // empty: it is no file
  std::string type{};     // empty: it is a text
  std::string content{};

  bool operator==(const body_part&) const = default;
};

struct multipart_body {
  std::string type; // with the boundary
  std::string bytes;
};

multipart_body write_form_data(const std::vector<body_part>&);
multipart_body write_related(const std::vector<body_part>&);

/// `malformed` when it is none.
result<std::vector<body_part>> read_multipart(std::string_view type, std::string_view bytes);

} // namespace tenon::actors::connectors
