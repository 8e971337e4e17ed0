// A connection breaks and another takes its place; both ends may notice.
#pragma once

#include "tests/simulation/cluster/faults/fault.hpp"

namespace tenon::tests::simulation::faults {

inline constexpr fault broken_connection{"broken_connection", 400, [](world& w) {
                                           auto& from = w.any_node();
                                           auto& to = w.any_node();
                                           w.reconnect(from.id(), to.id());
                                           if (to.is_up() && w.chance.of_hundred(30))
                                             w.at_node(to.id(), 0,
                                                       [&to, id = from.id()] { to.lost(id); });
                                         }};

} // namespace tenon::tests::simulation::faults
