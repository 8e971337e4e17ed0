// Every fault, and a choice of them for one run.
#pragma once

#include "tests/simulation/cluster/faults/broken_connection.hpp"
#include "tests/simulation/cluster/faults/crash.hpp"
#include "tests/simulation/cluster/faults/death_after_voting.hpp"
#include "tests/simulation/cluster/faults/isolation.hpp"
#include "tests/simulation/cluster/faults/membership.hpp"
#include "tests/simulation/cluster/faults/one_way_cut.hpp"
#include "tests/simulation/cluster/faults/pause.hpp"
#include "tests/simulation/cluster/faults/slow_disk.hpp"
#include "tests/simulation/cluster/faults/transfer.hpp"

namespace tenon::tests::simulation::faults {

inline constexpr fault all[]{crash,     pause,      one_way_cut, broken_connection, isolation,
                             slow_disk, membership, transfer,    death_after_voting};

inline std::vector<fault> chosen_from(chance& c) {
  std::vector<fault> chosen;
  for (const auto& each : all)
    if (c.of_hundred(60))
      chosen.push_back(each);
  return chosen;
}

inline void keep_making(world& w, const fault& f, std::uint64_t until) {
  w.after(w.chance.between(1, 2 * f.every), [&w, f, until] {
    if (w.time >= until)
      return;
    f.make(w);
    keep_making(w, f, until);
  });
}

} // namespace tenon::tests::simulation::faults
