#include "nodes/cluster/neighbours.hpp"

#include <algorithm>

namespace tenon::nodes::cluster {

membership::sight neighbours::seen_from(membership::node_id self,
                                        const membership::state& s) const {
  membership::sight seen{.self = self};
  for (const auto& [node, boot] : boots_) {
    const auto* n = membership::find(s, node);
    if (n != nullptr && membership::is_member(*n) && n->boot_id == boot)
      seen.alive.push_back(node);
  }
  return seen;
}

std::map<membership::node_id, std::string> neighbours::peers_of(const membership::state& s,
                                                                membership::node_id self) {
  std::map<membership::node_id, std::string> peers;
  for (const auto& n : s.nodes)
    if (n.id != self && membership::is_member(n) && !n.addresses.empty())
      peers.emplace(n.id, n.addresses.front());
  return peers;
}

tenon::cluster::placement::groups recorded_groups(const membership::state& s) {
  tenon::cluster::placement::groups all;
  for (const auto& a : s.assignments) {
    tenon::cluster::placement::group g{.leader = a.voters.size() == 1 ? a.voters.front() : 0};
    for (const auto id : a.voters)
      g.replicas.push_back({id, true, true});
    for (const auto id : a.learners)
      g.replicas.push_back({id, false, true});
    std::ranges::sort(g.replicas, {}, &tenon::cluster::placement::replica::node);
    all.push_back(std::move(g));
  }
  return all;
}

} // namespace tenon::nodes::cluster
