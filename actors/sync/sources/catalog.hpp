// Every kind of source, by name. The build writes the list: each <name>.cpp of this folder defines
// the maker of its name in this namespace, and one that does not fails to link, by name. A file
// whose name begins with another's and an underscore is a part of that kind.
#pragma once

#include "actors/sync/source.hpp"
#include "actors/sync/surroundings.hpp"

#include <span>

namespace tenon::actors::sources {

using maker = std::unique_ptr<source_kind>(const surroundings&);

struct member {
  std::string_view name;
  maker* make;
};

std::span<const member> catalog();

/// One of each.
inline source_kinds all(const surroundings& s) {
  source_kinds kinds;
  for (const auto& m : catalog())
    kinds.push_back(m.make(s));
  return kinds;
}

} // namespace tenon::actors::sources
