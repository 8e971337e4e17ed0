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
  return {.name = "one",
          .kind = k,
          .amount = static_cast<std::uint32_t>(1 + random() % 7),
          .period = span{1 + random() % 2'000}};
}

/// Takes at random moments, bursts and pauses; every so often the actor is made again from what it
/// saved. Those who are refused find, after the wait they were told, that it was not too short.
std::vector<moment> grants_of(std::mt19937_64& random, const quota::bucket& bucket) {
  auto limits = given<quota>();
  std::vector<moment> granted;
  for (int step = 0; step < steps; ++step) {
    if (random() % 3 == 0)
      limits.now += span{random() % (random() % 8 == 0 ? 5'000 : 200)};
    if (random() % 16 == 0)
      limits.state =
          *tenon::protocols::decode<quota::state>(tenon::protocols::encode(limits.state));
    const auto done = limits.when(quota::take{.buckets = {bucket}});
    if (!done.refusal) {
      granted.push_back(limits.now);
    } else {
      // Not too short: a moment before, it would still be refused; and not too long.
      auto later = limits;
      later.now += *done.refusal->retry_after - span{1};
      EXPECT_TRUE(later.when(quota::take{.buckets = {bucket}}).refusal);
      later.now += span{1};
      EXPECT_FALSE(later.when(quota::take{.buckets = {bucket}}).refusal);
    }
  }
  return granted;
}

/// The most grants in any stretch [t, t + length), which always begins with a grant.
std::size_t most_within(const std::vector<moment>& granted, span length) {
  std::size_t most = 0;
  for (std::size_t i = 0, j = 0; i < granted.size(); ++i) {
    while (j < granted.size() && granted[j] < granted[i] + length)
      ++j;
    most = std::max(most, j - i);
  }
  return most;
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
    for (const auto t : grants_of(random, bucket))
      EXPECT_LE(++counted[t.time_since_epoch() / bucket.period], bucket.amount);
  }
}

TEST(quota_bounds, a_token_bucket_holds_in_a_stretch_of_any_length) {
  for (std::uint64_t seed = 0; seed < rounds; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random{seed};
    const auto bucket = any_bucket(random, kind::token);
    const auto granted = grants_of(random, bucket);
    for (std::size_t i = 0; i < granted.size(); ++i)
      for (std::size_t j = i; j < granted.size(); ++j) {
        const auto length = (granted[j] - granted[i]).count();
        const auto refilled = length * bucket.amount / bucket.period.count();
        ASSERT_LE(static_cast<std::int64_t>(j - i + 1), bucket.amount + refilled);
      }
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
