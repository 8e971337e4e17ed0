// Nodes that die at any moment, seen by the platform: what arrives there, and what it works at,
// keeps to the limit across all their lives, however long requests take to be sent and to arrive.
#include "actors/quota.hpp"
#include "tests/support/given.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

using namespace std::chrono_literals;
using tenon::moment;
using tenon::span;
using tenon::actors::quota;
using tenon::tests::at;
using tenon::tests::given;
using kind = quota::kind;

namespace {

// The real time, in microseconds: clocks of nodes show it rounded down.
using real = std::int64_t;
constexpr real ms = 1'000;
constexpr real never = std::numeric_limits<real>::max();

moment shown(real t) {
  return at(span{t / ms});
}

/// A request of a node that lives.
struct under_way {
  std::uint64_t grant = 0;
  real sent = 0;
  real arrives = 0;
  real answered = 0;
  real told = 0; // to the quota
};

struct visit {
  real from = 0;
  real to = 0; // the platform works at it until then
};

struct world {
  std::mt19937_64 random;
  quota::bucket bucket;
  bool says_life = true;
  tenon::tests::scene<quota> limits = given<quota>();
  real now = 0;
  real life = 0;
  std::vector<under_way> alive{};
  std::vector<visit> seen{};
  std::size_t granted = 0;
  std::size_t kills = 0;
  real asks_again = 0;

  static constexpr real longest_transit = 20 * ms;
  static constexpr span patience{150}; // for an answer

  real any(real below) { return static_cast<real>(random() % static_cast<std::uint64_t>(below)); }

  void ask() {
    if (now < asks_again)
      return;
    limits.now = shown(now);
    const auto done = limits.when(quota::take{.buckets = {bucket},
                                              .lease = 600ms,
                                              .life_at = says_life ? shown(life) : moment{},
                                              .patience = patience});
    if (!done.reply) {
      asks_again = now + std::min<real>(done.refusal->retry_after->count(), 10) * ms;
      return;
    }
    ++granted;
    // Now and then it waits long for its token, or for a connection.
    const auto sent = now + any(any(6) == 0 ? 250 * ms : 3 * ms);
    const auto arrives = sent + any(longest_transit);
    const auto answered = arrives + any(any(6) == 0 ? patience.count() * ms : 15 * ms);
    alive.push_back({done.reply->grant, sent, arrives, answered, answered + any(4 * ms)});
  }

  void hear() {
    limits.now = shown(now);
    std::erase_if(alive, [&](const under_way& r) {
      if (r.told > now)
        return false;
      limits.when(quota::give_back{r.grant});
      seen.push_back({r.arrives, r.answered});
      return true;
    });
  }

  /// What was sent arrives; the platform works at it as long as at any other, or longer.
  void die() {
    ++kills;
    for (const auto& r : alive)
      if (r.sent <= now)
        seen.push_back({r.arrives, std::max(r.answered, r.arrives + any(patience.count() * ms))});
    alive.clear();
    limits.state = *tenon::protocols::decode<quota::state>(tenon::protocols::encode(limits.state));
    now += longest_transit + any(any(3) == 0 ? 400 * ms : 20 * ms);
    life = now;
    asks_again = 0;
  }

  void run(real until) {
    while (now < until) {
      now += any(2 * ms);
      hear();
      ask();
      if (any(120) == 0)
        die();
    }
    now = never;
    for (const auto& r : alive)
      seen.push_back({r.arrives, r.answered});
  }
};

quota::bucket any_bucket(std::mt19937_64& random, kind k) {
  return {.name = "one",
          .kind = k,
          .amount = static_cast<std::uint32_t>(1 + random() % 6),
          .period = span{k == kind::sliding ? 20 + random() % 200 : 0}};
}

/// How many more than it may have arrived in a period, at the worst.
std::size_t passed(const world& w) {
  std::vector<real> arrived;
  for (const auto& v : w.seen)
    arrived.push_back(v.from);
  std::ranges::sort(arrived);
  std::size_t most = 0;
  for (std::size_t i = 0, j = 0; i < arrived.size(); ++i) {
    while (arrived[i] - arrived[j] >= w.bucket.period.count() * ms)
      ++j;
    most = std::max(most, i - j + 1);
  }
  return most - std::min<std::size_t>(most, w.bucket.amount);
}

/// How many more than it may the platform has worked at together, at the worst.
std::size_t crowded(const world& w) {
  std::size_t most = 0;
  for (const auto& one : w.seen)
    most = std::max<std::size_t>(most, std::ranges::count_if(w.seen, [&](const visit& other) {
                                   return other.from <= one.from &&
                                          (other.to > one.from || &other == &one);
                                 }));
  return most - std::min<std::size_t>(most, w.bucket.amount);
}

TEST(quota_lives, no_period_has_more_arrivals_than_it_may_whenever_nodes_die) {
  std::size_t kills = 0;
  std::size_t without = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random{seed};
    const auto bucket = any_bucket(random, kind::sliding);
    world w{.random = random, .bucket = bucket};
    w.run(4'000 * ms);
    ASSERT_EQ(passed(w), 0u);
    kills += w.kills;
    // A period after the worst that a life can leave behind, it asks again.
    EXPECT_GE(w.granted, w.kills / 4);
    world silent{.random = random, .bucket = bucket, .says_life = false};
    silent.run(4'000 * ms);
    without += passed(silent);
  }
  EXPECT_GT(kills, 3'000u);
  EXPECT_GT(without, 100u) << "counted from grants it would not hold: the test can tell";
}

TEST(quota_lives, what_is_used_stays_near_the_limit) {
  std::mt19937_64 random{7};
  const quota::bucket bucket{.name = "one", .kind = kind::sliding, .amount = 40, .period = 500ms};
  world w{.random = random, .bucket = bucket};
  w.run(60'000 * ms);
  EXPECT_EQ(passed(w), 0u);
  EXPECT_GT(w.kills, 100u);
  EXPECT_GT(w.granted, 40u * 120 * 6 / 10);
}

TEST(quota_lives, a_dead_senders_requests_count_until_the_next_life_and_a_period) {
  auto limits = given<quota>();
  const quota::bucket two{.name = "b", .kind = kind::sliding, .amount = 2, .period = 10s};
  const quota::take first{.buckets = {two}, .life_at = at(-1h)};
  const auto answered = limits.at(0s).when(first).reply->grant;
  limits.at(1s).when(first);
  limits.at(2s).when(quota::give_back{answered});
  EXPECT_EQ(limits.at(11s).when(first).refusal->retry_after, 1s + 1ms) << "since its answer";
  const quota::take second{.buckets = {two}, .life_at = at(5s)};
  EXPECT_EQ(limits.at(6s).when(second).refusal->retry_after, 6s + 1ms);
  EXPECT_TRUE(limits.at(12s + 1ms).when(second).reply);
  EXPECT_EQ(limits.when(second).refusal->retry_after, 3s) << "the other one arrived before 5 s";
  EXPECT_TRUE(limits.at(15s + 1ms).when(second).reply);
}

TEST(quota_lives, what_is_under_way_counts_until_its_lease_is_over_at_the_latest) {
  auto limits = given<quota>();
  const quota::bucket one{.name = "b", .kind = kind::sliding, .amount = 1, .period = 10s};
  const quota::take take{.buckets = {one}, .lease = 60s, .life_at = at(-1h)};
  limits.at(0s).when(take);
  EXPECT_EQ(limits.at(50s).when(take).refusal->retry_after, 10s + 1ms) << "if it ended now";
  EXPECT_EQ(limits.at(65s).when(take).refusal->retry_after, 5s + 1ms);
  EXPECT_TRUE(limits.at(70s + 1ms).when(take).reply);
}

TEST(quota_lives, a_request_that_steps_back_has_not_taken) {
  auto limits = given<quota>();
  const quota::bucket one{.name = "b", .kind = kind::sliding, .amount = 1, .period = 10s};
  const quota::take take{.buckets = {one}, .asker = "me", .life_at = at(-1h)};
  const auto got = limits.at(0s).when(take).reply;
  limits.at(1s).when(quota::step_back{
      .grant = got->grant, .taken_at = got->at, .buckets = {one}, .amounts = {1}, .asker = "me"});
  EXPECT_TRUE(limits.when(take).reply);
}

TEST(quota_lives, the_platform_never_works_at_more_than_it_may_whenever_nodes_die) {
  std::size_t kills = 0;
  std::size_t granted = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random{seed};
    const auto bucket = any_bucket(random, kind::concurrency);
    world w{.random = random, .bucket = bucket};
    w.run(4'000 * ms);
    ASSERT_EQ(crowded(w), 0u);
    kills += w.kills;
    granted += w.granted;
  }
  EXPECT_GT(kills, 2'000u);
  EXPECT_GT(granted, 2 * kills) << "and goes on after each";
}

TEST(quota_lives, a_dead_senders_place_is_free_when_the_platform_stops_working_not_before) {
  auto limits = given<quota>();
  const quota::bucket two{.name = "b", .kind = kind::concurrency, .amount = 2};
  const quota::take before{.buckets = {two}, .lease = 6min, .life_at = at(-1h), .patience = 60s};
  limits.at(0s).when(before);
  limits.at(1s).when(before);
  const quota::take after{.buckets = {two}, .lease = 6min, .life_at = at(5s), .patience = 60s};
  EXPECT_TRUE(limits.at(6s).when(after).refusal);
  EXPECT_TRUE(limits.at(65s - 1ms).when(after).refusal) << "it may still work at them";
  EXPECT_TRUE(limits.at(65s).when(after).reply) << "and not only when the lease is over";
  EXPECT_TRUE(limits.when(after).reply);
  EXPECT_TRUE(limits.at(2min).when(after).refusal) << "those of a sender that lives stay";
}

TEST(quota_lives, a_sender_that_was_dead_for_long_holds_nothing) {
  auto limits = given<quota>();
  const quota::bucket one{.name = "b", .kind = kind::concurrency, .amount = 1};
  limits.at(0s).when(
      quota::take{.buckets = {one}, .lease = 6min, .life_at = at(-1h), .patience = 60s});
  const quota::take after{.buckets = {one}, .lease = 6min, .life_at = at(7min), .patience = 60s};
  EXPECT_TRUE(limits.at(7min).when(after).reply);
}

TEST(quota_lives, who_says_nothing_of_a_life_is_counted_from_the_grant) {
  auto limits = given<quota>();
  const quota::bucket one{.name = "b", .kind = kind::sliding, .amount = 1, .period = 10s};
  const auto got = limits.at(0s).when(quota::take{.buckets = {one}}).reply;
  EXPECT_TRUE(limits.at(5s).when(quota::give_back{got->grant}).events.empty());
  EXPECT_TRUE(limits.at(10s).when(quota::take{.buckets = {one}}).reply);
}

} // namespace
