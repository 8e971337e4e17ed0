#include "tests/unit/cluster/members.hpp"

namespace tenon::tests {

namespace {

words::place plan_of(std::uint16_t partition, membership::node_ids wanted,
                     membership::node_id leader) {
  words::place p;
  p.wishes.push_back({partition, std::move(wanted), leader});
  return p;
}

TEST(membership, refuses_plans_that_cannot_be) {
  auto m = cluster_of(4);
  auto edge = described("edge");
  edge.worker = false;
  const auto only_edge = m.join(edge);
  EXPECT_EQ(m.refusal(plan_of(16, {1}, 1)).code, code::not_found);
  EXPECT_EQ(m.refusal(plan_of(0, {}, 1)).where, "wishes");
  EXPECT_EQ(m.refusal(plan_of(0, {1, 2, 3, 4}, 1)).where, "wishes") << "more than the factor";
  EXPECT_EQ(m.refusal(plan_of(0, {2, 1}, 1)).where, "wishes");
  EXPECT_EQ(m.refusal(plan_of(0, {1, 1}, 1)).where, "wishes");
  EXPECT_EQ(m.refusal(plan_of(0, {1, 2}, 3)).where, "wishes");
  EXPECT_EQ(m.refusal(plan_of(0, {1, 9}, 1)).code, code::not_found);
  EXPECT_NE(m.refusal(plan_of(0, {1, only_edge}, 1)).why.find("edge"), std::string::npos);
  m.obey(words::leave{4});
  EXPECT_NE(m.refusal(plan_of(0, {1, 4}, 1)).why.find("leaving"), std::string::npos);
  auto twice = plan_of(0, {1, 2}, 1);
  twice.wishes.push_back(twice.wishes.front());
  EXPECT_EQ(m.refusal(twice).where, "wishes");
}

TEST(membership, writes_down_only_what_a_plan_changes) {
  auto m = cluster_of(4);
  auto plan = plan_of(0, {1, 2, 3}, 1);
  EXPECT_TRUE(m.ask(plan)->events.empty());
  plan.wishes.push_back({1, {1, 2, 4}, 4});
  const auto decided = m.ask(plan);
  ASSERT_EQ(decided->events.size(), 1u);
  EXPECT_EQ(std::get<words::placed>(decided->events[0]).wishes.size(), 1u);
  EXPECT_EQ(m.state.assignments[1].preferred_leader, 4u);
}

TEST(membership, moves_a_replica_by_hand_and_pins_it) {
  auto m = cluster_of(4);
  EXPECT_EQ(m.refusal(words::move{0, 4, 1}).where, "from");
  EXPECT_EQ(m.refusal(words::move{0, 1, 2}).where, "to");
  EXPECT_EQ(m.refusal(words::move{99, 1, 4}).code, code::not_found);
  m.obey(words::move{0, 1, 4});
  const auto& a = m.state.assignments[0];
  EXPECT_EQ(a.wanted, (membership::node_ids{2, 3, 4}));
  EXPECT_EQ(a.preferred_leader, 4u) << "leading goes with the replica that led";
  EXPECT_TRUE(a.pinned);
  m.obey(words::unpin{0});
  EXPECT_FALSE(a.pinned);
  EXPECT_TRUE(m.ask(words::unpin{0})->events.empty());
  const auto joining = m.obey(words::join{"prod", m.token(), described("n5"), false});
  EXPECT_EQ(m.refusal(words::move{0, 2, joining}).where, "to") << "it has not started";
}

TEST(membership, changes_a_group_one_step_at_a_time) {
  auto m = cluster_of(4);
  using act = words::act;
  m.obey(words::begin_step{0, act::add_learner, 4});
  EXPECT_NE(m.refusal(words::begin_step{0, act::transfer, 2}).why.find("changing already"),
            std::string::npos);
  m.obey(words::begin_step{1, act::transfer, 2});
  m.obey(words::end_step{0, true, {1, 2, 3}, {4}});
  EXPECT_FALSE(m.state.assignments[0].step);
  EXPECT_EQ(m.state.assignments[0].learners, membership::node_ids{4});
  EXPECT_TRUE(m.ask(words::end_step{0, true, {1, 2, 3}, {4}})->events.empty());
  m.obey(words::begin_step{0, act::promote, 4});
}

TEST(membership, refuses_steps_that_do_not_fit_the_group) {
  auto m = cluster_of(4);
  using act = words::act;
  for (const auto& [what, node] : {std::pair{act::add_learner, 1u},
                                   {act::promote, 4u},
                                   {act::transfer, 4u},
                                   {act::remove_voter, 4u},
                                   {act::remove_learner, 1u}})
    EXPECT_EQ(m.refusal(words::begin_step{0, what, node}).where, "act") << name_of(what);
  EXPECT_EQ(m.refusal(words::begin_step{0, act::add_learner, 9}).code, code::not_found);
  m.obey(words::observe{0, {1}, {}});
  EXPECT_EQ(m.refusal(words::begin_step{0, act::remove_voter, 1}).where, "act")
      << "somebody must vote";
}

TEST(membership, lets_a_group_rest_longer_after_each_step_in_a_row_that_failed) {
  auto m = cluster_of(4);
  span before{};
  for (unsigned i = 1; i <= 12; ++i) {
    m.obey(words::begin_step{0, words::act::add_learner, 4});
    m.obey(words::end_step{0, false, {1, 2, 3}, {}});
    const auto refused = m.ask(words::begin_step{0, words::act::add_learner, 4});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, code::unavailable);
    ASSERT_TRUE(refused.error().retry_after);
    const auto pause = *refused.error().retry_after;
    EXPECT_GE(pause, before);
    EXPECT_LE(pause, std::chrono::minutes{5});
    before = pause;
    m.now += pause;
  }
  EXPECT_EQ(before, std::chrono::minutes{5});
  m.obey(words::begin_step{0, words::act::add_learner, 4});
  m.obey(words::end_step{0, true, {1, 2, 3}, {4}});
  m.obey(words::begin_step{0, words::act::promote, 4});
}

TEST(membership, believes_a_group_about_its_members_if_they_can_be) {
  auto m = cluster_of(4);
  m.obey(words::observe{0, {1, 2}, {3}});
  EXPECT_EQ(m.state.assignments[0].voters, (membership::node_ids{1, 2}));
  EXPECT_TRUE(m.ask(words::observe{0, {1, 2}, {3}})->events.empty());
  EXPECT_EQ(m.refusal(words::observe{0, {}, {}}).code, code::malformed);
  EXPECT_EQ(m.refusal(words::observe{0, {1, 2}, {2}}).code, code::malformed);
  EXPECT_EQ(m.refusal(words::observe{0, {2, 1}, {}}).code, code::malformed);
  EXPECT_EQ(m.refusal(words::observe{0, {1, 50}, {}}).code, code::malformed);
  EXPECT_EQ(m.refusal(words::observe{0, {0, 1}, {}}).code, code::malformed);
}

} // namespace

} // namespace tenon::tests
