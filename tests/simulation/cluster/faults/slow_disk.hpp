// A disk takes its time for a while.
#pragma once

#include "tests/simulation/cluster/faults/fault.hpp"

namespace tenon::tests::simulation::faults {

inline constexpr fault slow_disk{"slow_disk", 1500, [](world& w) {
                                   w.any_node().slow_until = w.time + w.chance.between(100, 1500);
                                 }};

} // namespace tenon::tests::simulation::faults
