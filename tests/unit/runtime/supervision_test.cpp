#include "runtime/hosting/supervision.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace {

using namespace tenon;
using namespace tenon::runtime::supervision;

const identity quota{"acme", "quota", "shop:api"};
const identity breaker{"acme", "breaker", "shop:api"};
const identity elsewhere{"acme", "quota", "mail"};
constexpr moment start{span{1'000'000}};

moment at(span later) {
  return start + later;
}

supervisor of(strategy s) {
  supervisor made{.policy = {.strategy = s}};
  made.children = {{"a"}, {"b"}, {"c"}};
  return made;
}

TEST(supervision, restarts_the_child_all_children_or_those_after_it) {
  const auto restarted = [](strategy s) {
    auto above = of(s);
    return ended(above, "b", true, start, 0).restart;
  };
  using names = std::vector<std::string>;
  EXPECT_EQ(restarted(strategy::one_for_one), names{"b"});
  EXPECT_EQ(restarted(strategy::one_for_all), (names{"a", "b", "c"}));
  EXPECT_EQ(restarted(strategy::rest_for_one), (names{"b", "c"}));
}

TEST(supervision, restarts_a_transient_child_after_a_crash_and_a_temporary_one_never) {
  auto above = of(strategy::one_for_one);
  above.children[0].restart = restart::transient;
  above.children[1].restart = restart::temporary;
  EXPECT_EQ(ended(above, "a", true, start, 0).restart.size(), 1u);
  EXPECT_TRUE(ended(above, "a", false, start, 0).restart.empty());
  EXPECT_TRUE(ended(above, "b", true, start, 0).restart.empty());
  EXPECT_FALSE(ended(above, "c", false, start, 0).restart.empty()); // permanent
}

TEST(supervision, a_temporary_child_is_not_restarted_with_the_others) {
  auto above = of(strategy::one_for_all);
  above.children[0].restart = restart::temporary;
  EXPECT_EQ(ended(above, "b", true, start, 0).restart, (std::vector<std::string>{"b", "c"}));
}

TEST(supervision, gives_up_after_more_restarts_than_the_intensity_within_the_period) {
  supervisor above{.policy = {.restarts = 2, .period = std::chrono::seconds{60}}};
  EXPECT_FALSE(ended(above, "a", true, start, 0).gives_up);
  EXPECT_EQ(above.restarts_left(start), 1u);
  EXPECT_FALSE(ended(above, "a", true, at(span{59'999}), 0).gives_up);
  EXPECT_EQ(above.restarts_left(at(span{59'999})), 0u);
  // The first is a period old now and counts no more.
  EXPECT_FALSE(ended(above, "a", true, at(span{60'000}), 0).gives_up);
  EXPECT_TRUE(ended(above, "a", true, at(span{60'001}), 0).gives_up);
}

TEST(supervision, waits_twice_as_long_with_each_restart_in_a_row_half_of_it_random) {
  const policy p{.restarts = 100, .first_delay = span{50}, .longest_delay = span{300}};
  supervisor least{.policy = p}, most{.policy = p};
  for (const auto longest : {50, 100, 200, 300, 300}) {
    EXPECT_EQ(ended(least, "a", true, start, 0).after, span{longest / 2});
    EXPECT_NEAR(static_cast<double>(ended(most, "a", true, start, 0.9999).after.count()), longest,
                1);
  }
  // After a quiet period the streak begins anew.
  EXPECT_EQ(ended(least, "a", true, start + p.period + span{1}, 0).after, span{25});
}

TEST(supervision, escalates_from_the_actor_to_its_placement_and_then_to_an_operator) {
  tree node{{.restarts = 1}, {.restarts = 1}};
  using scope = tree::scope;
  EXPECT_EQ(node.crashed(quota, start, 0).scope, scope::actor);
  EXPECT_EQ(node.restarts_left(quota, start), 0u);
  EXPECT_EQ(node.crashed(breaker, start, 0).scope, scope::placement);
  EXPECT_EQ(node.crashed(elsewhere, start, 0).scope, scope::actor);
  EXPECT_EQ(node.crashed(breaker, start, 0).scope, scope::actor); // the placement began anew
  EXPECT_EQ(node.crashed(quota, start, 0).scope, scope::nobody);
  // Another tenant has restarts of its own.
  EXPECT_EQ(node.crashed({"globex", "quota", "shop"}, start, 0).scope, scope::actor);
}

TEST(supervision, never_restarts_more_often_than_intensities_allow_whatever_crashes) {
  std::mt19937_64 random{20'261'121};
  const policy placed{.restarts = 3, .period = span{1000}};
  const policy above{.restarts = 2, .period = span{5000}};
  tree node{placed, above};
  std::vector<moment> alone, together;
  int given_up = 0;
  moment now = start;
  for (int i = 0; i < 20'000; ++i) {
    now += span{static_cast<span::rep>(random() % 200)};
    const auto d = node.crashed(random() % 2 ? quota : breaker, now, 0.5);
    if (d.scope == tree::scope::placement) {
      together.push_back(now);
      alone.clear(); // begun anew
    }
    if (d.scope == tree::scope::nobody) {
      alone.clear(); // it begins anew when an operator says so
      together.clear();
      ++given_up;
    }
    if (d.scope == tree::scope::actor)
      alone.push_back(now);
    const auto within = [&](const std::vector<moment>& times, span period) {
      return std::ranges::count_if(times, [&](moment m) { return m + period > now; });
    };
    ASSERT_LE(within(alone, placed.period), 3) << "crash " << i;
    ASSERT_LE(within(together, above.period), 2) << "crash " << i;
  }
  EXPECT_GT(given_up, 10);
}

} // namespace
