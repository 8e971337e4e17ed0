// Groups that do what is ordered, in virtual time: no consensus, but its rules. A step takes effect
// only where a majority lives; a leader that dies is followed by another a little later. Each order
// is checked against what must hold before it is obeyed.
#pragma once

#include "cluster/placement/steps.hpp"
#include "cluster/placement/wanted.hpp"
#include "tests/unit/cluster/members.hpp"

#include <map>
#include <optional>
#include <random>
#include <set>

namespace tenon::tests {

namespace placement = tenon::cluster::placement;
using membership::node_id;
using membership::node_ids;

class moving_groups {
public:
  struct replica {
    bool votes = true;
    moment ready{};
  };
  struct one_group {
    node_id leader = 0;
    std::map<node_id, replica> replicas{};
    std::optional<moment> election{};
    std::optional<std::pair<words::begin_step, moment>> pending{};
  };
  struct counts {
    std::size_t transfers = 0, added = 0, promoted = 0, removed = 0, placed = 0;
    std::size_t most_copies = 0, most_copies_of_a_node = 0, most_transfers = 0;
    std::size_t all() const { return transfers + added + promoted + removed; }
  };

  moving_groups(members made, std::uint64_t seed)
      : m{std::move(made)}, health{m.now}, random_{seed} {
    m.checks = false;
    for (const auto& a : m.state.assignments) {
      one_group g;
      for (const auto id : a.voters)
        g.replicas[id] = {};
      g.leader = a.voters.front();
      groups.push_back(std::move(g));
    }
    for (const auto& n : m.state.nodes)
      comes(n.id);
  }

  void comes(node_id id) {
    up.insert(id);
    m.hear(id);
    for (auto& g : groups)
      if (const auto at = g.replicas.find(id); at != g.replicas.end())
        at->second.ready = m.now + catch_up;
  }
  void goes(node_id id) {
    up.erase(id);
    m.miss(id);
    if (id == m.seen.self) // another one decides from now on
      m.seen.self = up.empty() ? 0 : *up.begin();
    for (auto& g : groups)
      if (g.leader == id) {
        g.leader = 0;
        g.election = m.now + span{500};
      }
  }
  /// Returns as another process.
  void restarts(node_id id) {
    m.miss(id);
    m.start(id, ++boots_);
    comes(id);
  }

  void run(span time, bool replans = true) {
    for (const auto end = m.now + time; m.now < end && !testing::Test::HasFatalFailure();)
      tick(replans);
  }
  /// Until nothing is left to be done; whether it came to that in time.
  bool settles_within(span time) {
    for (const auto begin = m.now; m.now < begin + time && !testing::Test::HasFatalFailure();) {
      tick(true);
      if (as_wanted() && m.now >= begin + between_plans)
        return true;
    }
    return false;
  }

  bool as_wanted() const {
    for (const auto& a : m.state.assignments) {
      const auto& g = groups[a.partition];
      node_ids voters;
      for (const auto& [id, r] : g.replicas)
        voters.push_back(r.votes ? id : 0);
      if (voters != a.wanted || g.leader != a.preferred_leader || a.step)
        return false;
    }
    return true;
  }

  std::map<node_id, std::size_t> leads() const {
    std::map<node_id, std::size_t> led;
    for (const auto& g : groups)
      ++led[g.leader];
    return led;
  }
  bool lives(const one_group& g) const { return live(g) >= membership::majority(voters(g)); }

  members m;
  placement::health health;
  placement::limits limits{};
  std::vector<one_group> groups;
  std::set<node_id> up;
  counts counted{};
  span catch_up{1000};
  span copy{3000};
  unsigned fails_of_100 = 0;
  static constexpr span between_plans{5000};

private:
  static std::size_t voters(const one_group& g) {
    return static_cast<std::size_t>(
        std::ranges::count_if(g.replicas, [](const auto& r) { return r.second.votes; }));
  }
  std::size_t live(const one_group& g, node_id without = 0) const {
    return static_cast<std::size_t>(std::ranges::count_if(g.replicas, [&](const auto& r) {
      return r.second.votes && r.first != without && up.contains(r.first);
    }));
  }

  void tick(bool replans) {
    m.now += span{1000};
    for (const auto& n : m.state.nodes)
      health.hear(n.id, up.contains(n.id), m.now);
    for (auto& g : groups)
      live_on(g);
    if (replans && m.now.time_since_epoch() % between_plans == span{})
      replan();
    obey(placement::steps(m.state, reports(), health, limits, m.now));
  }

  void live_on(one_group& g) {
    if (g.pending && g.pending->second <= m.now) {
      happen(g, g.pending->first);
      g.pending.reset();
    }
    if (g.leader != 0 && (!up.contains(g.leader) || !lives(g))) {
      g.leader = 0;
      g.election = m.now;
    }
    if (g.leader != 0 || !lives(g) || (g.election && *g.election > m.now))
      return;
    node_ids may;
    for (const auto& [id, r] : g.replicas)
      if (r.votes && up.contains(id))
        may.push_back(id);
    g.leader = may[random_() % may.size()];
    g.election.reset();
  }

  void happen(one_group& g, const words::begin_step& s) {
    if (g.leader == 0 || !lives(g) || random_() % 100 < fails_of_100)
      return;
    switch (s.act) {
    case words::act::add_learner:
      if (up.contains(s.node))
        g.replicas[s.node] = {false, m.now + copy};
      break;
    case words::act::promote:
      if (const auto at = g.replicas.find(s.node); at != g.replicas.end())
        at->second.votes = true;
      break;
    case words::act::transfer:
      if (up.contains(s.node))
        g.leader = s.node;
      break;
    case words::act::remove_voter:
    case words::act::remove_learner:
      if (g.leader != s.node)
        g.replicas.erase(s.node);
      break;
    }
  }

  placement::groups reports() const {
    placement::groups all;
    for (const auto& g : groups) {
      placement::group one;
      if (g.leader != 0) {
        one.leader = g.leader;
        for (const auto& [id, r] : g.replicas)
          one.replicas.push_back({id, r.votes, up.contains(id) && r.ready <= m.now});
      }
      all.push_back(std::move(one));
    }
    return all;
  }

  void replan() {
    const auto gone = placement::gone(m.state, health, limits, m.now);
    const auto decided = m.ask(words::place{placement::wanted(m.state, {.gone = gone})});
    ASSERT_TRUE(decided) << decided.error().why;
    counted.placed += decided->events.size();
  }

  void obey(const placement::orders& o) {
    for (const auto& e : o.ended)
      m.obey(e);
    for (const auto& e : o.observed)
      m.obey(e);
    for (const auto& b : o.begin) {
      auto& g = groups[b.partition];
      ASSERT_TRUE(lives(g)) << "a step of a group without a majority";
      ASSERT_FALSE(g.pending && m.state.assignments[b.partition].step) << "two at a time";
      count(g, b);
      m.obey(b);
      g.pending = {b, m.now + span{200}};
    }
    for (const auto& d : o.departs)
      m.obey(d);
    std::map<node_id, std::size_t> copies;
    std::size_t all = 0;
    std::size_t handed = 0;
    for (const auto& a : m.state.assignments) {
      handed += a.step && a.step->act == words::act::transfer ? 1 : 0;
      if (!a.step || a.step->act != words::act::add_learner)
        continue;
      ++all;
      counted.most_copies_of_a_node =
          std::max(counted.most_copies_of_a_node, ++copies[a.step->node]);
    }
    counted.most_copies = std::max(counted.most_copies, all);
    counted.most_transfers = std::max(counted.most_transfers, handed);
  }

  void count(const one_group& g, const words::begin_step& b) {
    const auto of = voters(g);
    switch (b.act) {
    case words::act::add_learner:
      ++counted.added;
      ASSERT_TRUE(up.contains(b.node));
      break;
    case words::act::promote:
      ++counted.promoted;
      ASSERT_LE(g.replicas.at(b.node).ready, m.now) << "votes before it has caught up";
      ASSERT_GE(live(g) + 1, membership::majority(of + 1));
      break;
    case words::act::transfer:
      ++counted.transfers;
      ASSERT_TRUE(up.contains(b.node) && g.replicas.at(b.node).votes);
      break;
    case words::act::remove_voter:
      ++counted.removed;
      ASSERT_NE(g.leader, b.node);
      ASSERT_GE(of - 1, m.state.assignments[b.partition].wanted.size());
      ASSERT_GE(live(g, b.node), membership::majority(of - 1)) << "its majority would be lost";
      break;
    case words::act::remove_learner:
      break;
    }
  }

  std::mt19937_64 random_;
  std::uint64_t boots_ = 1000;
};

/// All up, every group where it is wanted, led by whom it should be.
inline moving_groups settled_groups(unsigned nodes, std::uint16_t partitions,
                                    std::uint32_t factor = 3, std::uint64_t seed = 1) {
  members m;
  m.checks = false;
  m.init(partitions, factor);
  for (unsigned i = 2; i <= nodes; ++i)
    m.join(described("n" + std::to_string(i)));
  m.obey(words::place{placement::wanted(m.state)});
  m.settle();
  moving_groups g{std::move(m), seed};
  for (const auto& a : g.m.state.assignments)
    g.groups[a.partition].leader = a.preferred_leader;
  g.run(span{10'000});
  g.counted = {};
  return g;
}

} // namespace tenon::tests
