// A node loses its power right after it voted, with nothing of that on its disk, and is back at
// once.
#pragma once

#include "tests/simulation/cluster/faults/fault.hpp"

namespace tenon::tests::simulation::faults {

inline constexpr fault death_after_voting{"death_after_voting", 500,
                                          [](world& w) { w.any_node().dies_voting = true; }};

} // namespace tenon::tests::simulation::faults
