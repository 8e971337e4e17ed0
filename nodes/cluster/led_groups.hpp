// What the leaders of all partitions say of their groups, as one node has heard it: of two that say
// they lead the same one, the later term counts, and who is not heard any more leads nothing. Pure.
#pragma once

#include "cluster/placement/steps.hpp"
#include "cluster/replication/view.hpp"
#include "protocols/council.hpp"

#include <map>

namespace tenon::nodes::cluster {

class led_groups {
public:
  using node_id = tenon::cluster::membership::node_id;
  using report = protocols::council::led;

  /// Instead of what the node said before.
  void hear(node_id from, report);
  void forget(node_id);

  /// As many as there are partitions; without a leader where nobody has said so.
  tenon::cluster::placement::groups now(std::size_t partitions) const;

private:
  std::map<node_id, report> said_;
};

/// What a node says of the partitions that it leads.
led_groups::report report_of(const std::vector<tenon::cluster::replication::view>&,
                             led_groups::node_id self);

} // namespace tenon::nodes::cluster
