// An operator hands the leadership over, to whoever; not a fault, but it happens among them.
#pragma once

#include "tests/simulation/cluster/faults/fault.hpp"

namespace tenon::tests::simulation::faults {

inline constexpr fault transfer{"transfer", 700, [](world& w) {
                                  const auto group = w.any_group();
                                  auto* leader = w.leader_of(group);
                                  if (!leader || leader->paused_until > w.time)
                                    return;
                                  const auto to = w.chance.of_hundred(50) ? 0 : w.any_node().id();
                                  (void)leader->at(group).transfer(to, w.now());
                                  leader->perform(group);
                                }};

} // namespace tenon::tests::simulation::faults
