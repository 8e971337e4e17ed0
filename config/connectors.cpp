#include "config/connectors.hpp"

#include <algorithm>

namespace tenon::config {

const shipped_connector* find_shipped_connector(std::string_view name) {
  const auto& all = shipped_connectors();
  const auto it = std::ranges::find(all, name, &shipped_connector::name);
  return it == all.end() ? nullptr : &*it;
}

} // namespace tenon::config
