// A node hears nobody and nobody hears it; most often it is one that leads.
#pragma once

#include "tests/simulation/cluster/faults/fault.hpp"

namespace tenon::tests::simulation::faults {

inline constexpr fault isolation{"isolation", 1200, [](world& w) {
                                   auto* leader = w.leader_of(w.any_group());
                                   const auto id = leader && w.chance.of_hundred(60)
                                                       ? leader->id()
                                                       : w.any_node().id();
                                   for (auto& other : w.nodes()) {
                                     w.cut(id, other->id());
                                     w.cut(other->id(), id);
                                   }
                                   w.after(w.chance.between(50, 2500), [&w, id] {
                                     for (auto& other : w.nodes()) {
                                       w.mend(id, other->id());
                                       w.mend(other->id(), id);
                                     }
                                   });
                                 }};

} // namespace tenon::tests::simulation::faults
