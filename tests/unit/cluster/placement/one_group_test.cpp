// What is ordered for one group in one situation, row by row.
#include "cluster/placement/steps.hpp"
#include "tests/unit/cluster/members.hpp"

namespace tenon::tests {

namespace {

namespace placement = tenon::cluster::placement;
using membership::node_id;
using membership::node_ids;
using act = words::act;
using replicas = std::vector<placement::replica>;

/// Five workers, one partition; everyone is alive and trusted unless said otherwise.
struct situation {
  members m = cluster_of(5, 1);
  placement::health health{m.now};
  placement::limits limits{};

  explicit situation(node_ids wanted, node_ids voters = {1, 2, 3}, node_ids learners = {}) {
    for (node_id id = 1; id <= 5; ++id)
      health.hear(id, true, m.now);
    m.now += std::chrono::minutes{2};
    m.want(0, std::move(wanted));
    m.obey(words::observe{0, std::move(voters), std::move(learners)});
  }

  void dies(node_id id) { health.hear(id, false, m.now); }

  placement::orders orders(node_id leader, replicas r) const {
    return placement::steps(m.state, {{leader, std::move(r)}}, health, limits, m.now);
  }
  /// "promote 4", or nothing.
  std::string order(node_id leader, replicas r) const {
    const auto o = orders(leader, std::move(r));
    EXPECT_LE(o.begin.size(), 1u);
    return o.begin.empty()
               ? ""
               : std::string{name_of(o.begin[0].act)} + " " + std::to_string(o.begin[0].node);
  }
};

constexpr placement::replica well(node_id id) {
  return {id, true, true};
}
constexpr placement::replica behind(node_id id) {
  return {id, true, false};
}
constexpr placement::replica learns(node_id id, bool caught_up) {
  return {id, false, caught_up};
}

TEST(one_group, is_left_alone_when_all_is_well_or_nothing_is_known) {
  const situation s{{1, 2, 3}};
  EXPECT_TRUE(s.orders(1, {well(1), well(2), well(3)}).empty());
  EXPECT_TRUE(s.orders(0, {}).empty());
  EXPECT_TRUE(placement::steps(s.m.state, {}, s.health, s.limits, s.m.now).empty());
}

TEST(one_group, goes_from_learner_to_voter_to_the_removal_of_the_old_one) {
  const situation s{{1, 2, 4}};
  EXPECT_EQ(s.order(1, {well(1), well(2), well(3)}), "add_learner 4");
  EXPECT_EQ(s.order(1, {well(1), well(2), well(3), learns(4, false)}), "");
  EXPECT_EQ(s.order(1, {well(1), well(2), well(3), learns(4, true)}), "promote 4");
  EXPECT_EQ(s.order(1, {well(1), well(2), well(3), well(4)}), "remove_voter 3");
}

TEST(one_group, hands_its_leadership_over_before_the_leader_is_removed) {
  const situation s{{2, 3, 4}};
  EXPECT_EQ(s.order(1, {well(1), well(2), well(3), well(4)}), "transfer 2");
  EXPECT_EQ(s.order(1, {well(1), behind(2), well(3), well(4)}), "transfer 3")
      << "to one that has caught up";
  EXPECT_EQ(s.order(2, {well(1), well(2), well(3), well(4)}), "remove_voter 1");
}

TEST(one_group, keeps_an_old_voter_without_which_there_would_be_no_majority) {
  situation s{{1, 2, 4}};
  EXPECT_EQ(s.order(1, {well(1), behind(2), well(3), well(4)}), "remove_voter 3");
  EXPECT_EQ(s.order(1, {well(1), behind(2), well(3), behind(4)}), "")
      << "of four, two have caught up";
  s.dies(2);
  EXPECT_EQ(s.order(1, {well(1), well(2), well(3), behind(4)}), "");
  EXPECT_EQ(s.order(1, {well(1), well(2), well(3), well(4)}), "remove_voter 3");
  EXPECT_EQ(s.order(1, {well(1), well(2), well(3)}), "add_learner 4") << "two of three live";
}

TEST(one_group, loses_a_dead_voter_before_a_living_one) {
  situation s{{1, 4}, {1, 2, 3, 4}};
  s.dies(2);
  EXPECT_EQ(s.order(1, {well(1), well(2), well(3), well(4)}), "remove_voter 2");
}

TEST(one_group, does_not_promote_who_lags_is_dead_or_is_not_wanted_any_more) {
  situation s{{1, 2, 4}, {1, 2, 3}, {4}};
  s.dies(4);
  EXPECT_EQ(s.order(1, {well(1), well(2), well(3), learns(4, true)}), "");
  const situation other{{1, 2, 3}, {1, 2, 3}, {4}};
  EXPECT_EQ(other.order(1, {well(1), well(2), well(3), learns(4, true)}), "remove_learner 4");
}

TEST(one_group, adds_nothing_on_a_node_that_is_dead_or_only_just_back) {
  situation s{{1, 2, 4}};
  s.dies(4);
  EXPECT_EQ(s.order(1, {well(1), well(2), well(3)}), "");
  s.health.hear(4, true, s.m.now);
  EXPECT_EQ(s.order(1, {well(1), well(2), well(3)}), "");
  s.m.now += s.limits.settle;
  EXPECT_EQ(s.order(1, {well(1), well(2), well(3)}), "add_learner 4");
}

TEST(one_group, returns_to_its_preferred_leader_when_that_one_is_fit_for_it) {
  situation s{{1, 2, 3}};
  EXPECT_EQ(s.order(2, {well(1), well(2), well(3)}), "transfer 1");
  EXPECT_EQ(s.order(2, {behind(1), well(2), well(3)}), "");
  s.dies(1);
  EXPECT_EQ(s.order(2, {well(1), well(2), well(3)}), "");
  s.health.hear(1, true, s.m.now);
  EXPECT_EQ(s.order(2, {well(1), well(2), well(3)}), "") << "it is only just back";
  s.m.now += s.limits.settle;
  EXPECT_EQ(s.order(2, {well(1), well(2), well(3)}), "transfer 1");
  s.m.obey(words::drain{1});
  EXPECT_EQ(s.order(2, {well(1), well(2), well(3)}), "");
  EXPECT_EQ(s.order(1, {well(1), well(2), well(3)}), "transfer 2");
}

TEST(one_group, is_left_alone_while_too_few_of_its_voters_can_confirm_a_change) {
  situation s{{1, 2, 4}, {1, 2, 3}, {5}};
  EXPECT_EQ(s.order(1, {well(1), behind(2), behind(3), learns(5, true)}), "");
  s.dies(2);
  s.dies(3);
  EXPECT_EQ(s.order(1, {well(1), well(2), well(3), learns(5, true)}), "");
  EXPECT_EQ(s.order(1, {well(1), well(2), well(3)}), "");
}

TEST(one_group, brings_up_one_replica_at_a_time) {
  situation s{{1, 4, 5}};
  EXPECT_EQ(s.order(1, {well(1), well(2), well(3)}), "add_learner 4");
  EXPECT_EQ(s.order(1, {well(1), well(2), well(3), learns(4, false)}), "");
  s.dies(4);
  EXPECT_EQ(s.order(1, {well(1), well(2), well(3), learns(4, false)}), "add_learner 5")
      << "one that is dead is not waited for";
}

TEST(one_group, that_has_to_leave_a_draining_node_goes_before_one_that_would_return) {
  auto m = cluster_of(3, 2);
  placement::health health{m.now};
  for (const node_id id : {1u, 2u, 3u})
    health.hear(id, true, m.now);
  m.now += std::chrono::minutes{2};
  m.obey(words::drain{3});
  placement::limits limits;
  limits.transfers = 1;
  const replicas all{well(1), well(2), well(3)};
  const auto o = placement::steps(m.state, {{2, all}, {3, all}}, health, limits, m.now);
  ASSERT_EQ(o.begin.size(), 1u);
  EXPECT_EQ(o.begin[0].partition, 1u);
}

TEST(one_group, says_what_became_of_a_step) {
  situation s{{1, 2, 4}};
  s.m.obey(words::begin_step{0, act::add_learner, 4});
  EXPECT_TRUE(s.orders(1, {well(1), well(2), well(3)}).empty()) << "under way";
  auto o = s.orders(1, {well(1), well(2), well(3), learns(4, false)});
  ASSERT_EQ(o.ended.size(), 1u);
  EXPECT_TRUE(o.ended[0].succeeded);
  EXPECT_EQ(o.ended[0].learners, node_ids{4});
  s.m.now += s.limits.step_timeout;
  o = s.orders(1, {well(1), well(2), well(3)});
  ASSERT_EQ(o.ended.size(), 1u);
  EXPECT_FALSE(o.ended[0].succeeded);
  o = s.orders(0, {});
  ASSERT_EQ(o.ended.size(), 1u) << "also when the group is silent";
  EXPECT_EQ(o.ended[0].voters, (node_ids{1, 2, 3}));
}

TEST(one_group, tells_what_is_recorded_wrongly) {
  const situation s{{1, 2, 3}};
  const auto o = s.orders(1, {well(1), well(2), well(3), learns(5, false)});
  ASSERT_EQ(o.observed.size(), 1u);
  EXPECT_EQ(o.observed[0].learners, node_ids{5});
}

TEST(one_group, rests_after_a_failure) {
  situation s{{1, 2, 4}};
  s.m.obey(words::begin_step{0, act::add_learner, 4});
  s.m.obey(words::end_step{0, false, {1, 2, 3}, {}});
  EXPECT_EQ(s.order(1, {well(1), well(2), well(3)}), "");
  s.m.now = s.m.state.assignments[0].retry_at;
  EXPECT_EQ(s.order(1, {well(1), well(2), well(3)}), "add_learner 4");
}

TEST(one_group, lets_a_drained_node_go) {
  situation s{{1, 2, 3}};
  const placement::groups led_by_1{{1, {well(1), well(2), well(3)}}};
  const placement::groups led_by_2{{2, {well(1), well(2), well(3)}}};
  const placement::groups without_1{{2, {well(2), well(3), well(4)}}};
  EXPECT_FALSE(placement::drained(s.m.state, led_by_2, 1)) << "it does not drain";
  s.m.obey(words::drain{1});
  EXPECT_FALSE(placement::drained(s.m.state, led_by_1, 1));
  EXPECT_TRUE(placement::drained(s.m.state, led_by_2, 1));
  s.m.obey(words::resume{1});
  s.m.obey(words::leave{1});
  EXPECT_FALSE(placement::drained(s.m.state, led_by_2, 1)) << "it still holds a replica";
  EXPECT_TRUE(placement::drained(s.m.state, without_1, 1));
  s.m.want(0, {2, 3, 4});
  s.m.obey(words::observe{0, {2, 3, 4}, {}});
  const auto o = placement::steps(s.m.state, without_1, s.health, s.limits, s.m.now);
  ASSERT_EQ(o.departs.size(), 1u);
  EXPECT_EQ(o.departs[0].node, 1u);
}

} // namespace

} // namespace tenon::tests
