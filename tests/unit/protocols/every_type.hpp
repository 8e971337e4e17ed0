// All messages there are, and those of the schema that only the tests know.
#pragma once

#include "protocols/catalog.hpp"

#include <vector>

namespace tenon::protocols {

std::vector<message_type> messages_of_specimen();

inline std::vector<message_type> every_type() {
  auto all = catalog();
  for (const auto& more : messages_of_specimen())
    all.push_back(more);
  return all;
}

} // namespace tenon::protocols
