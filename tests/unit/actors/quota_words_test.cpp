// What a platform says of its limits, and what requests have cost: how a quota goes by it.
#include "actors/quota.hpp"
#include "tests/support/given.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;
using tenon::code;
using tenon::span;
using tenon::actors::quota;
using tenon::tests::at;
using tenon::tests::given;
using kind = quota::kind;

namespace {

using scene = tenon::tests::scene<quota>;

const quota::bucket points{
    .name = "b", .kind = kind::cost, .amount = 100, .period = 1s, .restored = 10, .estimate = 30};
const quota::bucket ten_a_minute{.name = "b", .kind = kind::sliding, .amount = 10, .period = 60s};

/// How many more go through now.
std::size_t left(scene limits, const quota::bucket& b, std::uint32_t price = 1) {
  std::size_t many = 0;
  while (many < 10'000 && limits.when(quota::take{.buckets = {b}, .prices = {price}}).reply)
    ++many;
  return many;
}

TEST(quota_words, points_come_back_evenly_and_a_price_is_waited_for) {
  auto limits = given<quota>();
  EXPECT_EQ(left(limits, points), 100u);
  limits.when(quota::take{.buckets = {points}, .prices = {80}});
  const auto refused = limits.when(quota::take{.buckets = {points}, .prices = {50}});
  EXPECT_EQ(refused.refusal->retry_after, 3s);
  EXPECT_EQ(left(limits.at(3s), points, 50), 1u);
}

TEST(quota_words, a_request_is_taken_for_what_answers_have_cost_lately) {
  auto limits = given<quota>();
  const quota::take unknown{.buckets = {points}, .prices = {0}};
  const auto first = limits.at(0s).when(unknown);
  EXPECT_EQ(first.reply->taken, std::vector<std::uint32_t>{30}) << "the estimate";
  limits.when(quota::settle{"b", 30, 44, first.reply->at});
  EXPECT_EQ(left(limits, points), 56u) << "what it has really cost";
  EXPECT_EQ(limits.when(unknown).reply->taken, std::vector<std::uint32_t>{44});
  limits.when(quota::settle{"b", 44, 4, at(0s)});
  EXPECT_EQ(left(limits, points), 52u);
  EXPECT_EQ(limits.when(unknown).reply->taken, std::vector<std::uint32_t>{34}) << "down slowly";
  EXPECT_TRUE(limits.when(quota::settle{"unknown", 1, 2, at(0s)}).events.empty());
}

TEST(quota_words, a_price_that_is_settled_late_gives_back_only_what_is_surely_free) {
  auto limits = given<quota>();
  limits.at(0s).when(quota::take{.buckets = {points}, .prices = {100}});
  limits.at(4s).when(quota::settle{"b", 100, 20, at(0s)});
  EXPECT_EQ(left(limits, points), 80u) << "40 came back, and 40 of the 80 that were not used";
  limits.at(60s).when(quota::settle{"b", 100, 20, at(0s)});
  EXPECT_EQ(left(limits, points), 100u);
}

TEST(quota_words, no_more_is_left_than_the_platform_says) {
  for (const auto k : {kind::token, kind::fixed, kind::sliding, kind::cost, kind::daily}) {
    const quota::bucket b{.name = "b", .kind = k, .amount = 10, .period = 60s, .restored = 10};
    auto limits = given<quota>();
    limits.when(quota::take{.buckets = {b}});
    limits.when(quota::observed{.bucket = "b", .remaining = 3});
    EXPECT_EQ(left(limits, b), 3u) << int(k);
    EXPECT_TRUE(limits.when(quota::observed{.bucket = "b", .remaining = 5}).events.empty())
        << "our own count is the smaller one";
    limits.at(2h);
    EXPECT_EQ(left(limits, b), 10u) << int(k);
  }
}

TEST(quota_words, what_others_have_used_of_a_day_is_asked_for_again_after_an_hour) {
  const quota::bucket b{.name = "b", .kind = kind::daily, .amount = 10, .period = 24h};
  auto limits = given<quota>();
  limits.at(0s).when(quota::take{.buckets = {b}});
  limits.when(quota::observed{.bucket = "b", .remaining = 0});
  EXPECT_EQ(left(limits.at(59min), b), 0u);
  EXPECT_EQ(left(limits.at(80min), b), 9u) << "our own still counts";
}

TEST(quota_words, the_platforms_own_size_goes_before_the_manifests) {
  auto limits = given<quota>();
  limits.at(0s).when(quota::take{.buckets = {ten_a_minute}});
  const quota::observed word{.bucket = "b", .limit = 19, .window = 30s, .knows_remaining = false};
  limits.when(word);
  EXPECT_TRUE(limits.when(word).events.empty()) << "known";
  EXPECT_EQ(left(limits, ten_a_minute), 18u);
  EXPECT_EQ(left(limits.at(30s), ten_a_minute), 19u) << "its period as well";
  limits.when(quota::observed{.bucket = "b", .limit = 4'000'000'000, .knows_remaining = false});
  EXPECT_EQ(left(limits, ten_a_minute), 10'000u) << "no more than can be counted";
}

TEST(quota_words, points_of_a_larger_bucket_come_back_faster_unless_the_platform_says_how_fast) {
  auto limits = given<quota>();
  limits.at(0s).when(quota::take{.buckets = {points}, .prices = {1}});
  limits.when(quota::observed{.bucket = "b", .limit = 300, .knows_remaining = false});
  const auto price = limits.at(10s).when(quota::take{.buckets = {points}, .prices = {300}});
  EXPECT_TRUE(price.reply) << "all are there";
  EXPECT_EQ(left(limits.at(11s), points), 30u);
  limits.when(quota::observed{.bucket = "b", .restored = 5, .knows_remaining = false});
  limits.when(quota::take{.buckets = {points}, .prices = {1}});
  EXPECT_EQ(left(limits.at(12s), points), 34u);
}

TEST(quota_words, patience_that_is_partly_used_up_makes_buckets_smaller_for_a_while) {
  auto limits = given<quota>();
  limits.at(0s).when(quota::take{.buckets = {ten_a_minute}});
  limits.when(quota::pressed{500, at(10min)});
  EXPECT_EQ(left(limits, ten_a_minute), 4u);
  EXPECT_TRUE(limits.at(1s).when(quota::pressed{500, at(10min + 1s)}).events.empty());
  EXPECT_FALSE(limits.at(2min).when(quota::pressed{500, at(12min)}).events.empty());
  EXPECT_EQ(left(limits, ten_a_minute), 5u);
  limits.when(quota::pressed{1000, at(20min)});
  EXPECT_EQ(left(limits, ten_a_minute), 10u) << "it is over";
  limits.when(quota::pressed{1, at(20min)});
  EXPECT_EQ(left(limits, ten_a_minute), 1u) << "never none";
  EXPECT_EQ(left(limits.at(20min), ten_a_minute), 10u);
}

TEST(quota_words, a_bucket_that_was_smaller_for_a_while_has_forgotten_nothing) {
  auto limits = given<quota>();
  for (int i = 0; i < 10; ++i)
    limits.at(1s * i).when(quota::take{.buckets = {ten_a_minute}});
  limits.when(quota::pressed{100, at(65s)});
  EXPECT_EQ(left(limits.at(64s), ten_a_minute), 0u);
  EXPECT_EQ(left(limits.at(65s), ten_a_minute), 6u) << "those of the first six seconds are free";
}

TEST(quota_words, who_takes_from_what_the_platform_refused_waits_and_nobody_else) {
  const quota::bucket calls{.name = "calls", .kind = kind::token, .amount = 9, .period = 1s};
  const quota::bucket places{.name = "places", .kind = kind::concurrency, .amount = 9};
  auto limits = given<quota>();
  limits.at(0s).when(quota::take{.buckets = {ten_a_minute, calls, places}});
  limits.when(quota::throttled{at(30s), {"b", "places", "unknown"}});
  EXPECT_TRUE(limits.when(quota::throttled{at(20s), {"b"}}).events.empty()) << "the longer holds";
  EXPECT_TRUE(limits.when(quota::throttled{at(90s), {"unknown"}}).events.empty());
  EXPECT_EQ(left(limits.at(1s), calls), 9u);
  for (const auto& one : {ten_a_minute, places}) {
    const auto refused = limits.at(10s).when(quota::take{.buckets = {calls, one}, .asker = "me"});
    ASSERT_TRUE(refused.refusal) << one.name;
    EXPECT_EQ(refused.refusal->retry_after, 20s);
    EXPECT_EQ(refused.refusal->where, one.name);
    EXPECT_NE(refused.refusal->why.find("the platform asked to wait"), std::string::npos);
  }
  auto shown = *limits.when(quota::read_standing{}).reply;
  EXPECT_EQ(shown.buckets.front().wait, 20s);
  EXPECT_EQ(shown.buckets.front().left, 0u);
  EXPECT_LT(shown.blocked_until_at, at(0s)) << "not everyone waits";
  auto all = limits;
  all.when(quota::throttled{at(25s), {"calls"}});
  EXPECT_EQ(all.when(quota::read_standing{}).reply->blocked_until_at, at(25s));
  EXPECT_EQ(left(limits.at(30s), ten_a_minute), 9u);
  EXPECT_EQ(left(limits.at(30s), places), 8u) << "one is under way";
}

TEST(quota_words, a_day_begins_at_midnight_where_the_platform_is) {
  const quota::bucket b{
      .name = "b", .kind = kind::daily, .amount = 3, .zone = "America/Los_Angeles"};
  auto limits = given<quota>(); // Friday, four in the afternoon there
  for (int i = 0; i < 3; ++i)
    limits.at(0s).when(quota::take{.buckets = {b}});
  EXPECT_EQ(limits.when(quota::take{.buckets = {b}}).refusal->retry_after, span{8h});
  EXPECT_EQ(left(limits.at(8h - 1ms), b), 0u);
  EXPECT_EQ(left(limits.at(8h), b), 3u);
}

TEST(quota_words, refuses_what_the_new_kinds_cannot_be) {
  const auto place = [](quota::bucket b) {
    const auto done = given<quota>().when(quota::take{.buckets = {std::move(b)}});
    return done.refusal ? done.refusal->where : "";
  };
  auto b = points;
  b.restored = 0;
  EXPECT_EQ(place(b), "buckets[0].restored");
  b.restored = 101;
  EXPECT_EQ(place(b), "buckets[0].restored");
  const quota::bucket day{.name = "b", .kind = kind::daily, .amount = 1, .zone = "Mars/Olympus"};
  EXPECT_EQ(place(day), "buckets[0].zone");
  auto late = ten_a_minute;
  late.starts = 24h;
  EXPECT_EQ(place(late), "buckets[0].starts");
  late.starts = {};
  late.kept_percent = 91;
  EXPECT_EQ(place(late), "buckets[0].kept_percent");
  auto limits = given<quota>();
  EXPECT_EQ(limits.when(quota::take{.asker = "a", .weight = 65}).refusal->where, "asker");
  EXPECT_EQ(limits.when(quota::take{.asker = std::string(257, 'a')}).refusal->where, "asker");
}

} // namespace
