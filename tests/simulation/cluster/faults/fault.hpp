// What a fault is: something that happens to the world now and then, and passes.
#pragma once

#include "tests/simulation/cluster/world.hpp"

#include <string_view>

namespace tenon::tests::simulation::faults {

struct fault {
  std::string_view name;
  std::uint64_t every = 0; // milliseconds, about
  void (*make)(world&) = nullptr;
};

} // namespace tenon::tests::simulation::faults
