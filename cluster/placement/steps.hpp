// From where replicas and leaders are to where they are wanted, one safe step of a group at a time.
// Promised: a group that has a live majority keeps it, one that has none is left alone, a replica
// is added before another is removed, a group makes one change at a time and few groups do at once,
// what failed is tried again ever later, and when all is as wanted nothing is ordered. What is
// ordered are commands of cluster/membership; the host gives them to decide(), and does what became
// an event.
#pragma once

#include "cluster/placement/health.hpp"

#include <vector>

namespace tenon::cluster::placement {

using membership::state;
using membership::words;

struct replica {
  node_id node = 0;
  bool votes = false;
  bool caught_up = false; // within a heartbeat or two of the leader's log
};

/// What a group's leader says of it.
struct group {
  node_id leader = 0;              // 0: nobody has reported as its leader
  std::vector<replica> replicas{}; // by node
};

using groups = std::vector<group>; // by partition

struct orders {
  std::vector<words::end_step> ended{};
  std::vector<words::observe> observed{};
  std::vector<words::begin_step> begin{};
  std::vector<words::depart> departs{};

  bool empty() const {
    return ended.empty() && observed.empty() && begin.empty() && departs.empty();
  }
};

/// Ask about once a second. `ended` and `observed` are to be decided before `begin`.
orders steps(const state&, const groups&, const health&, const limits&, moment now);

/// A draining node that may be stopped: it leads nothing, and holds nothing if it leaves for good.
bool drained(const state&, const groups&, node_id);

} // namespace tenon::cluster::placement
