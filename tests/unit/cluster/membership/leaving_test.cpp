#include "tests/unit/cluster/members.hpp"

namespace tenon::tests {

namespace {

TEST(membership, drains_for_an_upgrade_until_the_node_starts_again) {
  auto m = cluster_of(3);
  m.obey(words::drain{2});
  EXPECT_TRUE(membership::takes_replicas(m.node(2)));
  EXPECT_FALSE(membership::takes_leaders(m.node(2)));
  m.start(2, 1); // the process that drains says so again
  m.obey(words::start{m.state.id, 2, 1, {"moved:1"}, "1.0", 1, 1});
  EXPECT_EQ(m.node(2).standing, words::standing::draining) << "at another address, but the same";
  m.miss(2);
  m.start(2, 2);
  EXPECT_EQ(m.node(2).standing, words::standing::up);
}

TEST(membership, takes_a_drain_back) {
  auto m = cluster_of(3);
  m.obey(words::leave{2});
  EXPECT_FALSE(membership::takes_replicas(m.node(2)));
  m.obey(words::resume{2});
  EXPECT_TRUE(membership::takes_leaders(m.node(2)));
  EXPECT_FALSE(m.node(2).for_good);
}

TEST(membership, does_not_drain_or_lose_its_last_worker) {
  auto m = cluster_of(1);
  auto edge = described("edge");
  edge.worker = false;
  m.join(edge);
  EXPECT_EQ(m.refusal(words::drain{1}).code, code::conflict);
  const auto refused = m.refusal(words::leave{1});
  EXPECT_NE(refused.why.find("last worker"), std::string::npos);
  m.join(described("n3"));
  m.obey(words::leave{1});
  EXPECT_NE(m.refusal(words::leave{3}).why.find("last worker"), std::string::npos)
      << "one that is leaving does not count";
}

TEST(membership, lets_a_node_depart_when_it_holds_nothing) {
  auto m = cluster_of(4);
  EXPECT_EQ(m.refusal(words::depart{3}).code, code::conflict) << "it has not said that it leaves";
  m.obey(words::leave{3});
  m.start(3, 1);
  EXPECT_EQ(m.node(3).standing, words::standing::draining) << "leaving goes on over restarts";
  EXPECT_NE(m.refusal(words::depart{3}).why.find("partition 0"), std::string::npos);
  for (std::uint16_t p = 0; p < 16; ++p)
    m.want(p, {1, 2, 4});
  EXPECT_NE(m.refusal(words::depart{3}).why.find("partition 0"), std::string::npos)
      << "what is wanted is not yet there";
  m.settle();
  m.obey(words::depart{3});
  EXPECT_EQ(m.node(3).standing, words::standing::left);
  m.obey(words::depart{3});
  EXPECT_EQ(m.refusal(words::drain{3}).code, code::conflict);
  EXPECT_EQ(m.join(described("n3")), 5u) << "its name is free again, its number is not";
}

TEST(membership, removes_only_what_is_dead_not_needed_and_not_itself) {
  auto m = cluster_of(3);
  EXPECT_EQ(m.refusal(words::remove{7}).code, code::not_found);
  EXPECT_NE(m.refusal(words::remove{1}).why.find("itself"), std::string::npos);
  EXPECT_NE(m.refusal(words::remove{2}).why.find("alive"), std::string::npos);
  m.miss(2);
  m.miss(3);
  const auto refused = m.refusal(words::remove{2});
  EXPECT_NE(refused.why.find("no majority"), std::string::npos) << refused.why;
  m.hear(3);
  m.obey(words::remove{2});
  for (const auto& a : m.state.assignments) {
    EXPECT_EQ(a.wanted, (membership::node_ids{1, 3}));
    EXPECT_NE(a.preferred_leader, 2u);
  }
  m.obey(words::remove{2});
}

TEST(membership, keeps_a_partition_that_was_wanted_on_the_removed_node_alone_where_it_is) {
  auto m = cluster_of(2, 2, 1);
  m.want(0, {2}); // and still on node 1
  m.miss(2);
  m.obey(words::remove{2});
  EXPECT_EQ(m.state.assignments[0].wanted, membership::node_ids{1});
}

TEST(membership, forgets_that_a_partition_was_placed_by_hand_when_one_of_its_nodes_goes) {
  auto m = cluster_of(4);
  m.obey(words::move{0, 1, 4});
  m.obey(words::move{1, 1, 4});
  m.obey(words::observe{0, {2, 3, 4}, {}});
  m.want(1, {1, 2, 3});
  m.obey(words::move{1, 3, 4});
  m.miss(3);
  m.obey(words::remove{3});
  EXPECT_FALSE(m.state.assignments[0].pinned);
  EXPECT_TRUE(m.state.assignments[1].pinned) << "its nodes are all there";
}

TEST(membership, forgets_the_oldest_of_those_that_went) {
  auto m = cluster_of(1, 1, 1);
  const auto most = membership::kept_departed;
  for (std::size_t i = 0; i < most + 5; ++i) {
    const auto id = m.join(described("passing"));
    m.miss(id);
    m.obey(words::remove{id});
  }
  EXPECT_EQ(m.state.nodes.size(), most + 1);
  EXPECT_NE(membership::find(m.state, 1), nullptr);
  EXPECT_EQ(membership::find(m.state, 2), nullptr);
  EXPECT_EQ(m.state.next_node, most + 7);
}

TEST(membership, agrees_on_a_feature_level_that_all_speak_and_never_lowers_it) {
  auto m = cluster_of(3);
  EXPECT_EQ(m.state.feature_level, 1u);
  EXPECT_NE(m.refusal(words::raise{2}).why.find("node 1"), std::string::npos);
  for (const membership::node_id id : {1u, 2u, 3u}) {
    m.obey(words::start{m.state.id, id, 1, m.node(id).addresses, "2.0", 1, 2});
    if (id < 3) {
      EXPECT_NE(m.refusal(words::raise{2}).why.find("does not speak"), std::string::npos);
    }
  }
  m.obey(words::raise{2});
  EXPECT_EQ(m.state.feature_level, 2u);
  EXPECT_NE(m.refusal(words::raise{1}).why.find("never lowered"), std::string::npos);
  EXPECT_TRUE(m.ask(words::raise{2})->events.empty());
}

TEST(membership, may_want_more_replicas_than_there_are_workers) {
  auto m = cluster_of(3);
  EXPECT_TRUE(membership::under_replicated(m.state).empty());
  m.obey(words::set_factor{5});
  const auto missing = membership::under_replicated(m.state);
  ASSERT_EQ(missing.size(), 16u);
  EXPECT_EQ(missing[7], (membership::shortfall{7, 3, 3}));
  EXPECT_EQ(m.refusal(words::set_factor{4}).where, "factor");
  EXPECT_TRUE(m.ask(words::set_factor{5})->events.empty());
}

TEST(membership, shows_replicas_that_share_a_zone_as_too_few) {
  auto m = cluster_of(3);
  for (const membership::node_id id : {1u, 2u, 3u})
    m.obey(words::set_zone{id, id == 1 ? "a" : "b"});
  ASSERT_EQ(membership::under_replicated(m.state).size(), 16u);
  EXPECT_EQ(membership::under_replicated(m.state)[0], (membership::shortfall{0, 3, 2}));
  m.obey(words::set_zone{3, "c"});
  EXPECT_TRUE(membership::under_replicated(m.state).empty());
}

TEST(membership, labels_zones) {
  auto m = cluster_of(2);
  m.obey(words::set_zone{2, "b"});
  EXPECT_EQ(m.node(2).zone, "b");
  EXPECT_EQ(m.refusal(words::set_zone{2, std::string(64, 'z')}).where, "zone");
  EXPECT_EQ(m.refusal(words::set_zone{9, "b"}).code, code::not_found);
}

} // namespace

} // namespace tenon::tests
