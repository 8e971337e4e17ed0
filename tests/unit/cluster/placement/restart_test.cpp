// Everything went down at once and comes back: the hour in which a planner does most harm.
#include "tests/unit/cluster/placement/moving_groups.hpp"

namespace tenon::tests {

namespace {

using std::chrono::minutes;

/// Who is back after which time.
std::map<moment, node_ids> in_random_order(const moving_groups& g, span within,
                                           std::mt19937_64& random) {
  std::map<moment, node_ids> order;
  for (const auto& n : g.m.state.nodes)
    order[g.m.now + span{random() % static_cast<std::uint64_t>(within.count())}].push_back(n.id);
  return order;
}

void restart_all(moving_groups& g, span within, std::mt19937_64& random) {
  for (const auto& n : g.m.state.nodes)
    g.goes(n.id);
  g.run(minutes{1}, false);
  g.health = placement::health{g.m.now}; // whoever plans begins anew too
  g.counted = {};
  for (const auto& [at, nodes] : in_random_order(g, within, random)) {
    if (at > g.m.now)
      g.run(at - g.m.now);
    for (const auto id : nodes)
      g.restarts(id);
  }
}

TEST(full_restart, of_a_hundred_nodes_and_4096_groups_moves_no_replica_and_each_leader_once) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random{seed};
  auto g = settled_groups(100, 4096, 3, seed);
  const auto before = g.m.state.assignments;
  restart_all(g, minutes{4}, random);
  EXPECT_TRUE(g.settles_within(minutes{6}));
  EXPECT_EQ(g.counted.added + g.counted.removed + g.counted.placed, 0u);
  EXPECT_LE(g.counted.transfers, 4096u);
  EXPECT_LE(g.counted.most_transfers, g.limits.transfers);
  ASSERT_EQ(g.m.state.assignments.size(), before.size());
  for (std::size_t p = 0; p < before.size(); ++p) {
    ASSERT_EQ(g.m.state.assignments[p].wanted, before[p].wanted);
    ASSERT_EQ(g.m.state.assignments[p].voters, before[p].voters);
    ASSERT_EQ(g.m.state.assignments[p].preferred_leader, before[p].preferred_leader);
  }
  const auto transfers = g.counted.transfers;
  g.run(minutes{2});
  EXPECT_EQ(g.counted.transfers, transfers) << "then it rests";
}

TEST(full_restart, that_takes_longer_than_the_grace_time_moves_no_replica_either) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random{seed};
    auto g = settled_groups(30, 256, 3, seed);
    for (const auto& n : g.m.state.nodes)
      g.goes(n.id);
    g.health = placement::health{g.m.now};
    g.counted = {};
    for (node_id id = 1; id <= 20; ++id)
      g.restarts(id);
    g.run(minutes{30}); // ten of thirty stay away: more than one in ten
    EXPECT_EQ(g.counted.added + g.counted.removed + g.counted.placed, 0u);
    for (node_id id = 21; id <= 30; ++id)
      g.restarts(id);
    EXPECT_TRUE(g.settles_within(minutes{3}));
    EXPECT_EQ(g.counted.added + g.counted.removed + g.counted.placed, 0u);
  }
}

} // namespace

} // namespace tenon::tests
