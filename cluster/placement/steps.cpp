#include "cluster/placement/steps.hpp"

#include "cluster/placement/group_step.hpp"
#include "cluster/placement/leaders.hpp"

#include <algorithm>
#include <map>

namespace tenon::cluster::placement {

namespace {

using act = words::act;

std::pair<node_ids, node_ids> members_of(const group& g) {
  std::pair<node_ids, node_ids> found;
  for (const auto& r : g.replicas)
    (r.votes ? found.first : found.second).push_back(r.node);
  return found;
}

/// How many do something at a time, altogether and on each node.
class traffic {
public:
  traffic(std::size_t all, std::size_t each) : all_{all}, each_{each} {}

  void add(node_id node) { ++on_[node]; }
  void begin() { ++begun_; }
  bool has_room() const { return begun_ < all_; }
  bool has_room(node_id node) const {
    const auto at = on_.find(node);
    return at == on_.end() || at->second < each_;
  }

private:
  std::size_t all_;
  std::size_t each_;
  std::size_t begun_ = 0;
  std::map<node_id, std::size_t> on_;
};

class planning {
public:
  planning(const state& s, const groups& actual, const health& h, const limits& l, moment now)
      : s_{s}, actual_{actual}, h_{h}, l_{l}, now_{now}, copies_{l.moving, l.moving_per_node},
        transfers_{l.transfers, l.transfers_per_node} {}

  orders make() {
    if (actual_.size() != s_.assignments.size())
      return {};
    for (const auto& a : s_.assignments)
      look_at(a, actual_[a.partition]);
    const auto stand_ins = balanced_stand_ins();
    std::vector<proposal> proposals;
    for (const auto& a : s_.assignments) {
      if (a.step || a.retry_at > now_)
        continue;
      if (auto p = propose({s_, a, actual_[a.partition], h_, l_, now_, stand_ins[a.partition]}))
        proposals.push_back(*p);
    }
    std::ranges::stable_sort(proposals, {}, &proposal::urgent);
    for (const auto& p : proposals)
      if (admit(p.step))
        orders_.begin.push_back(p.step);
    find_departed();
    return std::move(orders_);
  }

private:
  /// What became of the step under way; and what is under way still counts.
  void look_at(const words::assignment& a, const group& g) {
    auto [voters, learners] = members_of(g);
    const bool known = g.leader != 0 && !voters.empty();
    if (a.step) {
      const auto limit = a.step->act == act::transfer ? l_.transfer_timeout : l_.step_timeout;
      const bool done = known && is_done(*a.step, g);
      if (done || now_ - a.step->begun_at >= limit)
        orders_.ended.push_back({a.partition, done, known ? std::move(voters) : a.voters,
                                 known ? std::move(learners) : a.learners});
      else if (a.step->act == act::transfer)
        count(transfers_, a.step->node, a.step->node);
      else if (a.step->act == act::add_learner)
        count(copies_, a.step->node, g.leader);
    } else if (known && (voters != a.voters || learners != a.learners)) {
      orders_.observed.push_back({a.partition, std::move(voters), std::move(learners)});
    }
    for (const auto& r : g.replicas)
      if (!r.votes && !r.caught_up && h_.alive(r.node))
        count(copies_, r.node, g.leader);
  }

  static void count(traffic& t, node_id to, node_id from) {
    t.begin();
    t.add(to);
    if (from != to)
      t.add(from);
  }

  bool admit(const words::begin_step& step) {
    const auto leader = actual_[step.partition].leader;
    if (step.act == act::transfer) {
      if (!transfers_.has_room() || !transfers_.has_room(step.node))
        return false;
      count(transfers_, step.node, step.node);
    } else if (step.act == act::add_learner) {
      if (!copies_.has_room() || !copies_.has_room(step.node) || !copies_.has_room(leader))
        return false;
      count(copies_, step.node, leader);
    }
    return true;
  }

  /// While preferred leaders are away for longer, the others share what they led; but only when it
  /// is uneven enough to be worth it, and nobody came or went lately.
  std::vector<node_id> balanced_stand_ins() const {
    std::vector<node_id> chosen(s_.assignments.size());
    if (!h_.quiet(l_, now_))
      return chosen;
    node_ids ids;
    for (const auto& n : s_.nodes)
      if (membership::takes_leaders(n) && h_.alive(n.id))
        ids.push_back(n.id);
    const auto seat_of = [&](node_id id) {
      const auto at = std::ranges::lower_bound(ids, id);
      return at != ids.end() && *at == id ? static_cast<seat_number>(at - ids.begin()) : nobody;
    };
    leadership led;
    std::vector<std::size_t> counts(ids.size());
    for (const auto& a : s_.assignments) {
      const auto& g = actual_[a.partition];
      const scene at{s_, a, g, h_, l_, now_, 0};
      const auto leads = seat_of(g.leader);
      led.leads.push_back(leads);
      led.may.emplace_back();
      if (leads == nobody)
        continue;
      ++counts[leads];
      if (g.leader == a.preferred_leader || at.leads_well(a.preferred_leader))
        led.may.back() = {leads};
      else
        for (const auto& r : g.replicas)
          if (r.node == g.leader ||
              (at.leads_well(r.node) && membership::contains(a.wanted, r.node)))
            led.may.back().push_back(seat_of(r.node));
    }
    if (counts.empty())
      return chosen;
    const auto [least, most] = std::ranges::minmax(counts);
    if (most - least <= std::max<std::size_t>(2, most / 5))
      return chosen;
    share_out(led, ids.size());
    for (const auto& a : s_.assignments)
      if (led.leads[a.partition] != nobody)
        chosen[a.partition] = ids[led.leads[a.partition]];
    return chosen;
  }

  void find_departed() {
    for (const auto& n : s_.nodes) {
      if (n.standing != words::standing::draining || !n.for_good)
        continue;
      const bool holds = std::ranges::any_of(s_.assignments, [&](const words::assignment& a) {
        return membership::contains(a.voters, n.id) || membership::contains(a.learners, n.id) ||
               membership::contains(a.wanted, n.id);
      });
      if (!holds && drained(s_, actual_, n.id)) // what is recorded may be yesterday's
        orders_.departs.push_back({n.id});
    }
  }

  const state& s_;
  const groups& actual_;
  const health& h_;
  const limits& l_;
  moment now_;
  traffic copies_;
  traffic transfers_;
  orders orders_;
};

} // namespace

orders steps(const state& s, const groups& actual, const health& h, const limits& l, moment now) {
  return planning{s, actual, h, l, now}.make();
}

bool drained(const state& s, const groups& actual, node_id node) {
  const auto* n = membership::find(s, node);
  if (n == nullptr || n->standing != words::standing::draining)
    return false;
  return std::ranges::none_of(actual, [&](const group& g) {
    return g.leader == node ||
           (n->for_good && std::ranges::find(g.replicas, node, &replica::node) != g.replicas.end());
  });
}

} // namespace tenon::cluster::placement
