// Every kind of destination, by name, as actors/sync/sources/catalog.hpp has those of sources.
#pragma once

#include "actors/sync/destination.hpp"
#include "actors/sync/surroundings.hpp"

#include <span>

namespace tenon::actors::destinations {

using maker = std::unique_ptr<destination_kind>(const surroundings&);

struct member {
  std::string_view name;
  maker* make;
};

std::span<const member> catalog();

/// One of each.
inline destination_kinds all(const surroundings& s) {
  destination_kinds kinds;
  for (const auto& m : catalog())
    kinds.push_back(m.make(s));
  return kinds;
}

} // namespace tenon::actors::destinations
