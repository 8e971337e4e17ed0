#include "tests/unit/cluster/placement/moving_groups.hpp"

namespace tenon::tests {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

void expect_rest(moving_groups& g) {
  const auto before = g.counted.all() + g.counted.placed;
  g.run(minutes{3});
  EXPECT_EQ(g.counted.all() + g.counted.placed, before) << "all is well, and still it orders";
  EXPECT_EQ(membership::broken_in(g.m.state), "");
}

TEST(steps, order_nothing_when_all_is_as_wanted) {
  auto g = settled_groups(5, 64);
  expect_rest(g);
  EXPECT_EQ(g.counted.all(), 0u);
}

TEST(steps, bring_one_node_to_three_without_losing_a_majority) {
  for (const std::uint16_t partitions : {std::uint16_t{16}, std::uint16_t{1024}}) {
    auto g = settled_groups(1, partitions);
    g.limits.moving_per_node = 16; // two nodes only
    for (const auto* name : {"n2", "n3"})
      g.comes(g.m.join(described(name)));
    EXPECT_TRUE(g.settles_within(minutes{partitions == 16 ? 2 : 30}));
    EXPECT_EQ(g.counted.added, 2u * partitions) << "each replica is made once";
    EXPECT_EQ(g.counted.removed, 0u);
    expect_rest(g);
  }
}

TEST(steps, give_a_returning_node_its_leaders_back_within_a_minute) {
  for (const std::uint16_t partitions : {std::uint16_t{16}, std::uint16_t{1024}}) {
    auto g = settled_groups(3, partitions);
    const auto led = g.leads()[2];
    g.goes(2);
    g.run(minutes{2});
    EXPECT_LE(g.leads()[1], g.leads()[3] * 6 / 5 + 2);
    EXPECT_LE(g.leads()[3], g.leads()[1] * 6 / 5 + 2) << "those that are left share its work";
    g.counted = {};
    g.restarts(2);
    EXPECT_TRUE(g.settles_within(minutes{1})) << partitions;
    EXPECT_EQ(g.leads()[2], led);
    EXPECT_EQ(g.counted.added + g.counted.removed + g.counted.placed, 0u) << "no replica moved";
    EXPECT_LE(g.counted.transfers, partitions);
    expect_rest(g);
  }
}

TEST(steps, drain_a_node_of_its_leaders_only_and_return_them_after_its_restart) {
  auto g = settled_groups(3, 64);
  const auto led = g.leads()[2];
  g.m.obey(words::drain{2});
  g.run(seconds{15});
  EXPECT_EQ(g.leads()[2], 0u);
  EXPECT_EQ(g.counted.added + g.counted.removed + g.counted.placed, 0u);
  EXPECT_EQ(g.counted.transfers, led) << "each of its third handed over once";
  g.run(minutes{5});
  EXPECT_EQ(g.leads()[2], 0u) << "for as long as it drains";
  g.goes(2);
  g.run(seconds{20});
  g.restarts(2);
  EXPECT_TRUE(g.settles_within(minutes{1}));
  expect_rest(g);
}

TEST(steps, empty_a_node_that_leaves_and_let_it_depart) {
  auto g = settled_groups(4, 64);
  g.m.obey(words::leave{2});
  EXPECT_TRUE(g.settles_within(minutes{5}));
  g.run(seconds{10});
  EXPECT_EQ(g.m.node(2).standing, words::standing::left);
  for (const auto& one : g.groups)
    EXPECT_FALSE(one.replicas.contains(2));
  expect_rest(g);
}

TEST(steps, let_one_of_three_leave_although_nobody_takes_its_replicas) {
  auto g = settled_groups(3, 16);
  g.m.obey(words::leave{3});
  EXPECT_TRUE(g.settles_within(minutes{5}));
  g.run(seconds{10});
  EXPECT_EQ(g.m.node(3).standing, words::standing::left);
  EXPECT_EQ(membership::under_replicated(g.m.state).size(), 16u);
}

TEST(steps, make_the_replicas_of_a_dead_node_anew_only_after_the_grace_time) {
  auto g = settled_groups(4, 64);
  g.goes(2);
  g.run(minutes{5});
  EXPECT_EQ(g.counted.added + g.counted.placed, 0u);
  g.run(seconds{30});
  EXPECT_GT(g.counted.added, 0u);
  EXPECT_TRUE(g.settles_within(minutes{5}));
  for (const auto& one : g.groups)
    EXPECT_FALSE(one.replicas.contains(2));
  g.restarts(2);
  g.run(seconds{30});
  EXPECT_TRUE(g.settles_within(minutes{5})) << "and it has its share again";
  EXPECT_NEAR(static_cast<double>(g.leads()[2]), 16, 1);
}

TEST(steps, make_the_replicas_of_a_removed_node_anew_at_once) {
  auto g = settled_groups(4, 64);
  g.goes(2);
  g.run(seconds{5});
  g.m.obey(words::remove{2});
  EXPECT_TRUE(g.settles_within(minutes{4}));
  for (const auto& one : g.groups)
    EXPECT_FALSE(one.replicas.contains(2));
}

TEST(steps, fill_the_successor_of_a_lost_disk_and_nobody_else) {
  auto g = settled_groups(4, 64);
  const auto held = static_cast<std::size_t>(
      std::ranges::count_if(g.groups, [](const auto& one) { return one.replicas.contains(2); }));
  g.goes(2);
  const auto id = g.m.obey(words::join{"prod", g.m.token(), described("n2", 50), true});
  g.m.start(id, 50);
  g.comes(id);
  EXPECT_TRUE(g.settles_within(minutes{5}));
  EXPECT_EQ(g.counted.added, held);
  for (const auto& one : g.groups)
    EXPECT_FALSE(one.replicas.contains(2));
  expect_rest(g);
}

TEST(steps, leave_a_group_alone_that_has_no_majority) {
  auto g = settled_groups(3, 16);
  g.goes(2);
  g.goes(3);
  g.run(minutes{20});
  EXPECT_EQ(g.counted.all() + g.counted.placed, 0u);
  g.restarts(2);
  g.restarts(3);
  EXPECT_TRUE(g.settles_within(minutes{1}));
}

TEST(steps, move_one_replica_by_hand) {
  auto g = settled_groups(4, 16);
  const auto wanted = g.m.state.assignments[3].wanted;
  node_id to = 1;
  while (membership::contains(wanted, to))
    ++to;
  g.m.obey(words::move{3, wanted.front(), to});
  EXPECT_TRUE(g.settles_within(seconds{30}));
  EXPECT_TRUE(g.groups[3].replicas.contains(to));
  EXPECT_LE(g.counted.added, 2u) << "it, and another in exchange so that shares stay even";
  EXPECT_EQ(g.counted.removed, g.counted.added);
}

TEST(steps, keep_within_their_bounds_while_a_node_fills) {
  auto g = settled_groups(6, 512);
  g.limits.moving = 6;
  g.limits.moving_per_node = 3;
  g.comes(g.m.join(described("n7")));
  g.comes(g.m.join(described("n8")));
  EXPECT_TRUE(g.settles_within(std::chrono::hours{2}));
  EXPECT_LE(g.counted.most_copies, 6u);
  EXPECT_LE(g.counted.most_copies_of_a_node, 3u);
  EXPECT_LE(g.counted.most_transfers, g.limits.transfers);
  EXPECT_GT(g.counted.most_transfers, 0u);
}

TEST(steps, trust_a_node_that_comes_and_goes_ever_later) {
  auto g = settled_groups(3, 64);
  for (int i = 0; i < 45; ++i) { // half an hour
    g.goes(2);
    g.run(seconds{20});
    g.restarts(2);
    g.run(seconds{20});
  }
  EXPECT_LE(g.counted.transfers, 150u) << "it was given its 21 leaders a few times, then no more";
  EXPECT_EQ(g.counted.added + g.counted.placed, 0u);
  EXPECT_TRUE(g.settles_within(minutes{6})) << "and again when it has stayed";
}

TEST(steps, try_again_ever_later_what_does_not_succeed) {
  auto g = settled_groups(4, 16);
  g.fails_of_100 = 100;
  g.comes(g.m.join(described("n5")));
  g.run(minutes{30});
  EXPECT_GT(g.counted.added, 0u);
  EXPECT_LE(g.counted.added, 12u * 16) << "with pauses that grow to five minutes";
  g.fails_of_100 = 0;
  EXPECT_TRUE(g.settles_within(minutes{10}));
}

TEST(steps, keep_every_promise_through_random_troubles_and_settle_after_them) {
  const std::uint64_t first = std::random_device{}();
  for (std::uint64_t seed = first; seed < first + 25; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random{seed};
    auto g =
        settled_groups(static_cast<unsigned>(3 + random() % 5),
                       static_cast<std::uint16_t>(1 + random() % 40), random() % 3 ? 3 : 5, seed);
    g.fails_of_100 = static_cast<unsigned>(random() % 40);
    for (int i = 0; i < 60 && !testing::Test::HasFatalFailure(); ++i) {
      const auto node = static_cast<node_id>(1 + random() % (g.m.state.next_node - 1));
      const bool member = membership::is_member(g.m.node(node));
      switch (random() % 8) {
      case 0:
      case 1:
        g.goes(node);
        break;
      case 2:
      case 3:
      case 4:
        if (member && !g.up.contains(node))
          g.restarts(node);
        break;
      case 5:
        if (g.m.state.next_node < 14)
          g.comes(g.m.join(described("r" + std::to_string(i))));
        break;
      case 6:
        (void)g.m.ask(random() % 2 ? membership::command{words::drain{node}}
                                   : membership::command{words::leave{node}});
        break;
      default:
        (void)g.m.ask(random() % 2 ? membership::command{words::remove{node}}
                                   : membership::command{words::resume{node}});
      }
      g.run(seconds{static_cast<int>(random() % 400)});
      ASSERT_EQ(membership::broken_in(g.m.state), "");
    }
    g.fails_of_100 = 0;
    for (const auto& n : std::vector<words::node>{g.m.state.nodes}) {
      if (membership::is_member(n) && !g.up.contains(n.id))
        g.restarts(n.id);
      if (membership::is_member(n) && n.standing == words::standing::draining && !n.for_good)
        g.m.obey(words::resume{n.id});
    }
    for (auto& one : g.groups) // removed while they held a majority cannot be; but they may be off
      ASSERT_TRUE(g.lives(one));
    ASSERT_TRUE(g.settles_within(minutes{60}));
  }
}

} // namespace

} // namespace tenon::tests
