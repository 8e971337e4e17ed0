#include "cluster/placement/wanted.hpp"

#include "cluster/placement/leaders.hpp"

#include <algorithm>
#include <map>

namespace tenon::cluster::placement {

namespace {

class seating {
public:
  seating(const state& s, const circumstances& c) {
    std::map<std::string, std::uint16_t> zones;
    for (const auto& n : s.nodes) {
      if (!membership::is_member(n) || !n.worker || n.for_good ||
          membership::contains(c.gone, n.id))
        continue;
      // Not a label that somebody could give.
      const auto zone = n.zone.empty() ? " " + std::to_string(n.id) : n.zone;
      const auto number =
          zones.try_emplace(zone, static_cast<std::uint16_t>(zones.size())).first->second;
      seats_.push_back({n.id, number, membership::takes_replicas(n)});
    }
    zones_ = zones.size();
  }

  seat_number of(node_id id) const {
    const auto at = std::ranges::lower_bound(seats_, id, {}, &seat::node);
    return at != seats_.end() && at->node == id ? static_cast<seat_number>(at - seats_.begin())
                                                : nobody;
  }
  const std::vector<seat>& seats() const { return seats_; }
  std::size_t zones() const { return zones_; }

private:
  std::vector<seat> seats_; // by node
  std::size_t zones_ = 0;
};

layout placed(const state& s, const seating& at) {
  layout l{at.seats(), at.zones(), s.assignments.size(), s.factor};
  for (const auto& a : s.assignments) {
    bool whole = true;
    for (const auto id : a.wanted)
      if (const auto seat = at.of(id); seat != nobody)
        l.put(a.partition, seat);
      else
        whole = false;
    if (a.pinned && whole)
      l.lock(a.partition);
  }
  for (const auto& a : s.assignments)
    l.trim(a.partition, at.of(a.preferred_leader));
  for (const auto& a : s.assignments)
    l.fill(a.partition);
  for (const auto& a : s.assignments)
    l.spread(a.partition);
  l.even_out();
  return l;
}

/// Who is dead keeps its place while nobody can take it: better a replica that may come back than
/// none.
node_ids with_the_dead(const state& s, const circumstances& c, const words::assignment& a,
                       node_ids living) {
  for (const auto id : a.wanted) {
    const auto* n = membership::find(s, id);
    if (living.size() < s.factor && n != nullptr && membership::is_member(*n) && !n->for_good &&
        membership::contains(c.gone, id))
      living.push_back(id);
  }
  std::ranges::sort(living);
  return living.empty() ? a.wanted : living;
}

} // namespace

std::vector<words::wish> wanted(const state& s, const circumstances& c) {
  const seating at{s, c};
  const auto l = placed(s, at);
  leadership leaders;
  for (const auto& a : s.assignments) {
    leaders.may.push_back(l.of(a.partition));
    leaders.leads.push_back(at.of(a.preferred_leader));
  }
  share_out(leaders, at.seats().size());
  keep_apart(leaders, at.seats().size(), c.rates);

  std::vector<words::wish> wishes;
  wishes.reserve(s.assignments.size());
  for (const auto& a : s.assignments) {
    node_ids living;
    for (const auto seat : l.of(a.partition))
      living.push_back(at.seats()[seat].node);
    const auto leads = leaders.leads[a.partition];
    auto nodes = with_the_dead(s, c, a, std::move(living));
    auto leader = leads != nobody ? at.seats()[leads].node : a.preferred_leader;
    if (!membership::contains(nodes, leader))
      leader = nodes.front();
    wishes.push_back({a.partition, std::move(nodes), leader});
  }
  return wishes;
}

} // namespace tenon::cluster::placement
