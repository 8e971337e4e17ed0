// One change of who belongs to a group: what the next configuration is, or why there is none. One
// member at a time, and nobody votes before it has caught up.
#pragma once

#include "cluster/raft/update.hpp"

namespace tenon::cluster::raft {

/// The change of one member: to this role, or out.
struct wanted_change {
  node_id node = 0;
  std::optional<raft::role> role{}; // none: it leaves
};

/// `behind`: how many entries the member lacks; `allowed_behind`: with how many it may still become
/// a voter. Answers the same configuration when there is nothing to change.
result<configuration> changed(const configuration&, const wanted_change&, node_id leader,
                              std::uint64_t behind, std::uint64_t allowed_behind);

/// Each node once, none 0, at least one, not too many.
bool is_sound(const configuration&);

std::size_t voters_of(const configuration&);
const member* find_member(const configuration&, node_id);

} // namespace tenon::cluster::raft
