#include "actors/schedule.hpp"

#include "protocols/sync.hpp"
#include "tests/support/given.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;
using tenon::actors::schedule;
using tenon::tests::at;
using tenon::tests::given;
using tenon::tests::sent;

namespace {

schedule::configure spec(std::string text) {
  return {.spec = std::move(text)};
}
const auto nightly = spec(R"({"sync":"orders","cron":"0 3 * * *","timezone":"Europe/Berlin"})");
const auto often = spec(R"({"sync":"orders","every":"15m"})");

std::vector<tenon::moment> due(const tenon::tests::scene<schedule>& one) {
  std::vector<tenon::moment> times;
  for (const auto& d : schedule::due(one.state)) {
    EXPECT_EQ(*tenon::protocols::decode<schedule::command>(d.command),
              (schedule::command{schedule::ring{}}));
    times.push_back(d.at);
  }
  return times;
}

TEST(schedule, plans_its_first_time_when_it_is_configured) {
  auto one = given<schedule>();
  const auto done = one.when(nightly);
  ASSERT_FALSE(done.refusal) << done.refusal->why;
  EXPECT_EQ(done.events.back(), (schedule::event{schedule::planned{at(2h)}})) << "03:00 in Berlin";
  EXPECT_EQ(due(one), std::vector{at(2h)});
}

TEST(schedule, starts_its_sync_when_its_time_comes) {
  auto one = given<schedule>();
  one.when(nightly);
  const auto rung = one.at(2h).when(schedule::ring{});
  EXPECT_EQ(rung.events, (std::vector<schedule::event>{schedule::rang{at(2h), at(26h)}}));
  using conversation = tenon::protocols::sync;
  EXPECT_EQ(sent<conversation>(rung),
            (conversation::command{conversation::start{.by = "schedule"}}));
  EXPECT_EQ(rung.sends.front().to, (tenon::identity{.kind = "sync", .name = "orders"}));
  EXPECT_TRUE(rung.sends.front().durable);
  EXPECT_EQ(due(one), std::vector{at(26h)});
}

TEST(schedule, does_not_ring_before_its_time) {
  auto one = given<schedule>();
  EXPECT_TRUE(one.when(schedule::ring{}).events.empty()) << "not there";
  one.when(nightly);
  EXPECT_TRUE(one.at(2h - 1ms).when(schedule::ring{}).events.empty());
}

TEST(schedule, times_that_nobody_saw_ring_once) {
  auto one = given<schedule>();
  one.when(often);
  EXPECT_EQ(due(one), std::vector{at(15min)});
  EXPECT_EQ(one.at(10h + 1min).when(schedule::ring{}).sends.size(), 1u);
  EXPECT_EQ(due(one), std::vector{at(10h + 15min)});
  EXPECT_EQ(one.state.rings, 1u);
  EXPECT_EQ(one.state.last_at, at(10h + 1min));
}

TEST(schedule, a_fixed_distance_counts_from_when_it_was_made) {
  auto one = given<schedule>();
  one.at(7min).when(often);
  EXPECT_EQ(due(one), std::vector{at(22min)});
  one.at(22min).when(schedule::ring{});
  EXPECT_EQ(due(one), std::vector{at(37min)});
  one.at(30min).when(spec(R"({"sync":"orders","every":"10m"})"));
  EXPECT_EQ(due(one), std::vector{at(37min)}) << "7 + 3 · 10";
}

TEST(schedule, a_clock_that_steps_back_before_the_making_waits_for_the_first_distance) {
  auto one = given<schedule>();
  one.at(1h).when(often);
  one.at(-1h).when(spec(R"({"sync":"orders","every":"10m"})"));
  EXPECT_EQ(due(one), std::vector{at(1h + 10min)});
}

TEST(schedule, is_silent_while_it_is_paused) {
  auto one = given<schedule>();
  one.when(often);
  one.when(spec(R"({"sync":"orders","every":"15m","paused":true})"));
  EXPECT_TRUE(due(one).empty());
  EXPECT_TRUE(one.at(1h).when(schedule::ring{}).events.empty());
  one.at(2h + 1min).when(often);
  EXPECT_EQ(due(one), std::vector{at(2h + 15min)});
}

TEST(schedule, is_silent_after_its_removal) {
  auto one = given<schedule>();
  one.when(often);
  one.when(schedule::remove{});
  EXPECT_TRUE(due(one).empty());
  EXPECT_TRUE(one.at(1h).when(schedule::ring{}).events.empty());
}

TEST(schedule, refuses_a_spec_that_cannot_work_and_says_where) {
  const auto place = [](std::string text) {
    const auto done = given<schedule>().when(spec(std::move(text)));
    return done.refusal ? done.refusal->where : "";
  };
  EXPECT_EQ(place(R"({"sync":"a","cron":"@daily"})"), "");
  EXPECT_EQ(place(R"({"cron":"@daily"})"), "spec.sync");
  EXPECT_EQ(place(R"({"sync":"a b","cron":"@daily"})"), "spec.sync");
  EXPECT_EQ(place(R"({"sync":"a"})"), "spec.cron");
  EXPECT_EQ(place(R"({"sync":"a","cron":"@daily","every":"1h"})"), "spec.cron");
  EXPECT_EQ(place(R"({"sync":"a","cron":"0 24 * * *"})"), "spec.cron, character 3");
  EXPECT_EQ(place(R"({"sync":"a","cron":"@daily","timezone":"Mars/Base"})"), "spec.timezone");
  EXPECT_EQ(place(R"({"sync":"a","every":"999ms"})"), "spec.every");
  EXPECT_EQ(place(R"({"sync":"a","every":"0s"})"), "spec.every") << "which is not none";
  EXPECT_EQ(place(R"({"sync":"a","every":"1s"})"), "");
  EXPECT_EQ(place(R"({"sync":"a","every":"366d"})"), "");
  EXPECT_EQ(place(R"({"sync":"a","every":"367d"})"), "spec.every");
}

TEST(schedule, shows_in_its_status_when_it_rings) {
  auto one = given<schedule>();
  one.when(often);
  EXPECT_EQ(*schedule::status(one.state).find("next_at"), at(15min));
  EXPECT_FALSE(schedule::status(one.state).find("last_at"));
  one.at(15min).when(schedule::ring{});
  EXPECT_EQ(*schedule::status(one.state).find("last_at"), at(15min));
  EXPECT_EQ(*schedule::status(one.state).find("rings"), 1);
}

TEST(schedule, knows_the_impossible) {
  EXPECT_FALSE(schedule::holds({.next_at = at(1h)})) << "a time of nothing";
  EXPECT_FALSE(schedule::holds({.record = {.exists = true}}));
}

} // namespace
