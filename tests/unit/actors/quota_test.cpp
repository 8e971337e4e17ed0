#include "actors/quota.hpp"

#include "actors/quota/level.hpp"
#include "tests/support/given.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;
using tenon::code;
using tenon::actors::quota;
using tenon::tests::at;
using tenon::tests::given;
using kind = quota::kind;

namespace {

quota::take from(std::vector<quota::bucket> buckets) {
  return {.buckets = std::move(buckets)};
}

const quota::bucket three_at_once{"calls", kind::token, 3, 3s};
const quota::bucket two_a_minute{"minute", kind::fixed, 2, 60s};
const quota::bucket two_in_ten_seconds{"search", kind::sliding, 2, 10s};
const quota::bucket two_at_a_time{"places", kind::concurrency, 2, 0s};

/// How long the refused have to wait; nothing for whoever is let through.
std::optional<tenon::span> wait(tenon::tests::scene<quota>& limits, const quota::take& t) {
  const auto done = limits.when(t);
  if (!done.refusal)
    return std::nullopt;
  EXPECT_EQ(done.refusal->code, code::overloaded);
  return done.refusal->retry_after;
}

TEST(quota, a_token_bucket_lets_a_burst_through_and_refills_evenly) {
  auto limits = given<quota>();
  const auto one = from({three_at_once});
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(wait(limits.at(0s), one), std::nullopt);
  EXPECT_EQ(wait(limits.at(0s), one), 1s);
  EXPECT_EQ(wait(limits.at(1s - 1ms), one), 1ms);
  EXPECT_EQ(wait(limits.at(1s), one), std::nullopt);
  EXPECT_EQ(wait(limits.at(1s), one), 1s);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(wait(limits.at(99s), one), std::nullopt);
  EXPECT_EQ(wait(limits.at(99s), one), 1s);
}

TEST(quota, a_token_bucket_loses_no_part_of_a_millisecond) {
  auto limits = given<quota>();
  const auto one = from({{"fast", kind::token, 3, 1ms}});
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(wait(limits.at(0s), one), std::nullopt);
  EXPECT_EQ(wait(limits.at(0s), one), 1ms) << "a third of one, rounded up";
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(wait(limits.at(1ms), one), std::nullopt);
  EXPECT_EQ(wait(limits.at(1ms), one), 1ms);
}

TEST(quota, a_fixed_bucket_begins_anew_at_each_multiple_of_its_period) {
  auto limits = given<quota>();
  const auto one = from({two_a_minute});
  EXPECT_EQ(wait(limits.at(50s), one), std::nullopt);
  EXPECT_EQ(wait(limits.at(51s), one), std::nullopt);
  EXPECT_EQ(wait(limits.at(52s), one), 8s);
  EXPECT_EQ(wait(limits.at(60s), one), std::nullopt);
  EXPECT_EQ(wait(limits.at(60s), one), std::nullopt);
  EXPECT_EQ(wait(limits.at(119s), one), 1s);
}

TEST(quota, a_sliding_bucket_waits_a_whole_period_after_the_oldest) {
  auto limits = given<quota>();
  const auto one = from({two_in_ten_seconds});
  EXPECT_EQ(wait(limits.at(0s), one), std::nullopt);
  EXPECT_EQ(wait(limits.at(6s), one), std::nullopt);
  EXPECT_EQ(wait(limits.at(7s), one), 3s);
  EXPECT_EQ(wait(limits.at(10s), one), std::nullopt);
  EXPECT_EQ(wait(limits.at(10s), one), 6s);
  EXPECT_EQ(limits.state.levels.front().granted_at_ms.size(), 2u) << "no more than it must";
}

TEST(quota, places_are_free_again_when_they_are_given_back) {
  auto limits = given<quota>();
  const auto one = from({two_at_a_time});
  const auto first = limits.when(one).reply->grant;
  EXPECT_EQ(wait(limits, one), std::nullopt);
  EXPECT_EQ(wait(limits, one), 1s);
  limits.when(quota::give_back{first});
  EXPECT_EQ(wait(limits, one), std::nullopt);
  EXPECT_TRUE(limits.when(quota::give_back{first}).events.empty()) << "given back before";
}

TEST(quota, a_place_that_nobody_gives_back_costs_its_lease) {
  auto limits = given<quota>();
  const quota::take one{.buckets = {{"places", kind::concurrency, 1, 0s}}, .lease = 5s};
  EXPECT_EQ(wait(limits.at(0s), one), std::nullopt);
  EXPECT_EQ(wait(limits.at(4500ms), one), 500ms);
  EXPECT_EQ(wait(limits.at(5s), one), std::nullopt);
  EXPECT_EQ(limits.state.levels.front().places.size(), 1u);
}

TEST(quota, takes_from_all_buckets_of_a_request_or_from_none) {
  auto limits = given<quota>();
  const auto both = from({three_at_once, two_in_ten_seconds});
  EXPECT_EQ(wait(limits.at(0s), both), std::nullopt);
  EXPECT_EQ(wait(limits.at(0s), both), std::nullopt);
  const auto before = limits.state;
  const auto refused = limits.at(0s).when(both);
  EXPECT_EQ(refused.refusal->retry_after, 10s) << "the longest wait of all";
  EXPECT_EQ(refused.refusal->where, "search");
  EXPECT_EQ(limits.state, before);
  EXPECT_EQ(wait(limits.at(0s), from({three_at_once})), std::nullopt) << "one token is left";
}

TEST(quota, grants_have_numbers_of_their_own) {
  auto limits = given<quota>();
  EXPECT_EQ(limits.when(from({})).reply->grant, 1u);
  EXPECT_EQ(limits.when(from({three_at_once})).reply->grant, 2u);
}

TEST(quota, nobody_asks_while_the_platform_says_wait) {
  auto limits = given<quota>();
  EXPECT_EQ(limits.at(0s).when(quota::throttled{at(30s)}).events,
            (std::vector<quota::event>{quota::blocked{at(30s)}}));
  EXPECT_TRUE(limits.when(quota::throttled{at(20s)}).events.empty()) << "the longer word holds";
  EXPECT_EQ(wait(limits.at(10s), from({})), 20s);
  EXPECT_EQ(wait(limits.at(30s), from({})), std::nullopt);
  EXPECT_TRUE(limits.when(quota::throttled{at(30s)}).events.empty()) << "over already";
}

TEST(quota, the_platforms_word_counts_down_to_its_reset) {
  auto limits = given<quota>();
  const auto one = from({three_at_once});
  wait(limits.at(0s), one);
  limits.at(10s).when(quota::observed{"calls", 1, at(50s)});
  EXPECT_EQ(wait(limits.at(10s), one), std::nullopt);
  EXPECT_EQ(wait(limits.at(20s), one), 30s);
  EXPECT_EQ(wait(limits.at(50s), one), std::nullopt);
}

TEST(quota, a_word_that_says_nothing_new_is_not_written_down) {
  auto limits = given<quota>();
  wait(limits.at(0s), from({three_at_once}));
  EXPECT_TRUE(limits.when(quota::observed{"unknown", 1, at(50s)}).events.empty());
  EXPECT_TRUE(limits.when(quota::observed{"calls", 1, at(0s)}).events.empty()) << "in the past";
  EXPECT_FALSE(limits.when(quota::observed{"calls", 5, at(50s)}).events.empty());
  EXPECT_TRUE(limits.when(quota::observed{"calls", 5, at(50s)}).events.empty()) << "the same";
  EXPECT_TRUE(limits.when(quota::observed{"calls", 9, at(50s)}).events.empty()) << "overtaken";
  EXPECT_TRUE(limits.when(quota::observed{"calls", 1, at(40s)}).events.empty()) << "overtaken";
  EXPECT_FALSE(limits.when(quota::observed{"calls", 4, at(50s)}).events.empty());
  EXPECT_FALSE(limits.when(quota::observed{"calls", 9, at(60s)}).events.empty()) << "a new window";
}

TEST(quota, words_about_a_far_future_are_cut_to_31_days) {
  auto limits = given<quota>();
  wait(limits.at(0s), from({three_at_once}));
  limits.when(quota::throttled{tenon::moment::max()});
  EXPECT_EQ(limits.state.blocked_until_at, at(std::chrono::days{31}));
  limits.when(quota::observed{"calls", 0, tenon::moment::max()});
  EXPECT_EQ(limits.state.levels.front().reset_at, at(std::chrono::days{31}));
}

TEST(quota, a_changed_bucket_keeps_what_was_taken) {
  auto limits = given<quota>();
  wait(limits.at(0s), from({two_in_ten_seconds}));
  wait(limits.at(1s), from({two_in_ten_seconds}));
  EXPECT_EQ(wait(limits.at(2s), from({{"search", kind::sliding, 1, 10s}})), 9s);
  EXPECT_EQ(wait(limits.at(2s), from({{"search", kind::sliding, 3, 10s}})), std::nullopt);
  EXPECT_EQ(wait(limits.at(2s), from({{"search", kind::sliding, 3, 10s}})), 8s);
  EXPECT_EQ(wait(limits.at(11s), from({{"search", kind::sliding, 1, 5s}})), std::nullopt);
  EXPECT_EQ(limits.state.levels.front().granted_at_ms.size(), 1u);
  EXPECT_EQ(wait(limits.at(11s), from({{"search", kind::fixed, 1, 5s}})), std::nullopt)
      << "another kind counts afresh";
  EXPECT_TRUE(limits.state.levels.front().granted_at_ms.empty());
}

TEST(quota, a_changed_token_bucket_never_forgets_a_part) {
  auto limits = given<quota>();
  wait(limits.at(0s), from({{"t", kind::token, 3, 1s}})); // owes 333 1/3 ms
  EXPECT_EQ(limits.state.levels.front().paid_at, at(333ms));
  EXPECT_EQ(limits.state.levels.front().paid_rest, 1u);
  EXPECT_EQ(wait(limits.at(0s), from({{"t", kind::token, 1, 1s}})), 334ms);
}

TEST(quota, a_changed_period_of_a_fixed_bucket_forgives_nothing_in_its_window) {
  auto limits = given<quota>();
  wait(limits.at(30s), from({{"f", kind::fixed, 1, 30s}}));
  EXPECT_TRUE(wait(limits.at(31s), from({{"f", kind::fixed, 1, 60s}})));
}

TEST(quota, a_clock_that_steps_back_grants_nothing_more) {
  for (const auto& bucket : {three_at_once, two_a_minute, two_in_ten_seconds, two_at_a_time}) {
    auto limits = given<quota>();
    while (!wait(limits.at(90s), from({bucket})))
      continue;
    EXPECT_TRUE(wait(limits.at(-500h), from({bucket}))) << bucket.name;
    EXPECT_TRUE(wait(limits.at(90s), from({bucket}))) << bucket.name;
  }
}

TEST(quota, remembers_64_buckets_and_forgets_those_at_rest) {
  auto limits = given<quota>();
  const auto number = [](int i) {
    return from({{"n" + std::to_string(i), kind::sliding, 1, 10s}});
  };
  for (int i = 0; i < 64; ++i)
    ASSERT_EQ(wait(limits.at(std::chrono::milliseconds{i}), number(i)), std::nullopt);
  EXPECT_EQ(wait(limits.at(5s), number(64)), 1s);
  EXPECT_TRUE(wait(limits.at(5s), number(3))) << "a known one is judged by itself";
  EXPECT_EQ(wait(limits.at(10s), number(64)), std::nullopt) << "the first has come to rest";
  EXPECT_EQ(limits.state.levels.size(), 64u);
  EXPECT_EQ(wait(limits.at(60s), number(1)), std::nullopt) << "itself at rest";
  EXPECT_EQ(wait(limits.at(60s), number(70)), std::nullopt);
  EXPECT_LE(limits.state.levels.size(), 3u);
}

TEST(quota, what_the_platform_said_is_not_forgotten_as_rest) {
  auto limits = given<quota>();
  wait(limits.at(0s), from({two_in_ten_seconds}));
  limits.when(quota::observed{"search", 0, at(99s)});
  for (int i = 0; i < 64; ++i)
    wait(limits.at(20s + 11s * i / 10), from({{std::to_string(i), kind::token, 1, 1ms}}));
  EXPECT_EQ(wait(limits.at(95s), from({two_in_ten_seconds})), 4s);
}

TEST(quota, every_kind_comes_to_rest) {
  using tenon::actors::at_rest;
  auto limits = given<quota>();
  const quota::take all{.buckets = {three_at_once, two_a_minute, two_in_ten_seconds, two_at_a_time},
                        .lease = 7s};
  wait(limits.at(0s), all);
  const auto rests = [&](std::size_t i, tenon::span t) {
    return at_rest(limits.state.levels.at(i), at(t));
  };
  EXPECT_TRUE(!rests(0, 999ms) && rests(0, 1s));
  EXPECT_TRUE(!rests(1, 60s - 1ms) && rests(1, 60s));
  EXPECT_TRUE(!rests(2, 10s - 1ms) && rests(2, 10s));
  EXPECT_TRUE(!rests(3, 7s - 1ms) && rests(3, 7s));
}

TEST(quota, refuses_what_no_bucket_can_be_and_says_where) {
  const auto place = [](quota::take t) {
    auto limits = given<quota>();
    const auto done = limits.when(t);
    return done.refusal ? done.refusal->where : "";
  };
  const std::string long_name(129, 'x');
  EXPECT_EQ(place(from({{"", kind::token, 1, 1s}})), "buckets[0].name");
  EXPECT_EQ(place(from({{long_name, kind::token, 1, 1s}})), "buckets[0].name");
  EXPECT_EQ(place(from({three_at_once, {"b", kind::fixed, 0, 1s}})), "buckets[1].amount");
  EXPECT_EQ(place(from({{"b", kind::sliding, 10'001, 1s}})), "buckets[0].amount");
  EXPECT_EQ(place(from({{"b", kind::concurrency, 1'001, 1s}})), "buckets[0].amount");
  EXPECT_EQ(place(from({{"b", kind::token, 1'000'000'001, 1s}})), "buckets[0].amount");
  EXPECT_EQ(place(from({{"b", kind::token, 1, 0s}})), "buckets[0].period");
  EXPECT_EQ(place(from({{"b", kind::token, 1, std::chrono::days{31} + 1ms}})), "buckets[0].period");
  EXPECT_EQ(place(from({three_at_once, three_at_once})), "buckets[1].name");
  EXPECT_EQ(place(from(std::vector<quota::bucket>(17))), "buckets");
  EXPECT_EQ(place({.buckets = {}, .lease = 0s}), "lease");
  EXPECT_EQ(place({.buckets = {}, .lease = 24h + 1ms}), "lease");
  EXPECT_EQ(place({.buckets = {}, .lease = 24h}), "");
  EXPECT_EQ(
      place(from({{std::string(128, 'x'), kind::token, 1'000'000'000, std::chrono::days{31}}})),
      "");
}

TEST(quota, the_largest_token_bucket_does_not_overflow) {
  auto limits = given<quota>();
  const auto one = from({{"t", kind::token, 1'000'000'000, std::chrono::days{31}}});
  EXPECT_EQ(wait(limits.at(0s), one), std::nullopt);
  EXPECT_EQ(wait(limits.at(std::chrono::days{400}), one), std::nullopt);
  EXPECT_GT(wait(limits.at(-std::chrono::days{4000}), one), std::chrono::days{4000});
}

TEST(quota, counts_room_for_what_is_new_beside_what_stays) {
  auto limits = given<quota>();
  const auto slow = [](std::string name) {
    return quota::bucket{std::move(name), kind::sliding, 9, 1h};
  };
  for (int i = 0; i < 62; ++i)
    wait(limits.at(0s), from({slow(std::to_string(i))}));
  wait(limits.at(0s), from({{"brief", kind::sliding, 1, 1s}}));
  EXPECT_EQ(wait(limits.at(1s), from({slow("0"), slow("1"), slow("a"), slow("b"), slow("c")})), 1s)
      << "62 stay and three are new";
  EXPECT_EQ(wait(limits.at(1s), from({slow("0"), slow("1"), slow("a"), slow("b")})), std::nullopt);
  EXPECT_EQ(limits.state.levels.size(), 64u);
  EXPECT_EQ(wait(limits.at(2s), from({slow("0"), slow("a")})), std::nullopt);
  EXPECT_EQ(wait(limits.at(2s), from({{"brief", kind::sliding, 1, 1s}})), 1s) << "full";
}

TEST(quota, a_bucket_at_rest_stays_while_there_is_room) {
  auto limits = given<quota>();
  for (int i = 0; i < 64; ++i)
    wait(limits.at(10s * i), from({{std::to_string(i), kind::sliding, 1, 1s}}));
  EXPECT_EQ(limits.state.levels.size(), 64u);
}

TEST(quota, sixteen_buckets_go_into_one_request) {
  auto limits = given<quota>();
  quota::take many;
  for (int i = 0; i < 16; ++i)
    many.buckets.push_back({std::to_string(i), kind::token, 1, 1s});
  EXPECT_EQ(wait(limits, many), std::nullopt);
}

TEST(quota, a_repeated_word_to_wait_is_not_written_down_twice) {
  auto limits = given<quota>();
  limits.at(0s).when(quota::throttled{at(30s)});
  EXPECT_TRUE(limits.when(quota::throttled{at(30s)}).events.empty());
}

TEST(quota, a_token_bucket_waits_out_a_clock_that_stepped_back) {
  auto limits = given<quota>();
  wait(limits.at(0s), from({{"t", kind::token, 1, 10s}}));
  EXPECT_EQ(wait(limits.at(-60s), from({{"t", kind::token, 1, 10s}})), 60s + 1ms);
}

TEST(quota, that_caught_up_with_a_clock_that_was_set_back_makes_nobody_wait_longer_than_a_period) {
  for (const auto& bucket : {three_at_once, two_a_minute, two_in_ten_seconds}) {
    auto limits = given<quota>();
    while (!wait(limits.at(90s), from({bucket})))
      continue;
    EXPECT_TRUE(limits.when(quota::catch_up{}).events.empty()) << "nothing is ahead";
    limits.at(-5h);
    EXPECT_GT(wait(limits, from({bucket})), bucket.period);
    EXPECT_FALSE(limits.when(quota::catch_up{}).events.empty());
    const auto left = wait(limits, from({bucket}));
    ASSERT_TRUE(left) << bucket.name << ": nothing more is granted";
    EXPECT_LE(*left, bucket.period);
    limits.now += *left;
    EXPECT_FALSE(wait(limits, from({bucket}))) << bucket.name;
  }
}

TEST(quota, knows_the_impossible) {
  const auto state = [](quota::level l) { return quota::state{.levels = {std::move(l)}}; };
  const quota::level good{.bucket = two_in_ten_seconds};
  EXPECT_TRUE(quota::holds(state(good)));
  auto bad = good;
  bad.bucket.amount = 0;
  EXPECT_FALSE(quota::holds(state(bad))) << "a bucket that cannot be";
  bad = good;
  bad.paid_rest = 2;
  EXPECT_FALSE(quota::holds(state(bad))) << "a whole millisecond as a rest";
  bad = good;
  bad.granted_at_ms = {2, 1};
  EXPECT_FALSE(quota::holds(state(bad))) << "grants out of order";
  bad.granted_at_ms.assign(10'001, 1);
  EXPECT_FALSE(quota::holds(state(bad))) << "more moments than may be remembered";
  bad = good;
  bad.places.resize(10'001);
  EXPECT_FALSE(quota::holds(state(bad))) << "more under way than may be remembered";
  bad.bucket = two_at_a_time;
  bad.places.resize(1'001);
  EXPECT_FALSE(quota::holds(state(bad))) << "more places than there may be";
  EXPECT_FALSE(quota::holds({.levels = {good, good}})) << "a name twice";
}

} // namespace
