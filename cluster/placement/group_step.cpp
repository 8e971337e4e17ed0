#include "cluster/placement/group_step.hpp"

#include <algorithm>

namespace tenon::cluster::placement {

namespace {

using act = words::act;

std::optional<proposal> order(const scene& at, urgency u, act what, node_id node) {
  return proposal{u, {at.wish.partition, what, node}};
}

bool is_wanted(const scene& at, node_id node) {
  return membership::contains(at.wish.wanted, node);
}

/// Who takes over from a leader that has to go: who is preferred, or any other that stays.
node_id successor(const scene& at) {
  for (const auto id : {at.wish.preferred_leader, at.stand_in})
    if (id != 0 && id != at.now_is.leader && at.leads_well(id))
      return id;
  for (const bool wanted : {true, false})
    for (const auto& r : at.now_is.replicas)
      if (r.node != at.now_is.leader && is_wanted(at, r.node) == wanted && at.leads_well(r.node))
        return r.node;
  return 0;
}

std::optional<proposal> hand_over(const scene& at, urgency u) {
  const auto to = successor(at);
  return to == 0 ? std::nullopt : order(at, u, act::transfer, to);
}

std::optional<proposal> settle_learners(const scene& at) {
  for (const auto& r : at.now_is.replicas) {
    if (r.votes)
      continue;
    if (!is_wanted(at, r.node))
      return order(at, urgency::finishes, act::remove_learner, r.node);
    if (r.caught_up && at.h.alive(r.node) &&
        at.sound_voters() + 1 >= membership::majority(at.voters() + 1))
      return order(at, urgency::finishes, act::promote, r.node);
  }
  return std::nullopt;
}

/// Only what is beyond the number wanted: until the new one votes, the old one is kept.
std::optional<proposal> remove_surplus(const scene& at) {
  const auto voters = at.voters();
  if (voters <= at.wish.wanted.size())
    return std::nullopt;
  const replica* worst = nullptr;
  const auto rank = [&](const replica& r) {
    return (r.node == at.now_is.leader ? 0 : 2) + (at.h.alive(r.node) ? 0 : 1);
  };
  for (const auto& r : at.now_is.replicas)
    if (r.votes && !is_wanted(at, r.node) && (worst == nullptr || rank(r) > rank(*worst)))
      worst = &r;
  if (worst == nullptr)
    return std::nullopt;
  if (worst->node == at.now_is.leader)
    return hand_over(at, urgency::finishes);
  if (at.sound_voters(worst->node) < membership::majority(voters - 1))
    return std::nullopt;
  return order(at, urgency::finishes, act::remove_voter, worst->node);
}

std::optional<proposal> lead_well(const scene& at) {
  const auto preferred = at.wish.preferred_leader;
  if (at.now_is.leader == preferred)
    return std::nullopt;
  if (at.leads_well(preferred))
    return at.h.settled(preferred, at.l, at.now)
               ? order(at, urgency::returns, act::transfer, preferred)
               : std::nullopt;
  if (at.stand_in != 0 && at.stand_in != at.now_is.leader && at.leads_well(at.stand_in))
    return order(at, urgency::returns, act::transfer, at.stand_in);
  return std::nullopt;
}

std::optional<proposal> add_missing(const scene& at) {
  const bool learning = std::ranges::any_of(
      at.now_is.replicas, [&](const replica& r) { return !r.votes && at.h.alive(r.node); });
  if (learning)
    return std::nullopt; // one at a time: the leader feeds it
  for (const auto id : at.wish.wanted) {
    const auto* n = membership::find(at.s, id); // it may have begun to leave since the plan
    if (at.find(id) == nullptr && n != nullptr && membership::takes_replicas(*n) &&
        at.h.settled(id, at.l, at.now))
      return order(at, urgency::begins, act::add_learner, id);
  }
  return std::nullopt;
}

} // namespace

const replica* scene::find(node_id node) const {
  const auto at = std::ranges::find(now_is.replicas, node, &replica::node);
  return at == now_is.replicas.end() ? nullptr : &*at;
}

bool scene::leads_well(node_id node) const {
  const auto* r = find(node);
  const auto* n = membership::find(s, node);
  return r != nullptr && r->votes && r->caught_up && h.alive(node) && n != nullptr &&
         membership::takes_leaders(*n);
}

std::size_t scene::sound_voters(node_id without) const {
  return static_cast<std::size_t>(std::ranges::count_if(now_is.replicas, [&](const replica& r) {
    return r.votes && r.caught_up && r.node != without && h.alive(r.node);
  }));
}

std::size_t scene::voters() const {
  return static_cast<std::size_t>(std::ranges::count_if(now_is.replicas, &replica::votes));
}

bool is_done(const words::step& step, const group& g) {
  const auto at = std::ranges::find(g.replicas, step.node, &replica::node);
  const bool there = at != g.replicas.end();
  switch (step.act) {
  case act::add_learner:
    return there;
  case act::promote:
    return there && at->votes;
  case act::transfer:
    return g.leader == step.node;
  case act::remove_voter:
  case act::remove_learner:
    return !there;
  }
  return false;
}

std::optional<proposal> propose(const scene& at) {
  if (at.now_is.leader == 0 || !at.h.alive(at.now_is.leader) ||
      at.sound_voters() < membership::majority(at.voters()))
    return std::nullopt;
  const auto* leader = membership::find(at.s, at.now_is.leader);
  if (leader == nullptr || !membership::takes_leaders(*leader))
    if (auto away = hand_over(at, urgency::drains))
      return away;
  for (const auto next : {settle_learners, remove_surplus, lead_well, add_missing})
    if (auto found = next(at))
      return found;
  return std::nullopt;
}

} // namespace tenon::cluster::placement
