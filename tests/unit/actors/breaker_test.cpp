#include "actors/breaker.hpp"
#include "tests/support/given.hpp"

#include <gtest/gtest.h>

#include <random>

using namespace std::chrono_literals;
using tenon::code;
using tenon::actors::breaker;
using tenon::tests::at;
using tenon::tests::given;

namespace {

const breaker::configured strict{{.failure_limit = 2, .cooldown = 30s, .probe_lease = 10s}};

TEST(breaker, opens_when_failures_in_a_row_reach_the_limit) {
  auto circuit = given<breaker>(strict, breaker::failed{});
  auto done = circuit.at(5s).when(breaker::report{.epoch = 0, .succeeded = false});
  EXPECT_EQ(done.events, (std::vector<breaker::event>{breaker::tripped{1, at(35s)}}));
}

TEST(breaker, counts_a_failure_below_the_limit) {
  auto circuit = given<breaker>(strict);
  auto done = circuit.when(breaker::report{.epoch = 0, .succeeded = false});
  EXPECT_EQ(done.events, (std::vector<breaker::event>{breaker::failed{}}));
  EXPECT_FALSE(circuit.when(breaker::acquire{}).refusal);
}

TEST(breaker, a_success_ends_the_streak) {
  auto circuit = given<breaker>(strict, breaker::failed{});
  EXPECT_EQ(circuit.when(breaker::report{.epoch = 0, .succeeded = true}).events.size(), 1u);
  EXPECT_EQ(circuit.state.failures, 0u);
}

TEST(breaker, writes_nothing_down_for_a_success_in_a_row_of_successes) {
  auto circuit = given<breaker>(strict);
  EXPECT_TRUE(circuit.when(breaker::report{.epoch = 0, .succeeded = true}).events.empty());
  EXPECT_TRUE(circuit.when(breaker::acquire{}).events.empty());
}

TEST(breaker, refuses_until_the_cooldown_is_over_and_says_how_long_to_wait) {
  auto circuit = given<breaker>(strict, breaker::tripped{1, at(30s)});
  const auto refused = circuit.at(29s).when(breaker::acquire{});
  ASSERT_TRUE(refused.refusal);
  EXPECT_EQ(refused.refusal->code, code::unavailable);
  EXPECT_EQ(refused.refusal->retry_after, 1s);
  EXPECT_FALSE(circuit.at(30s).when(breaker::acquire{}).refusal);
}

TEST(breaker, lets_one_probe_through_at_a_time) {
  auto circuit = given<breaker>(strict, breaker::tripped{1, at(30s)});
  EXPECT_EQ(circuit.at(30s).when(breaker::acquire{}).reply->epoch, 2u);
  EXPECT_TRUE(circuit.at(31s).when(breaker::acquire{}).refusal);
}

TEST(breaker, a_successful_probe_closes_the_circuit) {
  auto circuit = given<breaker>(strict, breaker::tripped{1, at(30s)}, breaker::probing{2, at(40s)});
  auto done = circuit.at(31s).when(breaker::report{.epoch = 2, .succeeded = true});
  EXPECT_EQ(done.events, (std::vector<breaker::event>{breaker::recovered{3}}));
  EXPECT_FALSE(circuit.state.open);
  EXPECT_EQ(circuit.state.policy, strict.policy);
}

TEST(breaker, a_failed_probe_opens_the_circuit_for_another_cooldown) {
  auto circuit = given<breaker>(strict, breaker::tripped{1, at(30s)}, breaker::probing{2, at(40s)});
  auto done = circuit.at(31s).when(breaker::report{.epoch = 2, .succeeded = false});
  EXPECT_EQ(done.events, (std::vector<breaker::event>{breaker::tripped{3, at(61s)}}));
}

TEST(breaker, a_silent_probe_costs_one_lease) {
  auto circuit = given<breaker>(strict, breaker::tripped{1, at(30s)});
  EXPECT_EQ(circuit.at(30s).when(breaker::acquire{}).reply->epoch, 2u);
  EXPECT_TRUE(circuit.at(40s - 1ms).when(breaker::acquire{}).refusal);
  EXPECT_EQ(circuit.at(40s).when(breaker::acquire{}).reply->epoch, 3u);
}

TEST(breaker, ignores_reports_from_before_the_circuit_moved) {
  auto circuit = given<breaker>(strict, breaker::tripped{1, at(30s)}, breaker::probing{2, at(40s)});
  EXPECT_TRUE(circuit.at(31s).when(breaker::report{.epoch = 0, .succeeded = true}).events.empty());
  EXPECT_TRUE(circuit.state.open);
}

TEST(breaker, takes_a_new_policy_and_keeps_an_open_circuit_open) {
  auto circuit = given<breaker>(strict, breaker::tripped{1, at(30s)});
  const breaker::policy patient{.failure_limit = 9, .cooldown = 1s, .probe_lease = 1s};
  auto done = circuit.when(breaker::configure{patient});
  EXPECT_EQ(done.events, (std::vector<breaker::event>{breaker::configured{patient}}));
  EXPECT_TRUE(circuit.at(29s).when(breaker::acquire{}).refusal);
  EXPECT_TRUE(circuit.when(breaker::configure{patient}).events.empty());
}

TEST(breaker, opens_with_the_next_failure_when_a_new_limit_is_below_the_streak) {
  auto circuit = given<breaker>(breaker::configured{{.failure_limit = 9}}, breaker::failed{},
                                breaker::failed{}, breaker::failed{});
  circuit.when(breaker::configure{{.failure_limit = 2}});
  EXPECT_EQ(circuit.state.failures, 1u);
  circuit.when(breaker::report{.epoch = 0, .succeeded = false});
  EXPECT_TRUE(circuit.state.open);
}

TEST(breaker, a_new_limit_above_the_streak_leaves_it_as_it_is) {
  auto circuit = given<breaker>(breaker::configured{{.failure_limit = 5}}, breaker::failed{});
  circuit.when(breaker::configure{{.failure_limit = 9}});
  EXPECT_EQ(circuit.state.failures, 1u);
}

TEST(breaker, refuses_a_policy_that_cannot_work_and_says_where) {
  const auto place = [](breaker::policy p) {
    const auto checked = breaker::check(p, "spec.breaker");
    return checked ? "" : checked.error().where;
  };
  EXPECT_EQ(place({}), "");
  EXPECT_EQ(place({.failure_limit = 1, .cooldown = 24h, .probe_lease = 24h}), "");
  EXPECT_EQ(place({.failure_limit = 0}), "spec.breaker.failure_limit");
  EXPECT_EQ(place({.cooldown = 0s}), "spec.breaker.cooldown");
  EXPECT_EQ(place({.cooldown = 24h + 1ms}), "spec.breaker.cooldown");
  EXPECT_EQ(place({.probe_lease = -1ms}), "spec.breaker.probe_lease");
  EXPECT_EQ(place({.probe_lease = 24h + 1ms}), "spec.breaker.probe_lease");

  auto circuit = given<breaker>();
  const auto refused = circuit.when(breaker::configure{{.failure_limit = 0}});
  ASSERT_TRUE(refused.refusal);
  EXPECT_EQ(refused.refusal->code, code::malformed);
}

TEST(breaker, leaves_nothing_when_its_target_is_no_more) {
  auto circuit = given<breaker>(strict);
  EXPECT_FALSE(breaker::gone(circuit.state));
  EXPECT_EQ(circuit.when(breaker::forget{}).events.size(), 1u);
  EXPECT_TRUE(breaker::gone(circuit.state));
  EXPECT_TRUE(circuit.when(breaker::forget{}).events.empty());
}

TEST(breaker, any_history_keeps_the_invariant_and_replays_to_the_same_state) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random{seed};
    auto circuit = given<breaker>(strict);
    auto replayed = given<breaker>(strict);
    tenon::span t{};
    for (int step = 0; step < 500; ++step) {
      circuit.at(t += tenon::span{random() % 20'000});
      const breaker::report report{circuit.state.epoch - random() % 2, random() % 3 == 0};
      const auto events =
          random() % 2 ? circuit.when(breaker::acquire{}).events : circuit.when(report).events;
      for (const auto& e : events)
        std::visit([&](const auto& event) { replayed.happened(event); }, e);
      ASSERT_TRUE(breaker::holds(circuit.state));
      ASSERT_EQ(circuit.state, replayed.state);
    }
  }
}

} // namespace
