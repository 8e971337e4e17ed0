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

} // namespace tenon::nodes::cluster
