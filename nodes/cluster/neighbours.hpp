// Whom this node hears, as its network says it. A node is heard when its connection stands and the
// process behind it is the one that the council knows: a second process with a copy of a data
// directory is nobody. Pure.
#pragma once

#include "cluster/membership/membership.hpp"

#include <map>

namespace tenon::nodes::cluster {

namespace membership = tenon::cluster::membership;

class neighbours {
public:
  void up(membership::node_id node, std::uint64_t boot) { boots_[node] = boot; }
  void down(membership::node_id node) { boots_.erase(node); }

  membership::sight seen_from(membership::node_id self, const membership::state&) const;

  /// Where they are to be found: members but this one, by number, with the first address.
  static std::map<membership::node_id, std::string> peers_of(const membership::state&,
                                                             membership::node_id self);

private:
  std::map<membership::node_id, std::uint64_t> boots_;
};

} // namespace tenon::nodes::cluster
