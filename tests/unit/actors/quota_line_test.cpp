// Who gets how much of a quota that is too small for all who ask (actors/quota/line.hpp), shown by
// letting them ask for a long time.
#include "actors/quota.hpp"
#include "actors/quota/line.hpp"
#include "tests/support/given.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <utility>

using namespace std::chrono_literals;
using tenon::moment;
using tenon::span;
using tenon::actors::quota;
using tenon::tests::at;
using tenon::tests::given;
using kind = quota::kind;

namespace {

struct somebody {
  std::string name;
  std::uint32_t weight = 1;
  std::uint32_t price = 1;
  bool interactive = false;
  span think{}; // between what it got and what it wants next
  moment comes{};
};

struct service {
  moment at;
  std::size_t who;
};

/// Everybody asks, waits as long as it is told, and asks again, without end.
std::vector<service> all_ask(std::vector<somebody> people, const quota::bucket& bucket, span time,
                             std::mt19937_64& random) {
  auto limits = given<quota>();
  const auto end = limits.now + time;
  for (auto& p : people)
    p.comes = limits.now;
  std::vector<service> served;
  std::string last;
  for (;;) {
    // Of those who come at the same time, any may be the first; who got something asks for more
    // before anybody else can.
    std::ranges::shuffle(people, random);
    auto next = std::ranges::min_element(people, {}, &somebody::comes);
    for (auto it = people.begin(); it != people.end(); ++it)
      if (it->name == last && it->comes == next->comes)
        next = it;
    if (next->comes >= end)
      return served;
    limits.now = next->comes;
    if (random() % 64 == 0) // after a restart, it is the same line
      limits.state =
          *tenon::protocols::decode<quota::state>(tenon::protocols::encode(limits.state));
    const auto done = limits.when(quota::take{.buckets = {bucket},
                                              .prices = {next->price},
                                              .asker = next->name,
                                              .weight = next->weight,
                                              .interactive = next->interactive});
    if (done.refusal) {
      next->comes += *done.refusal->retry_after;
    } else if (done.reply->grant == 0) {
      next->comes += done.reply->wait;
    } else {
      served.push_back({limits.now, static_cast<std::size_t>(std::stoi(next->name))});
      last = next->name;
      next->comes += next->think;
    }
    if (limits.now > next->comes - span{1} && (done.refusal || done.reply->grant == 0)) {
      ADD_FAILURE() << "told to come again at once";
      return served;
    }
  }
}

std::vector<somebody> any_people(std::mt19937_64& random, std::uint32_t dearest) {
  std::vector<somebody> people(2 + random() % 5);
  for (std::size_t i = 0; i < people.size(); ++i)
    people[i] = {std::to_string(i), static_cast<std::uint32_t>(1 + random() % 4),
                 static_cast<std::uint32_t>(1 + random() % dearest)};
  return people;
}

const std::vector<quota::bucket>& some_buckets() {
  static const std::vector<quota::bucket> all{
      {.name = "b", .kind = kind::token, .amount = 5, .period = 1s},
      {.name = "b", .kind = kind::fixed, .amount = 9, .period = 1s},
      {.name = "b", .kind = kind::sliding, .amount = 7, .period = 1s},
      {.name = "b", .kind = kind::cost, .amount = 20, .period = 1s, .restored = 6}};
  return all;
}

TEST(quota_line, shares_by_weight_to_within_two_requests_of_each) {
  double worst = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed)
    for (const auto& bucket : some_buckets()) {
      std::mt19937_64 random{seed};
      SCOPED_TRACE(testing::Message() << "seed " << seed << ", kind " << int(bucket.kind));
      const auto people = any_people(random, bucket.kind == kind::cost ? 5 : 1);
      const auto served = all_ask(people, bucket, 5min, random);
      std::vector<double> got(people.size());
      std::vector<double> begun;
      for (const auto& [when, who] : served) {
        got[who] += people[who].price;
        if (when < at(5s))
          continue; // what the bucket held at first is for whoever comes first
        if (begun.empty())
          begun = got;
        for (std::size_t i = 0; i < people.size(); ++i)
          for (std::size_t j = 0; j < i; ++j) {
            const auto& a = people[i];
            const auto& b = people[j];
            const auto apart = (got[i] - begun[i]) / a.weight - (got[j] - begun[j]) / b.weight;
            const double bound = 2 * double(a.price) / a.weight + 2 * double(b.price) / b.weight;
            worst = std::max(worst, std::abs(apart) / bound);
            ASSERT_LE(std::abs(apart), bound + 1e-9) << i << " and " << j;
          }
      }
      EXPECT_GT(served.size(), 100u);
    }
  EXPECT_GT(worst, 0.3) << "a bound that nobody comes near says nothing";
}

TEST(quota_line, leaves_nothing_unused_while_somebody_asks) {
  for (std::uint64_t seed = 0; seed < 40; ++seed)
    for (const auto& bucket : some_buckets()) {
      std::mt19937_64 random{seed};
      SCOPED_TRACE(testing::Message() << "seed " << seed << ", kind " << int(bucket.kind));
      auto people = any_people(random, 1);
      for (auto& p : people)
        p.think = span{random() % 300};
      people.front().think = span{}; // always wants more
      const auto together = all_ask(people, bucket, 5min, random).size();
      const auto alone = all_ask({{.name = "0"}}, bucket, 5min, random).size();
      EXPECT_GE(together + 2 * people.size(), alone);
      EXPECT_LE(together, alone);
    }
}

TEST(quota_line, who_asks_greedily_starves_nobody) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random{seed};
    std::vector<somebody> people(20, {.name = "0"}); // twenty requests of one
    people.push_back({.name = "1", .think = 10ms});
    std::size_t got[2]{};
    moment last{};
    span longest{};
    for (const auto& [when, who] : all_ask(people, some_buckets().front(), 5min, random)) {
      ++got[who];
      if (who == 1) {
        if (last != moment{})
          longest = std::max(longest, when - last);
        last = when;
      }
    }
    EXPECT_NEAR(double(got[1]) / double(got[0] + got[1]), 0.5, 0.05);
    EXPECT_LE(longest, 800ms) << "a turn comes every 400 ms";
  }
}

TEST(quota_line, places_go_round_as_well) {
  auto limits = given<quota>();
  const quota::bucket places{.name = "b", .kind = kind::concurrency, .amount = 2};
  struct sync {
    std::string name;
    std::uint64_t holds = 0;
    moment next{};
    std::size_t got = 0;
  };
  std::vector<sync> all;
  for (const auto* name : {"a", "b", "c", "d", "e"})
    all.push_back({.name = name, .next = limits.now});
  while (limits.now < at(10min)) {
    auto& one = *std::ranges::min_element(all, {}, &sync::next);
    limits.now = one.next;
    if (one.holds != 0)
      limits.when(quota::give_back{std::exchange(one.holds, 0)});
    const auto done = limits.when(quota::take{.buckets = {places}, .asker = one.name});
    if (done.reply && done.reply->grant != 0) {
      one.holds = done.reply->grant;
      one.next += 200ms; // as long as its request takes
      ++one.got;
    } else {
      one.next += done.refusal ? *done.refusal->retry_after : done.reply->wait;
    }
  }
  std::size_t together = 0;
  for (const auto& one : all) {
    together += one.got;
    EXPECT_NEAR(double(one.got), double(all.front().got), 2) << one.name;
  }
  EXPECT_GT(together, 4'000u) << "of 6000, when places were never empty";
}

TEST(quota_line, what_is_kept_is_there_for_those_somebody_waits_for) {
  for (auto bucket : some_buckets()) {
    bucket.kept_percent = 40;
    auto limits = given<quota>();
    // Background work takes all it may.
    const quota::take background{.buckets = {bucket}, .asker = "sync", .weight = 1};
    std::size_t taken = 0;
    while (limits.when(background).reply)
      ++taken;
    EXPECT_EQ(taken, bucket.amount - bucket.amount * 40 / 100) << int(bucket.kind);
    const quota::take person{.buckets = {bucket}, .asker = "people", .interactive = true};
    for (std::size_t i = 0; i < bucket.amount * 40 / 100; ++i)
      EXPECT_TRUE(limits.when(person).reply->grant > 0) << int(bucket.kind);
    const auto refused = limits.when(person);
    EXPECT_TRUE(refused.refusal || refused.reply->grant == 0);
  }
}

TEST(quota_line, who_does_not_come_is_not_waited_for) {
  auto limits = given<quota>();
  const quota::bucket bucket{.name = "b", .kind = kind::token, .amount = 1, .period = 1s};
  const auto by = [&](std::string who) {
    return limits.when(quota::take{.buckets = {bucket}, .asker = std::move(who)});
  };
  EXPECT_EQ(by("a").reply->grant, 1u);
  EXPECT_EQ(by("b").reply->wait, 1s) << "a place in the line";
  EXPECT_EQ(by("a").reply->wait, 2s) << "the next is b's";
  limits.at(1s);
  EXPECT_TRUE(by("a").refusal) << "b goes first";
  limits.at(1s + 501ms);
  EXPECT_EQ(by("a").reply->grant, 2u) << "b was waited for long enough";
}

TEST(quota_line, a_lone_asker_writes_nothing_down_for_waiting) {
  auto limits = given<quota>();
  const quota::take one{.buckets = {{.name = "b", .amount = 1, .period = 1s}}, .asker = "a"};
  limits.when(one);
  const auto refused = limits.when(one);
  EXPECT_TRUE(refused.refusal);
  EXPECT_TRUE(refused.events.empty());
}

TEST(quota_line, two_who_wait_for_different_buckets_do_not_wait_for_each_other) {
  auto limits = given<quota>();
  const quota::bucket x{.name = "x", .kind = kind::token, .amount = 1, .period = 1s};
  const quota::bucket y{.name = "y", .kind = kind::token, .amount = 1, .period = 1s};
  std::map<std::string, int> got;
  std::map<std::string, moment> comes{{"a", limits.now}, {"b", limits.now}, {"c", limits.now}};
  const std::map<std::string, std::vector<quota::bucket>> wants{
      {"a", {x, y}}, {"b", {y, x}}, {"c", {y}}};
  for (int step = 0; step < 2'000; ++step) {
    const auto next = std::ranges::min_element(comes, {}, [](const auto& c) { return c.second; });
    limits.now = next->second;
    const auto done =
        limits.when(quota::take{.buckets = wants.at(next->first), .asker = next->first});
    if (done.reply && done.reply->grant > 0)
      ++got[next->first];
    else
      next->second += done.refusal ? *done.refusal->retry_after : done.reply->wait;
  }
  EXPECT_GT(got["a"], 100);
  EXPECT_NEAR(got["a"], got["b"], 2);
  EXPECT_NEAR(got["a"], got["c"], 2);
  EXPECT_GE(limits.now, at(100s));
}

TEST(quota_line, who_waits_long_for_one_bucket_keeps_nobody_from_another) {
  auto limits = given<quota>();
  const quota::bucket a_day{.name = "day", .kind = kind::fixed, .amount = 1, .period = 24h};
  const quota::bucket places{.name = "at once", .kind = kind::concurrency, .amount = 1};
  const quota::take dear{.buckets = {a_day, places}, .asker = "dear"};
  const quota::take plain{.buckets = {places}, .asker = "plain"};
  const auto first = limits.when(plain);
  limits.when(dear); // a place is missing
  limits.when(quota::give_back{first.reply->grant});
  limits.now += 1s;
  const auto all_of_it = limits.when(dear);
  ASSERT_GT(all_of_it.reply->grant, 0u);
  limits.when(dear); // there is no more of it today, and the place is taken
  limits.when(quota::give_back{all_of_it.reply->grant});
  limits.now += 1s;
  const auto next = limits.when(plain);
  ASSERT_TRUE(next.reply) << next.refusal->why;
  EXPECT_GT(next.reply->grant, 0u);
}

TEST(quota_line, holds_at_most_256_and_takes_a_stranger_as_one_of_them) {
  auto limits = given<quota>();
  const quota::bucket bucket{.name = "b", .kind = kind::token, .amount = 1, .period = 1h};
  for (int i = 0; i < 300; ++i)
    limits.when(quota::take{.buckets = {bucket}, .asker = std::to_string(i)});
  EXPECT_EQ(limits.state.line.size(), tenon::actors::line::longest);
  const auto stranger = limits.when(quota::take{.buckets = {bucket}, .asker = "stranger"});
  EXPECT_TRUE(stranger.refusal || stranger.reply->grant == 0) << "it waits like everybody";
  EXPECT_EQ(limits.state.line.size(), tenon::actors::line::longest);
}

} // namespace
