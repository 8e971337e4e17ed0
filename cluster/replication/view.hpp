// A partition as one node sees it, for operators and for placement. What only its leader knows is
// empty elsewhere.
#pragma once

#include "cluster/raft/update.hpp"

#include <vector>

namespace tenon::cluster::replication {

struct member_view {
  raft::node_id node = 0;
  raft::role role{};
  std::uint64_t matched = 0; // how far its log is known to be the leader's
  bool caught_up = false;    // as good as all of it

  bool operator==(const member_view&) const = default;
};

struct view {
  std::uint16_t partition = 0;
  std::uint64_t term = 0;
  raft::node_id leader = 0; // 0: nobody known
  std::uint64_t committed = 0;
  std::uint64_t last = 0;
  bool changing = false; // its members
  std::vector<member_view> members{};
};

} // namespace tenon::cluster::replication
