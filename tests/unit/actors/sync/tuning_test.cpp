// What a sync finds out about how it is best read and written: against sources and destinations
// that are modelled, with noise.
#include "actors/sync/tuning/tuning.hpp"

#include "actors/schedule.hpp"
#include "actors/sync.hpp"
#include "protocols/json.hpp"
#include "tests/support/given.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

namespace tenon::actors::tuning {
namespace {

using namespace std::chrono_literals;
using tests::at;
using tests::given;
using knob = protocols::tuning::knob;
using verdict = protocols::tuning::verdict;
using wire = protocols::sync;

/// How long a page of so many records takes, in milliseconds.
using model = std::function<double(double size)>;

std::uint32_t set_of(const state& s, knob k) {
  return set_in(chosen(s), k);
}

std::uint32_t size_of(const state& s) {
  return set_of(s, knob::page_size);
}

/// What a page says that was read with what is chosen.
settings as_chosen(const state& s, settings offers) {
  return chosen_among(std::move(offers), chosen(s));
}

settings pages(std::uint64_t usual, std::uint64_t most) {
  return {offered(knob::page_size, usual, most)};
}

double rate_at(const model& takes, double size) {
  return 1000 * size / takes(size);
}

/// Reads page after page, as a sync does.
class reader {
public:
  reader(model takes, bounds b, std::uint64_t seed, double noise = 0.02)
      : takes_{std::move(takes)}, bounds_{b}, random_{seed}, noise_{noise} {}

  void read(int count, std::uint32_t usual = 100, std::uint32_t most = 2000) {
    for (int i = 0; i < count; ++i) {
      const auto settings = usual > 0 ? as_chosen(s, pages(usual, most)) : tuning::settings{};
      const auto size = usual > 0 ? settings.front().set : 1;
      const auto took = takes_(size) * (1 + noise_ * spread_(random_));
      measure(
          s, {.stored = size, .settings = settings, .took = span{std::max(1l, std::lround(took))}});
      const auto change = next_change(s, bounds_, at(std::chrono::seconds{++now_}));
      if (!change)
        continue;
      EXPECT_FALSE(change->why.empty());
      apply(s, *change);
      EXPECT_TRUE(holds(s));
      EXPECT_GE(size_of(s), bounds_.page_size.least);
      EXPECT_LE(size_of(s), std::min(bounds_.page_size.most, most));
      ++changes;
    }
  }

  state s;
  int changes = 0;

private:
  model takes_;
  bounds bounds_;
  std::mt19937_64 random_;
  std::uniform_real_distribution<> spread_{-1, 1};
  double noise_;
  int now_ = 0;
};

std::uint64_t drawn_seed() {
  const std::uint64_t seed = std::random_device{}();
  std::cout << "seed " << seed << '\n';
  return seed;
}

TEST(tuning, takes_larger_pages_where_each_request_costs_much) {
  reader one{[](double size) { return 200 + size / 10; }, {}, drawn_seed()};
  one.read(400);
  EXPECT_GE(size_of(one.s), 1600u) << "up to what the source allows";
  EXPECT_EQ(one.s.changes.back().from, 100u);
  EXPECT_EQ(one.s.changes.back().verdict, verdict::kept);
  EXPECT_GT(one.s.changes.back().after, one.s.changes.back().before * 1.5);
}

TEST(tuning, takes_smaller_pages_where_large_ones_are_slow) {
  const model takes = [](double size) { return 20 + size * size / 50; };
  reader one{takes, {}, drawn_seed()};
  one.read(2000, 800, 1000);
  EXPECT_LE(size_of(one.s), 100u);
  EXPECT_GE(rate_at(takes, size_of(one.s)), 0.6 * rate_at(takes, 32)) << "about the best there is";
}

TEST(tuning, stays_where_it_is_when_nothing_gains_and_tries_ever_less_often) {
  reader one{[](double size) { return size; }, {}, drawn_seed(), 0.01};
  one.read(500);
  const auto first = one.changes;
  EXPECT_TRUE(size_of(one.s) == 100 || one.s.trying);
  one.changes = 0;
  one.read(500);
  EXPECT_LT(one.changes, first) << "each setback makes the rests longer";
  for (const auto& c : one.s.changes)
    EXPECT_NE(c.verdict, verdict::kept) << c.from << " to " << c.to << ": " << c.why;
}

TEST(tuning, makes_one_change_at_a_time_and_says_what_it_brought) {
  reader one{[](double size) { return 200 + size / 10; }, {}, drawn_seed(), 0};
  one.read(8);
  ASSERT_EQ(one.s.changes.size(), 1u);
  EXPECT_EQ(one.s.changes.front().verdict, verdict::tried);
  EXPECT_EQ(one.s.changes.front().to, 200u);
  one.read(7);
  EXPECT_TRUE(one.s.trying);
  one.read(1);
  ASSERT_EQ(one.s.changes.size(), 1u) << "it is the same change, now known";
  EXPECT_EQ(one.s.changes.front().verdict, verdict::kept);
  const auto shown = to_object(one.s, false);
  const auto& change = shown.find("changes")->as<list>()->front();
  EXPECT_NEAR(*change.find("gain")->as<double>(), 0.9, 0.1) << write_json(shown);
  EXPECT_EQ(*change.find("outcome"), value{"kept"});
}

TEST(tuning, takes_back_at_once_what_fails) {
  reader one{[](double size) { return 200 + size / 10; }, {}, drawn_seed()};
  one.read(8);
  ASSERT_TRUE(one.s.trying);
  const auto back = after_failure(one.s, "413", at(1h));
  ASSERT_TRUE(back);
  apply(one.s, *back);
  EXPECT_EQ(size_of(one.s), 100u);
  EXPECT_FALSE(one.s.trying);
  EXPECT_EQ(one.s.changes.front().verdict, verdict::reverted);
  EXPECT_FALSE(after_failure(one.s, "413", at(1h))) << "nothing is tried";
  one.read(16);
  EXPECT_FALSE(one.s.trying) << "it rests";
}

TEST(tuning, leaves_alone_what_it_may_not_change) {
  reader off{
      [](double size) { return 200 + size / 10; }, {.page_size = {.on = false}}, drawn_seed()};
  off.read(100);
  EXPECT_EQ(off.changes, 0);
  reader no_choice{[](double) { return 10; }, {}, drawn_seed()};
  no_choice.read(100, 0, 0);
  EXPECT_EQ(no_choice.changes, 0);
}

TEST(tuning, goes_into_its_bounds_whatever_that_brings) {
  reader one{[](double size) { return 200 + size / 10; },
             {.page_size = {.least = 10, .most = 40}},
             drawn_seed()};
  for (int i = 0; i < 8; ++i)
    measure(one.s, {.stored = 100, .settings = pages(100, 2000), .took = 200ms});
  const auto change = next_change(one.s, {.page_size = {.least = 10, .most = 40}}, at(1s));
  ASSERT_TRUE(change);
  EXPECT_EQ(change->to, 40u);
  apply(one.s, *change);
  EXPECT_FALSE(one.s.trying);
}

TEST(tuning, of_any_source_keeps_to_its_bounds_and_never_ends_up_much_worse) {
  const auto seed = drawn_seed();
  std::mt19937_64 random{seed};
  for (int i = 0; i < 200; ++i) {
    const auto overhead = static_cast<double>(random() % 500 + 1);
    const auto each = static_cast<double>(random() % 100) / 50;
    const auto knee = static_cast<double>(random() % 2000 + 50);
    const model takes = [=](double size) {
      return overhead + each * size + (size > knee ? (size - knee) * (size - knee) / 20 : 0);
    };
    const bounds b{.page_size = {.least = static_cast<std::uint32_t>(random() % 50 + 1),
                                 .most = static_cast<std::uint32_t>(random() % 3000 + 100)}};
    reader one{takes, b, random()};
    one.read(600);
    const auto size = one.s.trying ? one.s.changes.front().from : size_of(one.s);
    if (size > 0 && b.page_size.most >= 100) {
      EXPECT_GE(rate_at(takes, static_cast<double>(size)), 0.9 * rate_at(takes, 100))
          << "overhead " << overhead << ", each " << each << ", knee " << knee << ": " << size;
    }
  }
}

TEST(tuning, lets_a_schedule_ring_less_often_where_there_is_nothing_new) {
  state s{.interval = 10min};
  const bounds b{.schedule = "often", .least_interval = 5min, .most_interval = 30min};
  const auto run = [&](bool brought) {
    note_run(s, brought);
    const auto change = next_interval(s, b, at(0s));
    if (change)
      apply(s, *change);
    return change;
  };
  EXPECT_FALSE(run(false));
  EXPECT_FALSE(run(false));
  const auto longer = run(false);
  ASSERT_TRUE(longer);
  EXPECT_EQ(s.interval, 20min);
  EXPECT_EQ(longer->why, "3 runs in a row brought nothing");
  for (int i = 0; i < 3; ++i)
    run(false);
  EXPECT_EQ(s.interval, 30min);
  for (int i = 0; i < 9; ++i)
    EXPECT_FALSE(run(false)) << "the most that is allowed";
  EXPECT_FALSE(run(true));
  EXPECT_FALSE(run(true));
  ASSERT_TRUE(run(true));
  EXPECT_EQ(s.interval, 15min);
  for (int i = 0; i < 12; ++i)
    run(true);
  EXPECT_EQ(s.interval, 5min);
  EXPECT_FALSE(next_interval({.interval = 10min, .empty = 9}, {}, at(0s)))
      << "no schedule is named";
}

TEST(tuning_bounds, are_read_and_refused_with_their_place) {
  const auto where = [](const char* text) {
    const auto read = read_bounds(text);
    return read ? std::string{} : read.error().where;
  };
  EXPECT_TRUE(read_bounds("")->page_size.on);
  EXPECT_TRUE(read_bounds("")->concurrency.on);
  EXPECT_FALSE(read_bounds(R"({"concurrency":"off"})")->concurrency.on);
  EXPECT_EQ(read_bounds(R"({"batch_size":{"most":7}})")->batch_size.most, 7u);
  EXPECT_TRUE(read_bounds(R"("off")")->off());
  EXPECT_TRUE(read_bounds("false")->off());
  const auto both = read_bounds(
      R"({"page_size":{"least":10,"most":50},
          "interval":{"schedule":"nightly","least":"5m","most":"1d"}})");
  ASSERT_TRUE(both);
  EXPECT_EQ(*both, (bounds{.page_size = {.least = 10, .most = 50},
                           .schedule = "nightly",
                           .least_interval = 5min,
                           .most_interval = 24h}));
  EXPECT_EQ(where(R"([1])"), "spec.tuning");
  EXPECT_EQ(where(R"({"page":1})"), "spec.tuning.page");
  EXPECT_EQ(where(R"({"page_size":{"least":0}})"), "spec.tuning.page_size.least");
  EXPECT_EQ(where(R"({"page_size":{"least":9,"most":3}})"), "spec.tuning.page_size");
  EXPECT_EQ(where(R"({"interval":{"least":"5m","most":"1d"}})"), "spec.tuning.interval.schedule");
  EXPECT_EQ(where(R"({"interval":{"schedule":"a","least":"x","most":"1d"}})"),
            "spec.tuning.interval.least");
}

const char* feed(const char* tuning) {
  static std::string text;
  text =
      std::string{
          R"({"from":{"connector":{"integration":"a","stream":"b"}},"into":"c","tuning":)"} +
      tuning + '}';
  return text.c_str();
}

wire::transferred page(std::uint64_t run, std::uint64_t number, std::uint32_t size,
                       std::uint64_t stored, bool last = false) {
  return {.run = run,
          .page = number,
          .moved = {.stored = stored,
                    .unchanged = size - stored,
                    .position = "p",
                    .last = last,
                    .settings = {{knob::page_size, size, 100, 1000}},
                    .took = 200ms}};
}

std::uint32_t size_in(const wire::transfer& t) {
  return set_in(t.settings, knob::page_size);
}

template <class Decision> wire::transfer asked(const Decision& d) {
  EXPECT_EQ(d.calls.size(), 1u);
  return d.calls.empty() ? wire::transfer{}
                         : *protocols::decode<wire::transfer>(d.calls.front().request);
}

TEST(tuned_sync, asks_for_pages_of_the_size_that_is_tried_and_takes_back_what_fails) {
  auto one = given<sync>(sync::configured{feed("{}"), at(0s)});
  EXPECT_EQ(size_in(asked(one.when(sync::start{}))), 0u);
  for (std::uint64_t i = 0; i < 7; ++i)
    EXPECT_EQ(size_in(asked(one.when(page(1, i, 100, 100)))), 0u);
  EXPECT_EQ(size_in(asked(one.when(page(1, 7, 100, 100)))), 200u);
  EXPECT_EQ(one.when(sync::read_tuning{}).reply->state.changes.size(), 1u);
  one.when(wire::transferred{.run = 1, .page = 8, .why = "too large", .transient = true});
  EXPECT_EQ(size_of(one.state.tuning), 100u);
  one.now = one.state.retry_at;
  EXPECT_EQ(size_in(asked(one.when(sync::wake{}))), 100u);
  EXPECT_EQ(one.state.tuning.changes.front().verdict, verdict::reverted);
}

TEST(tuned_sync, that_is_off_or_reads_something_else_forgets_what_it_found) {
  auto one = given<sync>(sync::configured{feed("{}"), at(0s)});
  one.when(sync::start{});
  for (std::uint64_t i = 0; i < 8; ++i)
    one.when(page(1, i, 100, 100));
  ASSERT_EQ(size_of(one.state.tuning), 200u);
  ASSERT_FALSE(one.when(sync::configure{.spec = feed(R"("off")")}).refusal);
  EXPECT_EQ(one.state.tuning, state{});
  EXPECT_TRUE(one.when(sync::read_tuning{}).reply->off);
  for (std::uint64_t i = 8; i < 40; ++i)
    EXPECT_EQ(size_in(asked(one.when(page(1, i, 100, 100)))), 0u);
  EXPECT_EQ(one.when(sync::configure{.spec = feed("7")}).refusal->where, "spec.tuning");
}

TEST(tuned_sync, tells_its_schedule_how_often_to_ring) {
  auto one = given<sync>(sync::configured{
      feed(R"({"interval":{"schedule":"often","least":"1m","most":"1h"}})"), at(0s)});
  const auto run = [&](std::uint64_t number, std::uint64_t stored) {
    one.when(sync::start{.by = "schedule", .every = 10min});
    return one.when(page(number, 0, 5, stored, true));
  };
  EXPECT_TRUE(run(1, 0).sends.empty());
  EXPECT_TRUE(run(2, 0).sends.empty());
  const auto third = run(3, 0);
  EXPECT_EQ(tests::sent<schedule>(third), (schedule::command{schedule::pace{20min}}));
  EXPECT_EQ(third.sends.front().to, (identity{.kind = "schedule", .name = "often"}));
  const auto off = one.when(sync::configure{.spec = feed(R"("off")")});
  EXPECT_EQ(tests::sent<schedule>(off), (schedule::command{schedule::pace{}}));
}

TEST(paced_schedule, rings_at_the_distance_that_its_sync_says_until_it_is_configured_anew) {
  auto one = given<schedule>();
  one.when(schedule::configure{.spec = R"({"sync":"a","every":"10m"})"});
  EXPECT_EQ(one.state.next_at, at(10min));
  one.when(schedule::pace{20min});
  EXPECT_EQ(one.state.next_at, at(20min));
  const auto rung = one.at(20min).when(schedule::ring{});
  EXPECT_EQ(tests::sent<sync>(rung),
            (sync::command{sync::start{.by = "schedule", .every = 20min}}));
  EXPECT_EQ(one.state.next_at, at(40min));
  EXPECT_TRUE(one.when(schedule::pace{20min}).events.empty());
  EXPECT_TRUE(one.when(schedule::pace{1ms}).events.empty());
  one.when(schedule::pace{});
  EXPECT_EQ(one.state.next_at, at(30min));
  one.when(schedule::pace{20min});
  one.when(schedule::configure{.spec = R"({"sync":"a","every":"5m"})"});
  EXPECT_EQ(one.state.next_at, at(25min));
  auto daily = given<schedule>();
  daily.when(schedule::configure{.spec = R"({"sync":"a","cron":"@daily"})"});
  EXPECT_TRUE(daily.when(schedule::pace{20min}).events.empty());
}

} // namespace
} // namespace tenon::actors::tuning
