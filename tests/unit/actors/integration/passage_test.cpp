// Requests past several quotas at once: which they are, and what goes back
// (actors/integration/passage.hpp).
#include "tests/unit/actors/integration/shop.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;
using namespace tenon;
using namespace tenon::actors::connectors;
using actors::quota;
using kind = quota::kind;
using tenon::tests::at;

namespace {

std::vector<std::string> names_of(const passage& p) {
  std::vector<std::string> names;
  for (const auto& g : p.gates())
    names.push_back(g.quota.name);
  return names;
}

TEST(passage, what_credentials_agree_on_is_counted_in_one_place) {
  const shop one{R"({"buckets":[{"rate":"9/1s"},{"key":"{{conn.app}}","rate":"9/1s"},
                                {"key":"{{conn.app}}","kind":"concurrency","limit":3}]})"};
  const auto ann = names_of(one.past("ann", {{"app", "a"}}));
  const auto bob = names_of(one.past("bob", {{"app", "a"}}));
  ASSERT_EQ(ann.size(), 2u) << "two buckets of one key are one gate";
  EXPECT_EQ(ann[0], "ann");
  EXPECT_EQ(bob[0], "bob");
  EXPECT_EQ(ann[1], bob[1]);
  EXPECT_TRUE(check(identity{"acme", "quota", ann[1]}));
  EXPECT_NE(names_of(one.past("ann", {{"app", "b"}}))[1], ann[1]);
  const shop other{R"({"buckets":[{"key":"{{conn.app}}","rate":"9/1s"}]})", "other"};
  EXPECT_NE(names_of(other.past("ann", {{"app", "a"}}))[0], ann[1]) << "of another platform";
}

TEST(passage, what_is_not_known_of_a_key_is_shared_with_nobody) {
  const shop one{R"({"buckets":[{"key":"{{conn.team}} search","rate":"9/1s"},
                                {"key":"{{conn.id}} of {{conn.team}}","rate":"9/1s"}]})"};
  for (const auto& settings : {object{}, object{{"team", ""}}, object{{"team", value{}}}})
    EXPECT_EQ(names_of(one.past("ann", settings)), std::vector<std::string>{"ann"});
  EXPECT_EQ(names_of(one.past("ann", {{"team", "t"}})).size(), 2u);
  const connection account{"ann", object{{"team", "t"}}, {}, {}};
  const auto all = quotas_of(one.connector, account, {"acme", "quota", "ann"});
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].name, "ann");
  EXPECT_EQ(all[1].name, names_of(one.past("bob", {{"team", "t"}}))[0]);
}

TEST(passage, takes_from_all_or_from_none) {
  const shop one{R"({"buckets":[{"rate":"5/10s"},{"kind":"sliding","rate":"5/10s"},
    {"kind":"fixed","rate":"5/10s"},{"kind":"concurrency","limit":5},
    {"kind":"cost","max":5,"restore":"1/1s"},{"kind":"daily","rate":"5/1d"},
    {"key":"{{conn.app}}","rate":"1/10s"}]})"};
  quotas limits;
  auto first = one.past("ann", {{"app", "a"}});
  ASSERT_FALSE(limits.go(first, at(0s)).refused);
  for (int i = 0; i < 50; ++i) {
    auto more = one.past("bob", {{"app", "a"}});
    const auto turn = limits.go(more, at(0s));
    ASSERT_TRUE(turn.refused);
    EXPECT_FALSE(turn.given_up);
    EXPECT_EQ(turn.refused->retry_after, 10s);
  }
  const identity bobs{"acme", "quota", "bob"};
  limits.all[bobs].now = at(0s);
  const auto standing = *limits.all[bobs].when(quota::read_standing{}).reply;
  ASSERT_EQ(standing.buckets.size(), 6u);
  for (const auto& b : standing.buckets)
    EXPECT_EQ(b.left, 5u) << b.bucket.name;
}

TEST(passage, what_the_platform_said_is_left_is_given_back_unless_it_spoke_since) {
  auto limits = tests::given<quota>();
  const quota::bucket b{.name = "b", .kind = kind::token, .amount = 50, .period = 60s};
  const auto left = [&] { return limits.when(quota::read_standing{}).reply->buckets[0].left; };
  static_cast<void>(limits.when(quota::take{.buckets = {b}, .asker = "me"}));
  static_cast<void>(limits.when(quota::observed{"b", 7, at(1min)}));
  limits.at(1ms);
  const auto second = limits.when(quota::take{.buckets = {b}, .asker = "me"});
  EXPECT_EQ(left(), 6u);
  quota::step_back back{.grant = second.reply->grant,
                        .taken_at = second.reply->at,
                        .buckets = {b},
                        .amounts = {1},
                        .asker = "me"};
  const auto before = limits.state;
  static_cast<void>(limits.when(back));
  EXPECT_EQ(left(), 7u);
  limits.state = before;
  static_cast<void>(limits.when(quota::observed{"b", 5, at(1min)}));
  static_cast<void>(limits.when(back));
  EXPECT_EQ(left(), 5u) << "it was told by somebody who had not counted this one";
}

TEST(passage, words_go_to_the_quota_that_counts_what_they_are_about) {
  const shop one{R"({"buckets":[{"key":"{{conn.app}}","rate":"9/1s"},
      {"kind":"fixed","rate":"100/1h","price":"body used"}],
    "observe":{"remaining":"x-left","percent":{"header":"x-usage","json":"calls"}}})"};
  quotas limits;
  auto request = one.past("ann", {{"app", "a"}});
  ASSERT_FALSE(limits.go(request, at(0s)).refused);
  const http_response answer{
      200, {{"x-left", "3"}, {"x-usage", R"({"calls":85})"}}, blob::from(R"({"used":7})")};
  const auto words =
      request.leave(one.connector, one.asked_by("ann", {{"app", "a"}}), &answer, at(1s));
  std::map<std::string, std::vector<std::size_t>> heard;
  for (const auto& [to, what] : words)
    heard[to.name].push_back(what.index());
  const auto shared = names_of(request)[0];
  const auto number = [](auto&& said) { return quota::command{said}.index(); };
  EXPECT_EQ(heard[shared], (std::vector{number(quota::give_back{}), number(quota::observed{}),
                                        number(quota::pressed{})}));
  EXPECT_EQ(heard["ann"], (std::vector{number(quota::give_back{}), number(quota::settle{}),
                                       number(quota::pressed{})}));
}

TEST(passage, a_refusal_for_load_concerns_what_the_answer_says_is_used_up) {
  const shop one{R"({"buckets":[{"rate":"9/1s"},{"key":"{{conn.app}}","rate":"9/1s",
      "match":{"path":"/orders"},"observe":{"remaining":"x-app-left"}},
      {"kind":"concurrency","limit":3}],"observe":{"remaining":"x-left"}})"};
  const auto concerns = [&](headers said) {
    quotas limits;
    auto request = one.past("ann", {{"app", "a"}});
    EXPECT_FALSE(limits.go(request, at(0s)).refused);
    const http_response answer{429, std::move(said), {}};
    const auto asked = one.asked_by("ann", {{"app", "a"}});
    std::vector<std::string> all;
    for (const auto& c : request.concerned(request.leave(one.connector, asked, &answer, at(1s))))
      for (const auto& b : c.buckets)
        all.push_back((c.quota.name == "ann" ? "own " : "shared ") + b);
    return all;
  };
  const std::string own{"own shop:0:ann"}, places{"own shop:2:ann"}, app{"shared shop:1:a"};
  using names = std::vector<std::string>;
  EXPECT_EQ(concerns({{"x-left", "3"}, {"x-app-left", "0"}}), names{app});
  EXPECT_EQ(concerns({{"x-left", "0"}}), names{own});
  EXPECT_EQ(concerns({{"x-left", "3"}}), (names{places, app})) << "those that may be meant";
  EXPECT_EQ(concerns({}), (names{own, places, app}));
  const shop plain{R"({"buckets":[{"rate":"9/1s"}],"observe":{"remaining":"x-left"}})"};
  auto request = plain.past("ann", {});
  const http_response answer{429, {{"x-left", "3"}}, {}};
  const auto said = request.leave(plain.connector, plain.asked_by("ann", {}), &answer, at(1s));
  EXPECT_EQ(request.concerned(said).size(), 1u) << "it was refused all the same";
}

TEST(passage, gives_up_without_keeping_anything_when_it_would_take_too_long) {
  const shop one{R"({"buckets":[{"rate":"5/10s"},{"key":"{{conn.app}}","rate":"1/10m"}]})"};
  quotas limits;
  auto first = one.past("ann", {{"app", "a"}});
  ASSERT_FALSE(limits.go(first, at(0s)).refused);
  auto second = one.past("bob", {{"app", "a"}});
  const auto turn = limits.go(second, at(0s));
  ASSERT_TRUE(turn.refused);
  EXPECT_TRUE(turn.given_up);
  const auto standing = *limits.all[{"acme", "quota", "bob"}].when(quota::read_standing{}).reply;
  EXPECT_EQ(standing.buckets[0].left, 5u);
}

TEST(passage, what_nobody_has_taken_from_for_a_month_is_forgotten) {
  auto limits = tests::given<quota>();
  const quota::bucket b{.name = "b", .kind = kind::token, .amount = 5, .period = 60s};
  EXPECT_TRUE(quota::due(limits.state).empty());
  limits.at(5min);
  static_cast<void>(limits.when(quota::take{.buckets = {b}}));
  const auto first = quota::due(limits.state).front().at;
  limits.at(1h);
  static_cast<void>(limits.when(quota::take{.buckets = {b}}));
  EXPECT_EQ(quota::due(limits.state).front().at, first) << "once a day";
  EXPECT_FALSE(quota::gone(limits.state));
  limits.now = first - 1min;
  static_cast<void>(limits.when(quota::throttled{first + 2h}));
  limits.now = first;
  static_cast<void>(limits.when(quota::tidy{}));
  EXPECT_FALSE(quota::gone(limits.state)) << "somebody was told to wait";
  const auto next = quota::due(limits.state).front().at;
  EXPECT_GT(next, first + std::chrono::days{31});
  limits.now = next;
  static_cast<void>(limits.when(quota::tidy{}));
  EXPECT_TRUE(quota::gone(limits.state));
  EXPECT_TRUE(quota::due(limits.state).empty());
  EXPECT_EQ(limits.state.grants, 2u) << "late words about old grants stay late";
}

} // namespace
