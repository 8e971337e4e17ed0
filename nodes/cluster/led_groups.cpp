#include "nodes/cluster/led_groups.hpp"

#include <algorithm>
#include <utility>

namespace tenon::nodes::cluster {

namespace placement = tenon::cluster::placement;
namespace raft = tenon::cluster::raft;

void led_groups::hear(node_id from, report r) {
  said_.insert_or_assign(from, std::move(r));
}

void led_groups::forget(node_id node) {
  said_.erase(node);
}

placement::groups led_groups::now(std::size_t partitions) const {
  placement::groups all(partitions);
  std::vector<std::uint64_t> terms(partitions);
  for (const auto& [node, said] : said_)
    for (const auto& g : said.groups) {
      if (g.partition >= partitions || g.term <= terms[g.partition])
        continue;
      terms[g.partition] = g.term;
      auto& to = all[g.partition];
      to = {.leader = node, .replicas = {}};
      for (const auto& r : g.replicas)
        to.replicas.push_back({r.node, r.votes, r.caught_up});
    }
  return all;
}

led_groups::report report_of(const std::vector<tenon::cluster::replication::view>& views,
                             led_groups::node_id self) {
  led_groups::report said;
  for (const auto& v : views) {
    if (v.leader != self)
      continue;
    auto& g = said.groups.emplace_back();
    g.partition = v.partition;
    g.term = v.term;
    for (const auto& m : v.members)
      if (m.role != raft::role::spare)
        g.replicas.push_back({static_cast<led_groups::node_id>(m.node), m.role == raft::role::voter,
                              m.caught_up || m.node == self});
    std::ranges::sort(g.replicas, {}, [](const auto& r) { return r.node; });
  }
  return said;
}

} // namespace tenon::nodes::cluster
