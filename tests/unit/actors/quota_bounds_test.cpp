// The promise of actors/quota/level.hpp, against random takes: whatever was granted, counted by
// somebody who only saw the grants, keeps to the limit.
#include "actors/quota.hpp"
#include "tests/support/given.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

using namespace std::chrono_literals;
using tenon::moment;
using tenon::span;
using tenon::actors::quota;
using tenon::tests::given;
using kind = quota::kind;

namespace {

constexpr int rounds = 60;
constexpr int steps = 400;

quota::bucket any_bucket(std::mt19937_64& random, kind k) {
  const auto amount = static_cast<std::uint32_t>(1 + random() % 7);
  return {.name = "one",
          .kind = k,
          .amount = amount,
          .period = span{1 + random() % 2'000},
          .restored = k == kind::cost ? static_cast<std::uint32_t>(1 + random() % amount) : 0};
}

struct grant {
  moment at;
  std::uint32_t units = 1;
};
using grants = std::vector<grant>;

/// Takes at random moments, bursts and pauses; every so often the actor is made again from what it
/// saved. Those who are refused find, after the wait they were told, that it was not too short.
grants grants_of(std::mt19937_64& random, const quota::bucket& bucket, bool priced = false) {
  auto limits = given<quota>();
  grants granted;
  for (int step = 0; step < steps; ++step) {
    if (random() % 3 == 0)
      limits.now += span{random() % (random() % 8 == 0 ? 5'000 : 200)};
    if (random() % 16 == 0)
      limits.state =
          *tenon::protocols::decode<quota::state>(tenon::protocols::encode(limits.state));
    const auto price = priced ? static_cast<std::uint32_t>(1 + random() % bucket.amount) : 1;
    const quota::take one{.buckets = {bucket}, .prices = {price}};
    const auto done = limits.when(one);
    if (!done.refusal) {
      granted.push_back({limits.now, price});
    } else {
      // Not too short: a moment before, it would still be refused; and not too long.
      auto later = limits;
      later.now += *done.refusal->retry_after - span{1};
      EXPECT_TRUE(later.when(one).refusal);
      later.now += span{1};
      EXPECT_FALSE(later.when(one).refusal);
    }
  }
  return granted;
}

/// The most grants in any stretch [t, t + length), which always begins with a grant.
std::size_t most_within(const grants& granted, span length) {
  std::size_t most = 0;
  std::size_t within = 0;
  for (std::size_t i = 0, j = 0; i < granted.size(); ++i) {
    while (j < granted.size() && granted[j].at < granted[i].at + length)
      within += granted[j++].units;
    most = std::max(most, within);
    within -= granted[i].units;
  }
  return most;
}

/// In a stretch of any length, at most the amount and what came back in it.
void expect_refilled_evenly(const grants& granted, std::int64_t amount, std::int64_t restored,
                            span period) {
  for (std::size_t i = 0; i < granted.size(); ++i) {
    std::int64_t units = 0;
    for (std::size_t j = i; j < granted.size(); ++j) {
      units += granted[j].units;
      const auto length = (granted[j].at - granted[i].at).count();
      ASSERT_LE(units, amount + length * restored / period.count());
    }
  }
}

TEST(quota_bounds, a_sliding_bucket_holds_in_any_stretch_of_its_period) {
  for (std::uint64_t seed = 0; seed < rounds; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random{seed};
    const auto bucket = any_bucket(random, kind::sliding);
    EXPECT_LE(most_within(grants_of(random, bucket), bucket.period), bucket.amount);
  }
}

TEST(quota_bounds, a_fixed_bucket_holds_in_each_of_its_periods) {
  for (std::uint64_t seed = 0; seed < rounds; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random{seed};
    const auto bucket = any_bucket(random, kind::fixed);
    std::map<std::int64_t, std::size_t> counted;
    for (const auto& g : grants_of(random, bucket, true))
      EXPECT_LE(counted[g.at.time_since_epoch() / bucket.period] += g.units, bucket.amount);
  }
}

TEST(quota_bounds, a_token_bucket_holds_in_a_stretch_of_any_length) {
  for (std::uint64_t seed = 0; seed < rounds; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random{seed};
    const auto bucket = any_bucket(random, kind::token);
    expect_refilled_evenly(grants_of(random, bucket), bucket.amount, bucket.amount, bucket.period);
  }
}

TEST(quota_bounds, points_hold_in_a_stretch_of_any_length) {
  for (std::uint64_t seed = 0; seed < rounds; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random{seed};
    const auto bucket = any_bucket(random, kind::cost);
    expect_refilled_evenly(grants_of(random, bucket, true), bucket.amount, bucket.restored,
                           bucket.period);
  }
}

TEST(quota_bounds, a_day_of_any_24_hours_holds_in_any_stretch_of_its_length) {
  for (std::uint64_t seed = 0; seed < rounds; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random{seed};
    const auto bucket = any_bucket(random, kind::daily);
    EXPECT_LE(most_within(grants_of(random, bucket, true), bucket.period), bucket.amount);
  }
}

/// The platform counts what was really used; what was taken for it is settled after a while.
TEST(quota_bounds, settling_less_than_was_taken_never_gives_back_too_much) {
  for (std::uint64_t seed = 0; seed < rounds; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random{seed};
    for (const auto k : {kind::cost, kind::fixed, kind::daily}) {
      const auto bucket = any_bucket(random, k);
      auto limits = given<quota>();
      grants used;
      std::vector<quota::settle> open;
      for (int step = 0; step < steps; ++step) {
        limits.now += span{random() % 60};
        if (!open.empty() && random() % 3 == 0) {
          limits.when(open.back());
          open.pop_back();
        }
        const auto price = static_cast<std::uint32_t>(1 + random() % bucket.amount);
        const auto done = limits.when(quota::take{.buckets = {bucket}, .prices = {price}});
        if (!done.reply)
          continue;
        const auto really = static_cast<std::uint32_t>(random() % (price + 1));
        used.push_back({limits.now, really});
        open.push_back({"one", price, really, limits.now});
      }
      if (k == kind::cost)
        expect_refilled_evenly(used, bucket.amount, bucket.restored, bucket.period);
      EXPECT_TRUE(k != kind::daily || most_within(used, bucket.period) <= bucket.amount);
      std::map<std::int64_t, std::size_t> counted;
      for (const auto& g : used)
        counted[g.at.time_since_epoch() / bucket.period] += g.units;
      for (const auto& [window, units] : counted)
        EXPECT_TRUE(k != kind::fixed || units <= bucket.amount) << window;
    }
  }
}

/// Against the time that really passes, which a clock that is set back does not show.
TEST(quota_bounds, a_clock_that_is_set_back_grants_nothing_more) {
  for (std::uint64_t seed = 0; seed < rounds; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random{seed};
    for (const auto k : {kind::token, kind::sliding, kind::cost, kind::daily}) {
      const auto bucket = any_bucket(random, k);
      auto limits = given<quota>();
      auto really = limits.now;
      grants granted;
      for (int step = 0; step < steps; ++step) {
        const span passed{random() % 150};
        really += passed;
        limits.now += random() % 10 == 0 ? -span{random() % 700} : passed;
        if (!limits.when(quota::take{.buckets = {bucket}}).refusal)
          granted.push_back({really});
      }
      if (k == kind::token || k == kind::cost)
        expect_refilled_evenly(granted, bucket.amount,
                               k == kind::cost ? bucket.restored : bucket.amount, bucket.period);
      else
        EXPECT_LE(most_within(granted, bucket.period), bucket.amount);
    }
  }
}

/// Los Angeles, over the two days of a year that have 23 and 25 hours.
TEST(quota_bounds, a_day_in_a_time_zone_holds_between_its_midnights) {
  using namespace std::chrono;
  const sys_days from{2026y / 3 / 1};
  for (std::uint64_t seed = 0; seed < rounds; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random{seed};
    const quota::bucket bucket{.name = "one",
                               .kind = kind::daily,
                               .amount = static_cast<std::uint32_t>(1 + random() % 9),
                               .zone = "America/Los_Angeles"};
    auto limits = given<quota>();
    limits.now = from + hours{random() % 24};
    std::map<std::int64_t, std::size_t> counted;
    for (int step = 0; step < 4'000; ++step) {
      limits.now += minutes{random() % 240};
      if (limits.when(quota::take{.buckets = {bucket}}).refusal)
        continue;
      // By hand: the clocks are at UTC-8, and at UTC-7 from March 8 to November 1, 2026, and the
      // same in 2027 from March 14 to November 7.
      const auto in = [&](sys_days begin, sys_days end) {
        return limits.now >= begin + hours{10} && limits.now < end + hours{9};
      };
      const bool summer = in(sys_days{2026y / 3 / 8}, sys_days{2026y / 11 / 1}) ||
                          in(sys_days{2027y / 3 / 14}, sys_days{2027y / 11 / 7});
      const auto local = limits.now - hours{summer ? 7 : 8};
      ASSERT_LE(++counted[floor<days>(local).time_since_epoch().count()], bucket.amount);
    }
    EXPECT_GT(counted.size(), 300u);
  }
}

TEST(quota_bounds, places_hold_at_every_moment) {
  for (std::uint64_t seed = 0; seed < rounds; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random{seed};
    const auto bucket = any_bucket(random, kind::concurrency);
    auto limits = given<quota>();
    std::map<std::uint64_t, moment> held; // until when
    for (int step = 0; step < steps; ++step) {
      limits.now += span{random() % 100};
      std::erase_if(held, [&](const auto& h) { return h.second <= limits.now; });
      if (random() % 3 == 0 && !held.empty()) {
        limits.when(quota::give_back{held.begin()->first});
        held.erase(held.begin());
      }
      const span lease{1 + random() % 1'000};
      const auto done = limits.when(quota::take{.buckets = {bucket}, .lease = lease});
      if (done.reply)
        held[done.reply->grant] = limits.now + lease;
      EXPECT_EQ(done.refusal.has_value(), held.size() >= bucket.amount && !done.reply);
      ASSERT_LE(held.size(), bucket.amount);
    }
  }
}

} // namespace
