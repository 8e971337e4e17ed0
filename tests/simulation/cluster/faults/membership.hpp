// Members come, become voters and leave, one at a time, as the leader allows it.
#pragma once

#include "tests/simulation/cluster/faults/fault.hpp"

namespace tenon::tests::simulation::faults {

inline constexpr fault membership{
    "membership", 250, [](world& w) {
      const auto group = w.any_group();
      auto* leader = w.leader_of(group);
      if (!leader || leader->paused_until > w.time)
        return;
      const auto& now = *leader->at(group).members();
      raft::wanted_change wanted{w.any_node().id()};
      const auto* present = raft::find_member(now, wanted.node);
      if (!present)
        wanted.role = raft::role::learner;
      else if (present->role != raft::role::voter)
        wanted.role = raft::role::voter;
      else if (raft::voters_of(now) < 3 && w.chance.of_hundred(70))
        return;
      (void)leader->at(group).change(wanted, w.now());
      if (w.chance.of_hundred(50)) // something behind it, in the same messages
        leader->write(group, w.chance.draw(), 0);
      leader->perform(group);
    }};

} // namespace tenon::tests::simulation::faults
