#include "tests/simulation/cluster/world.hpp"

#include "tests/simulation/cluster/faults/all.hpp"

namespace tenon::tests::simulation {

namespace {

constexpr std::size_t node_count = 5;
constexpr std::uint64_t fault_time = 8000;
constexpr std::uint64_t healing_time = 30000;
constexpr std::uint64_t keys = 4;

} // namespace

world::world(std::uint64_t seed, simulation::mistake m) : chance{seed}, mistake{m} {
  chosen.guards = guards_with(m);
  chosen.asks_first = chance.of_hundred(80);
  chosen.heartbeat = span{static_cast<std::int64_t>(chance.between(20, 60))};
  chosen.election = span{static_cast<std::int64_t>(chance.between(150, 350))};
  chosen.in_flight = static_cast<std::uint32_t>(chance.between(4, 200));
  chosen.message_bytes = chance.between(32, 400);
  chosen.remembered_bytes = chance.below(2000);
  chosen.nearly_caught_up = chance.between(2, 50);
  trailing = chance.between(1, 12);
  loss = chance.of_hundred(50) ? 0 : chance.between(1, 15);
  found();
}

void world::found() {
  const auto founders = chance.of_hundred(30) ? 1u : 3u;
  raft::configuration first;
  for (raft::node_id id = 1; id <= founders; ++id)
    first.members.push_back({.node = id, .role = raft::role::voter});
  for (raft::node_id id = 1; id <= node_count; ++id) {
    auto& made = *nodes_.emplace_back(std::make_unique<node>(*this, id, groups));
    if (id <= founders)
      for (auto& stored : made.disk().durable)
        stored.kept = raft::founding(first);
  }
  for (auto& n : nodes_)
    n->start();
}

outcome world::run() {
  ask();
  const auto began = time;
  for (const auto& fault : faults::chosen_from(chance))
    faults::keep_making(*this, fault, began + fault_time);
  run_until(began + fault_time);
  heal();
  run_until(time + 1000);
  const auto patience = time + healing_time;
  while (checks.wrong().empty() && time < patience && !is_together())
    run_until(time + 100);
  compare();
  return {.wrong = checks.wrong(),
          .hash = checks.hash(),
          .milliseconds = time - began,
          .applied = checks.applied(),
          .acknowledged = checks.acknowledged(),
          .reads = checks.reads(),
          .elections = checks.elections(),
          .fetches = fetches};
}

void world::run_until(std::uint64_t end) {
  while (checks.wrong().empty() && !events_.empty() && events_.top().at <= end) {
    auto next = events_.top();
    events_.pop();
    time = next.at;
    next.what();
  }
  time = std::max(time, end);
}

void world::after(std::uint64_t delay, std::function<void()> what) {
  events_.push({time + delay, ++scheduled_, std::move(what)});
}

void world::at_node(raft::node_id id, std::uint64_t delay, std::function<void()> what) {
  after(delay, [this, id, life = of(id).life, what = std::move(what)]() mutable {
    auto& n = of(id);
    if (n.life != life)
      return;
    if (n.paused_until > time)
      return at_node(id, n.paused_until - time, std::move(what));
    what();
  });
}

void world::send(std::uint16_t group, raft::node_id from, const raft::outgoing& m) {
  const std::pair way{from, m.to};
  if (m.to > nodes_.size() || is_cut(from, m.to) || (!healing_ && chance.of_hundred(loss)))
    return;
  const auto epoch = epochs_[way];
  // In order on one connection; between connections, anything.
  auto& last = arrives_[way];
  last = std::max(last, time + chance.between(1, 6));
  const bool straggles = chance.of_hundred(2) && !healing_;
  const auto arrive = [this, group, from, to = m.to, epoch, message = m.message] {
    auto& n = of(to);
    if (!n.is_up() || is_cut(from, to))
      return;
    at_node(to, 0, [this, group, from, to, epoch, message] {
      of(to).receive(group, from, epoch, message);
    });
  };
  after(last - time, arrive);
  if (straggles) // a copy, as a connection that broke may leave behind
    after(chance.between(1, 300), arrive);
}

node* world::leader_of(std::uint16_t group) {
  node* found = nullptr;
  for (auto& n : nodes_)
    if (n->is_up() && n->at(group).standing().part == raft::part::leader &&
        (!found || n->at(group).standing().term > found->at(group).standing().term))
      found = n.get();
  return found;
}

// Clients: most know who leads, some ask whoever is there.
void world::ask() {
  const auto group = any_group();
  auto* target = chance.of_hundred(70) ? leader_of(group) : &any_node();
  const auto number = ++asked_;
  const auto key = chance.below(keys);
  if (target && target->is_up() && target->paused_until <= time) {
    if (chance.of_hundred(60))
      target->write(group, number, key);
    else
      target->read(group, number, key);
    const auto applied = target->hosted(group).state.applied;
    const auto& held = target->disk().durable[group].kept.state;
    if (applied > (held ? held->index : 0) + 10 && chance.of_hundred(20))
      target->save(group);
  }
  after(chance.between(1, 12), [this] { ask(); });
}

void world::heal() {
  healing_ = true;
  cuts_.clear();
  for (auto& n : nodes_) {
    n->paused_until = n->slow_until = 0;
    n->dies_voting = false;
    if (!n->is_up())
      n->start();
  }
}

/// Whether every group has a leader whose term has begun, and its members have what it has, all but
/// what clients have only just asked for.
bool world::is_together() {
  const auto is_near = [](std::uint64_t applied, std::uint64_t all) { return applied + 20 >= all; };
  for (std::uint16_t g = 0; g < groups; ++g) {
    auto* leader = leader_of(g);
    if (!leader)
      return false;
    const auto applied = leader->hosted(g).state.applied;
    const auto stamp = leader->at(g).stamp_at(applied);
    if (!stamp || stamp->term != leader->at(g).standing().term ||
        !is_near(applied, leader->at(g).last()))
      return false;
    for (const auto& m : leader->at(g).members()->members)
      if (!of(m.node).is_up() ||
          (m.role != raft::role::spare && !is_near(of(m.node).hosted(g).state.applied, applied)))
        return false;
  }
  return true;
}

void world::compare() {
  if (checks.wrong().empty() && !is_together())
    checks.fail("it did not come together after everything was healed");
  for (std::uint16_t g = 0; g < groups && checks.wrong().empty(); ++g) {
    auto& leader = *leader_of(g);
    checks.kept_all(g, leader.hosted(g).state.applied);
    for (const auto& m : leader.at(g).members()->members) {
      auto& member = of(m.node).at(g);
      if (member.is_changing() && member.committed() == member.last())
        checks.fail("node " + std::to_string(m.node) +
                    " takes a change for one under way that is "
                    "long made, and would refuse every other");
    }
  }
}

} // namespace tenon::tests::simulation
