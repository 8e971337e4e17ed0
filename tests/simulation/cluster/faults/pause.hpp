// A node stands still for longer than an election, and does not know.
#pragma once

#include "tests/simulation/cluster/faults/fault.hpp"

namespace tenon::tests::simulation::faults {

inline constexpr fault pause{"pause", 1500, [](world& w) {
                               w.any_node().paused_until = w.time + w.chance.between(10, 2000);
                             }};

} // namespace tenon::tests::simulation::faults
