// What one node sends another does not arrive; the other way it does.
#pragma once

#include "tests/simulation/cluster/faults/fault.hpp"

namespace tenon::tests::simulation::faults {

inline constexpr fault one_way_cut{"one_way_cut", 700, [](world& w) {
                                     const auto from = w.any_node().id();
                                     const auto to = w.any_node().id();
                                     w.cut(from, to);
                                     w.after(w.chance.between(50, 2000), [&w, from, to] {
                                       w.mend(from, to);
                                       w.reconnect(from, to);
                                     });
                                   }};

} // namespace tenon::tests::simulation::faults
