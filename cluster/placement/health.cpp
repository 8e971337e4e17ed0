#include "cluster/placement/health.hpp"

#include <algorithm>

namespace tenon::cluster::placement {

void health::hear(node_id node, bool alive, moment now) {
  auto& p = nodes_.try_emplace(node, presence{.since = began_}).first->second;
  if (p.alive == alive)
    return;
  if (alive) {
    p.outage = now - p.since;
  } else {
    const auto lives =
        static_cast<std::uint32_t>(std::min<std::int64_t>((now - p.since) / forget_, p.deaths));
    p.deaths = p.deaths - lives + 1;
  }
  p.alive = alive;
  p.since = now;
  changed_ = now;
}

bool health::alive(node_id node) const {
  const auto at = nodes_.find(node);
  return at != nodes_.end() && at->second.alive;
}

bool health::settled(node_id node, const limits& l, moment now) const {
  const auto at = nodes_.find(node);
  if (at == nodes_.end() || !at->second.alive)
    return false;
  const auto deaths = std::min(at->second.deaths, 16u);
  const auto wait = deaths < 2 ? l.settle : std::min(l.restless, l.settle * (1 << (deaths - 1)));
  return now - at->second.since >= wait;
}

bool health::gone(node_id node, const limits& l, moment now) const {
  const auto at = nodes_.find(node);
  if (at == nodes_.end())
    return now - began_ > l.grace;
  const auto& p = at->second;
  return p.alive ? p.outage > l.grace && p.deaths > 0 && !settled(node, l, now)
                 : now - p.since > l.grace;
}

node_ids gone(const membership::state& s, const health& h, const limits& l, moment now) {
  node_ids found;
  std::size_t workers = 0;
  for (const auto& n : s.nodes) {
    if (!membership::is_member(n) || !n.worker)
      continue;
    ++workers;
    if (h.gone(n.id, l, now))
      found.push_back(n.id);
  }
  if (found.size() > std::max<std::size_t>(1, workers / l.replaced_share))
    found.clear();
  return found;
}

} // namespace tenon::cluster::placement
