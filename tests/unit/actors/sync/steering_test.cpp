#include "actors/sync.hpp"

#include "tests/support/given.hpp"

#include <gtest/gtest.h>

#include <algorithm>

using namespace std::chrono_literals;
using subject = tenon::actors::sync; // sync is a function of the system as well
using tenon::code;
using tenon::protocols::decode;
using tenon::tests::at;
using tenon::tests::called;
using tenon::tests::given;
using wire = tenon::protocols::sync;

namespace {

constexpr auto spec = R"({"from":{"sqlite":{"file":"/a","table":"t","key":"id"}},"into":"c"})";

auto configured(const char* said = spec) {
  return given<subject>(subject::configured{said, at(0s)});
}
auto running() {
  return given<subject>(subject::configured{spec, at(0s)},
                        subject::started{.run = 1, .at = at(0s)});
}

wire::transferred page(std::uint64_t run, std::uint64_t number, bool last = false) {
  const auto next = std::to_string(number + 1);
  return {.run = run,
          .page = number,
          .moved = {.stored = 10, .position = "p" + next, .cursor = "c" + next, .last = last}};
}

std::vector<std::string_view> effects_of(const auto& decision) {
  std::vector<std::string_view> all;
  for (const auto& call : decision.calls)
    all.push_back(call.effect);
  return all;
}
using effects = std::vector<std::string_view>;

TEST(sync_steering, withdraws_the_page_that_is_asked_for_when_it_is_held_or_ended) {
  auto one = running();
  EXPECT_EQ(effects_of(one.when(subject::pause{})), effects{"sync.withdraw"});
  EXPECT_EQ(effects_of(one.when(subject::resume{})), effects{"sync.transfer"});
  EXPECT_EQ(effects_of(one.when(subject::cancel{})), effects{"sync.withdraw"});
  EXPECT_TRUE(one.when(subject::withdrawn{}).events.empty());
}

TEST(sync_steering, withdraws_nothing_between_two_attempts_or_when_it_is_paused) {
  auto one = running();
  one.when(wire::transferred{.run = 1, .why = "down", .transient = true});
  EXPECT_EQ(effects_of(one.when(subject::pause{})), effects{});
  EXPECT_EQ(effects_of(one.when(subject::cancel{})), effects{});
}

TEST(sync_steering, withdraws_its_page_at_its_time_limit) {
  auto one = running();
  EXPECT_EQ(effects_of(one.at(1h).when(subject::wake{})), effects{"sync.withdraw"});
  EXPECT_EQ(one.state.run.outcome, subject::outcome::failed);
}

TEST(sync_steering, makes_one_page_of_each_step_and_is_paused_in_between) {
  auto one = configured();
  const auto first = one.when(subject::step{.by = "somebody"});
  EXPECT_EQ(first.reply->phase, wire::phase::running);
  EXPECT_EQ(one.state.run.by, "somebody");
  EXPECT_EQ(called<wire::transfer>(first).page, 0u);
  EXPECT_TRUE(one.when(page(1, 0)).calls.empty());
  EXPECT_EQ(one.state.phase, wire::phase::paused);
  EXPECT_EQ(one.state.run.read, 10u);
  EXPECT_EQ(called<wire::transfer>(one.when(subject::step{})).page, 1u);
  EXPECT_EQ(one.state.run.number, 1u);
  one.when(page(1, 1, true));
  EXPECT_EQ(one.state.run.outcome, subject::outcome::succeeded);
}

TEST(sync_steering, joins_a_step_that_is_under_way_and_takes_none_of_a_run_that_goes) {
  auto one = configured();
  one.when(subject::step{});
  EXPECT_TRUE(one.when(subject::step{}).calls.empty());
  EXPECT_TRUE(one.when(subject::resume{}).calls.empty()) << "its page is asked for";
  EXPECT_EQ(one.when(subject::step{}).refusal->code, code::conflict);
  EXPECT_EQ(effects_of(one.when(page(1, 0))), effects{"sync.transfer"}) << "it goes on by itself";
}

TEST(sync_steering, tries_the_page_of_a_step_again_before_it_is_paused) {
  auto one = configured();
  one.when(subject::step{});
  one.when(wire::transferred{.run = 1, .why = "down", .transient = true});
  EXPECT_EQ(one.state.phase, wire::phase::waiting);
  one.now = one.state.retry_at;
  EXPECT_EQ(effects_of(one.when(subject::wake{})), effects{"sync.transfer"});
  one.when(page(1, 0));
  EXPECT_EQ(one.state.phase, wire::phase::paused);
}

TEST(sync_steering, goes_on_at_once_when_a_step_waits_for_its_next_attempt) {
  auto one = configured();
  one.when(subject::step{});
  one.when(wire::transferred{.run = 1, .why = "down", .transient = true});
  EXPECT_EQ(effects_of(one.when(subject::resume{})), effects{"sync.transfer"});
}

TEST(sync_steering, lets_no_time_pass_while_it_is_paused) {
  auto one = running();
  one.at(20min).when(page(1, 0));
  one.at(30min).when(subject::pause{});
  EXPECT_TRUE(subject::due(one.state).empty());
  one.at(10h).when(subject::resume{});
  ASSERT_EQ(subject::due(one.state).size(), 1u);
  // Twenty minutes are used up. What comes between a page and the pause is given.
  EXPECT_EQ(subject::due(one.state).front().at, at(10h + 40min));
  one.at(10h + 39min).when(subject::wake{});
  EXPECT_EQ(one.state.phase, wire::phase::running);
  one.at(10h + 40min).when(subject::wake{});
  EXPECT_EQ(one.state.run.place, "spec.limits.time");
}

TEST(sync_steering, keeps_one_alarm_for_its_time_however_many_pages_come) {
  auto one = running();
  const auto before = subject::due(one.state).front().at;
  for (std::uint64_t n = 0; n < 5; ++n)
    one.at(std::chrono::minutes{n + 1}).when(page(1, n));
  EXPECT_EQ(subject::due(one.state).front().at, before);
}

TEST(sync_places, are_where_each_page_began_and_can_be_gone_back_to) {
  auto one = running();
  for (std::uint64_t n = 0; n < 5; ++n)
    one.when(page(1, n, n == 4));
  const auto places = one.when(subject::list_places{});
  EXPECT_EQ(places.reply->run, 1u);
  ASSERT_EQ(places.reply->places.size(), 5u);
  EXPECT_EQ(places.reply->places[3].page, 3u);
  EXPECT_EQ(places.reply->places[3].read, 30u);
  one.when(subject::rewind{.to_page = true, .page = 3, .run = 1});
  const auto next = called<wire::transfer>(one.when(subject::start{}));
  EXPECT_EQ(next.run, 2u);
  EXPECT_EQ(next.page, 0u);
  EXPECT_EQ(next.position, "p3");
  EXPECT_EQ(next.cursor, "c3");
  EXPECT_EQ(next.since, 1u) << "what the first run saw is not gone";
  one.when(page(2, 0, true));
  EXPECT_EQ(one.state.cursor, "c1");
  EXPECT_EQ(called<wire::transfer>(one.when(subject::start{})).position, "");
}

TEST(sync_places, keep_what_is_waited_for_there) {
  auto one = running();
  auto waits = page(1, 0);
  waits.moved.waits_for = "job 7";
  one.when(waits);
  one.when(page(1, 1));
  one.when(page(1, 2, true));
  EXPECT_TRUE(one.when(subject::rewind{.to_page = true, .page = 1}).calls.empty());
  EXPECT_EQ(one.state.waits_for, "job 7");
  // To the same place again, it is still wanted; to another one, not.
  EXPECT_TRUE(one.when(subject::rewind{.to_page = true, .page = 1}).calls.empty());
  const auto given_up = called<wire::transfer>(one.when(subject::rewind{}));
  EXPECT_TRUE(given_up.abandon);
  EXPECT_EQ(given_up.position, "p1");
  EXPECT_EQ(one.state.waits_for, "");
}

TEST(sync_places, are_gone_back_to_from_the_first_page_as_from_the_cursor_of_then) {
  auto one = running();
  one.when(page(1, 0, true));
  const auto cursor = one.state.cursor;
  one.when(subject::start{});
  one.when(page(2, 0));
  one.when(page(2, 1, true));
  EXPECT_NE(one.state.cursor, cursor);
  one.when(subject::rewind{.to_page = true, .page = 0});
  const auto next = called<wire::transfer>(one.when(subject::start{}));
  EXPECT_EQ(next.position, "");
  EXPECT_EQ(next.cursor, cursor);
}

TEST(sync_places, are_thinned_evenly_and_stay_few_however_long_a_run_is) {
  auto one = running();
  for (std::uint64_t n = 0; n < 5000; ++n)
    one.when(page(1, n));
  const auto& kept = one.state.places;
  EXPECT_LE(kept.size(), 100u);
  EXPECT_GE(kept.size(), 50u);
  EXPECT_EQ(kept.front().page, 0u);
  for (std::size_t i = 1; i < kept.size(); ++i)
    EXPECT_EQ(kept[i].page - kept[i - 1].page, one.state.places_every);
  EXPECT_GE(kept.back().page + one.state.places_every, 5000u);
}

TEST(sync_places, that_are_long_are_fewer) {
  auto one = running();
  for (std::uint64_t n = 0; n < 60; ++n) {
    auto long_one = page(1, n);
    long_one.moved.position = std::string(10'000, 'x');
    one.when(long_one);
  }
  EXPECT_LE(one.state.places.size(), 14u);
  EXPECT_GE(one.state.places.size(), 6u);
}

TEST(sync_places, that_are_not_kept_are_refused_with_what_to_do) {
  auto one = running();
  one.when(page(1, 0, true));
  EXPECT_EQ(one.when(subject::rewind{.to_page = true, .page = 9}).refusal->where, "page");
  EXPECT_EQ(one.when(subject::rewind{.to_page = true, .run = 7}).refusal->where, "run");
  EXPECT_EQ(one.when(subject::list_places{.run = 7}).refusal->code, code::not_found);
}

TEST(sync_places, are_not_for_a_sync_that_writes) {
  auto one = configured(R"({"from":{"collection":{"name":"c"}},"to":{"connector":{}}})");
  const auto refused = one.when(subject::rewind{});
  EXPECT_EQ(refused.refusal->code, code::conflict);
  EXPECT_NE(refused.refusal->remedy.find("full"), std::string::npos);
}

} // namespace
