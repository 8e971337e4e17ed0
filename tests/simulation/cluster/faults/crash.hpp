// A node loses its power, and what it had not synced; it comes back after a while.
#pragma once

#include "tests/simulation/cluster/faults/fault.hpp"

namespace tenon::tests::simulation::faults {

inline constexpr fault crash{
    "crash", 600, [](world& w) {
      auto& n = w.any_node();
      if (!n.is_up())
        return;
      n.crash(w.chance.below(n.disk().queue.size() + 1));
      if (w.chance.of_hundred(50)) // the others see their connections break
        for (auto& other : w.nodes())
          if (other->is_up())
            w.at_node(other->id(), w.chance.between(1, 5),
                      [&other = *other, id = n.id()] { other.lost(id); });
      w.after(w.chance.between(1, 1500), [&n] {
        if (!n.is_up())
          n.start();
      });
    }};

} // namespace tenon::tests::simulation::faults
