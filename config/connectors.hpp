// The connectors that are shipped: the files of config/connectors, built in.
#pragma once

#include <string_view>
#include <vector>

namespace tenon::config {

struct shipped_connector {
  std::string_view name; // the file's
  std::string_view yaml;
};

/// In the order of their names.
const std::vector<shipped_connector>& shipped_connectors();

/// Null when none of that name is shipped.
const shipped_connector* find_shipped_connector(std::string_view name);

} // namespace tenon::config
