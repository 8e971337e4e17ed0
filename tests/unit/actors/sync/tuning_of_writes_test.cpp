// What a sync finds out about how its destination is best written to: against models of such.
#include "actors/sync/tuning/tuning.hpp"

#include "protocols/json.hpp"
#include "tests/support/given.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace tenon::actors::tuning {
namespace {

using tests::at;
using verdict = protocols::tuning::verdict;

std::uint32_t set_of(const state& s, knob k) {
  return set_in(chosen(s), k);
}

/// Writes page after page to a place that is given batches, several at once.
struct writer {
  std::function<double(double batch, double at_once)> rate; // records a second
  settings offers{offered(knob::batch_size, 100, 100), offered(knob::concurrency, 1, 8)};
  bounds within{};
  state s{};

  double rate_now() const {
    const auto now = chosen_among(offers, chosen(s));
    return rate(set_in(now, knob::batch_size), set_in(now, knob::concurrency));
  }
  void write(int count) {
    for (int i = 0; i < count; ++i) {
      measure(s, {.stored = 1000,
                  .settings = chosen_among(offers, chosen(s)),
                  .took = span{std::lround(1'000'000 / rate_now())}});
      if (const auto change = next_change(s, within, at(std::chrono::seconds{i}))) {
        apply(s, *change);
        EXPECT_TRUE(holds(s));
        EXPECT_LE(set_of(s, knob::concurrency), 8u);
        EXPECT_LE(set_of(s, knob::batch_size), 100u);
      }
    }
  }
};

TEST(tuning_of_writes, makes_more_calls_at_once_where_that_gains) {
  writer one{[](double batch, double at_once) { return batch * at_once * 5; }};
  one.write(600);
  EXPECT_EQ(set_of(one.s, knob::concurrency), 8u);
  EXPECT_GE(one.rate_now(), 0.4 * 100 * 8 * 5) << "whatever is being tried";
  const auto shown = to_object(one.s, false);
  EXPECT_EQ(*shown.find("concurrency")->find("is"), value{std::int64_t{8}}) << write_json(shown);
}

TEST(tuning_of_writes, stays_as_it_is_where_the_platform_is_what_limits_it) {
  writer one{[](double, double) { return 100; }};
  one.write(2'000);
  for (const auto& c : one.s.changes)
    EXPECT_NE(c.verdict, verdict::kept) << c.why;
}

TEST(tuning_of_writes, takes_smaller_batches_where_large_ones_are_slow) {
  writer one{[](double batch, double) { return 1000 * batch / (10 + batch * batch / 10); }};
  one.write(2'000);
  EXPECT_GE(one.rate_now(), 0.6 * one.rate(10, 1));
}

TEST(tuning_of_writes, tries_one_thing_at_a_time_and_leaves_alone_what_is_off) {
  writer one{[](double batch, double at_once) { return batch * at_once; }};
  one.within.concurrency.on = false;
  one.write(1'000);
  EXPECT_EQ(set_of(one.s, knob::concurrency), 0u);
  writer both{[](double batch, double at_once) { return batch + at_once; }};
  for (int i = 0; i < 300; ++i) {
    const auto before = chosen(both.s);
    both.write(1);
    int differ = 0;
    for (const auto k : {knob::batch_size, knob::concurrency})
      differ += set_in(before, k) != set_of(both.s, k);
    EXPECT_LE(differ, 1);
  }
}

} // namespace
} // namespace tenon::actors::tuning
