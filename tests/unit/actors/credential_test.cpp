#include "actors/credential.hpp"

#include "tests/support/given.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;
using tenon::code;
using tenon::actors::credential;
using tenon::tests::at;
using tenon::tests::called;
using tenon::tests::given;

namespace {

const credential::configured keys{R"({"secrets":{"id":"anna","key":"tiger"}})", at(0s)};
const credential::use for_token{.integration = "shop", .needs_token = true};
const credential::acquiring asked{at(0s)};

credential::refreshed token(std::string text, tenon::span obtained, tenon::span life) {
  return {std::move(text), at(obtained) + life, at(obtained)};
}
credential::acquired fetched(std::uint64_t attempt, std::string text, tenon::moment expires) {
  return {.attempt = attempt, .token = std::move(text), .expires_at = expires};
}
credential::acquired failed(std::uint64_t attempt, bool dead = false) {
  return {.attempt = attempt, .why = "no", .dead = dead};
}

TEST(credential, gives_secrets_where_no_token_is_needed) {
  auto one = given<credential>(keys);
  const auto given = one.when(credential::use{.integration = "shop"});
  EXPECT_EQ(given.reply->secrets, R"({"id":"anna","key":"tiger"})");
  EXPECT_TRUE(given.reply->token.empty());
  EXPECT_TRUE(given.events.empty() && given.calls.empty());
}

TEST(credential, that_is_not_there_cannot_be_used) {
  EXPECT_EQ(given<credential>().when(for_token).refusal->code, code::not_found);
}

TEST(credential, fetches_a_token_for_the_first_who_needs_one) {
  auto one = given<credential>(keys);
  const auto first = one.at(1s).when(for_token);
  EXPECT_TRUE(first.reply->pending);
  EXPECT_TRUE(first.reply->token.empty());
  EXPECT_EQ(first.events, (std::vector<credential::event>{credential::acquiring{at(1s)}}));
  EXPECT_EQ(called<credential::acquire>(first),
            (credential::acquire{"shop", R"({"id":"anna","key":"tiger"})", 1}));
  const auto outcome = one.at(2s).when(fetched(1, "t1", at(1h)));
  EXPECT_EQ(outcome.events,
            (std::vector<credential::event>{credential::refreshed{"t1", at(1h), at(2s)}}));
  const auto ready = one.when(for_token);
  EXPECT_EQ(*ready.reply, (credential::usable{.secrets = R"({"id":"anna","key":"tiger"})",
                                              .token = "t1",
                                              .version = 1,
                                              .configured = 1}));
  EXPECT_TRUE(ready.events.empty());
}

/// A token whose provider wants to be told when it is given up.
credential::refreshed session_of(std::string held) {
  auto made = token("s1", 0s, 1h);
  made.held = std::move(held);
  return made;
}

TEST(credential, tells_the_provider_that_a_session_is_over_when_it_is_removed_or_replaced) {
  const std::string held = R"({"cookies":"S=1","integration":"shop"})";
  const credential::leave farewell{R"({"id":"anna","key":"tiger"})", "s1", held};
  auto removed = given<credential>(keys, asked, session_of(held));
  EXPECT_EQ(called<credential::leave>(removed.when(credential::remove{})), farewell);
  EXPECT_TRUE(removed.when(credential::left{"it answered 500"}).events.empty());
  auto replaced = given<credential>(keys, asked, session_of(held));
  const auto anew = replaced.when(credential::configure{.spec = R"({"secrets":{"key":"lion"}})"});
  EXPECT_EQ(called<credential::leave>(anew), farewell) << "with the secrets that it was begun with";
  auto again = given<credential>(keys, asked, session_of(held));
  EXPECT_TRUE(again.when(credential::configure{.spec = keys.spec}).calls.empty());
  auto plain = given<credential>(keys, asked, session_of(""));
  EXPECT_TRUE(plain.when(credential::remove{}).calls.empty());
  auto without = given<credential>(keys);
  EXPECT_TRUE(without.when(credential::remove{}).calls.empty());
}

TEST(credential, fetches_once_for_each_expiry_however_many_ask) {
  auto one = given<credential>(keys);
  std::size_t calls = 0;
  for (int expiry = 0; expiry < 3; ++expiry) {
    one.at(expiry * 1h);
    for (int i = 0; i < 1000; ++i)
      calls += one.when(for_token).calls.size();
    one.when(fetched(one.state.attempts, "t", at((expiry + 1) * 1h)));
    for (int i = 0; i < 1000; ++i)
      calls += one.when(for_token).calls.size();
    EXPECT_EQ(calls, static_cast<std::size_t>(expiry) + 1);
  }
  EXPECT_EQ(one.state.refreshes, 3u);
}

TEST(credential, renews_ahead_of_time_and_hands_out_the_old_token_meanwhile) {
  auto one = given<credential>(keys, asked, token("t1", 0s, 1h));
  EXPECT_TRUE(one.at(1h - 30s - 1ms).when(for_token).calls.empty());
  const auto early = one.at(1h - 30s).when(for_token);
  EXPECT_EQ(early.calls.size(), 1u);
  EXPECT_EQ(early.reply->token, "t1");
  EXPECT_FALSE(early.reply->pending);
  const auto next = one.at(1h - 1ms).when(for_token);
  EXPECT_TRUE(next.calls.empty());
  EXPECT_EQ(next.reply->token, "t1");
  const auto late = one.at(1h).when(for_token);
  EXPECT_TRUE(late.calls.empty());
  EXPECT_TRUE(late.reply->pending);
  EXPECT_TRUE(late.reply->token.empty());
  EXPECT_EQ(late.reply->version, 0u);
}

TEST(credential, renews_a_short_life_a_tenth_before_its_end) {
  auto one = given<credential>(keys, asked, token("t1", 0s, 60s));
  EXPECT_TRUE(one.at(54s - 1ms).when(for_token).calls.empty());
  EXPECT_EQ(one.at(54s).when(for_token).calls.size(), 1u);
}

TEST(credential, a_token_without_end_is_never_renewed) {
  auto one = given<credential>(keys, asked);
  one.when(credential::acquired{.attempt = 1, .token = "t"});
  EXPECT_EQ(one.at(100'000h).when(for_token).reply->token, "t");
}

TEST(credential, fetches_anew_after_the_platform_refused_the_present_token) {
  auto one = given<credential>(keys, asked, token("t1", 0s, 1h));
  EXPECT_TRUE(one.at(10min).when(credential::rejected{0}).events.empty()) << "an older version";
  EXPECT_TRUE(one.when(credential::rejected{2}).events.empty());
  EXPECT_EQ(one.when(credential::rejected{1}).events,
            (std::vector<credential::event>{
                credential::invalidated{.early = false, .retry_at = at(10min)}}));
  EXPECT_TRUE(one.when(credential::rejected{1}).events.empty()) << "a token that is gone";
  const auto next = one.when(for_token);
  EXPECT_TRUE(next.reply->pending);
  EXPECT_EQ(next.calls.size(), 1u);
}

TEST(credential, asks_ever_less_often_a_platform_that_refuses_every_token) {
  auto one = given<credential>(keys);
  std::vector<tenon::span> pauses;
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(one.when(for_token).calls.size(), 1u);
    one.when(fetched(one.state.attempts, "t", at(100h)));
    one.when(credential::rejected{one.state.version});
    const auto refused = one.when(for_token);
    pauses.push_back(refused.refusal ? *refused.refusal->retry_after : 0s);
    if (!refused.refusal) // fetched at once: let that fetch fail to come back here
      one.when(credential::acquired{.attempt = one.state.attempts, .token = "u"});
    if (!refused.refusal)
      one.when(credential::rejected{one.state.version});
    one.now = std::max(one.now, one.state.retry_at);
  }
  EXPECT_EQ(pauses, (std::vector<tenon::span>{0s, 2s, 4s, 8s, 16s}));
  ASSERT_EQ(one.when(for_token).calls.size(), 1u);
  one.when(fetched(one.state.attempts, "t", at(100h)));
  one.now += 1min;
  one.when(credential::rejected{one.state.version});
  EXPECT_EQ(one.state.rejections, 0u) << "one that had worked for a minute was worn out";
}

TEST(credential, tries_failed_fetches_further_and_further_apart) {
  auto one = given<credential>(keys);
  std::vector<tenon::span> pauses;
  for (int i = 0; i < 11; ++i) {
    ASSERT_EQ(one.when(for_token).calls.size(), 1u);
    one.when(failed(one.state.attempts));
    const auto refused = one.when(for_token);
    ASSERT_TRUE(refused.refusal);
    EXPECT_EQ(refused.refusal->code, code::unavailable);
    pauses.push_back(*refused.refusal->retry_after);
    one.now += pauses.back();
  }
  EXPECT_EQ(pauses,
            (std::vector<tenon::span>{1s, 2s, 4s, 8s, 16s, 32s, 64s, 128s, 256s, 300s, 300s}));
  one.when(for_token);
  one.when(fetched(one.state.attempts, "t", at(100h)));
  EXPECT_EQ(one.state.failures, 0u);
}

TEST(credential, a_failed_renewal_leaves_the_old_token_in_use) {
  auto one = given<credential>(keys, asked, token("t1", 0s, 1h));
  one.at(1h - 30s).when(for_token);
  one.when(failed(2));
  const auto still = one.when(for_token);
  EXPECT_EQ(still.reply->token, "t1");
  EXPECT_TRUE(still.calls.empty()) << "not before the pause is over";
  EXPECT_EQ(one.at(1h - 29s).when(for_token).calls.size(), 1u);
}

TEST(credential, a_dead_one_refuses_everyone_until_it_is_configured_anew) {
  auto one = given<credential>(keys, asked, token("t1", 0s, 1h));
  one.at(1h).when(for_token);
  one.when(failed(2, true));
  const auto refused = one.at(99h).when(for_token);
  ASSERT_TRUE(refused.refusal);
  EXPECT_EQ(refused.refusal->code, code::forbidden);
  EXPECT_FALSE(refused.refusal->remedy.empty());
  EXPECT_FALSE(refused.refusal->retry_after);
  one.when(credential::configure{.spec = keys.spec});
  EXPECT_EQ(one.when(for_token).calls.size(), 1u) << "the same secrets may be good now";
}

TEST(credential, the_pause_ends_when_it_is_configured_anew) {
  auto one = given<credential>(keys, asked);
  one.when(failed(1));
  EXPECT_TRUE(one.when(for_token).refusal);
  one.when(credential::configure{.spec = keys.spec});
  EXPECT_EQ(one.when(for_token).calls.size(), 1u);
}

TEST(credential, does_not_take_a_token_that_was_fetched_with_other_secrets) {
  auto one = given<credential>(keys);
  one.when(for_token);
  one.when(credential::configure{.spec = R"({"secrets":{"key":"lion"}})"});
  EXPECT_TRUE(one.when(fetched(1, "t1", at(1h))).events.empty()) << "nobody waits for it";
  const auto again = one.when(for_token);
  EXPECT_EQ(called<credential::acquire>(again).attempt, 2u);
  EXPECT_TRUE(one.when(fetched(1, "t1", at(1h))).events.empty());
  one.when(fetched(2, "t2", at(1h)));
  EXPECT_EQ(one.state.token, "t2");
}

TEST(credential, versions_and_attempts_go_on_after_a_removal) {
  auto one = given<credential>(keys, asked, token("t1", 0s, 1h));
  one.when(credential::remove{});
  EXPECT_EQ(one.state, (credential::state{.record = {.version = 2}, .version = 1, .attempts = 1}));
}

TEST(credential, an_answer_without_a_usable_token_is_a_failure) {
  auto one = given<credential>(keys);
  one.at(1h).when(for_token);
  one.when(fetched(1, "", at(2h)));
  EXPECT_EQ(one.state.failures, 1u);
  one.at(2h).when(for_token);
  one.when(fetched(2, "t", at(2h)));
  EXPECT_EQ(one.state.failures, 2u);
  EXPECT_EQ(one.state.why, "the token had expired when it came");
  one.at(3h).when(for_token);
  one.when(credential::acquired{.attempt = 3, .token = "t", .why = "odd"});
  EXPECT_EQ(one.state.why, "odd");
}

TEST(credential, refuses_secrets_that_are_not_texts_and_says_where) {
  const auto place = [](std::string spec) {
    const auto done = given<credential>().when(credential::configure{.spec = std::move(spec)});
    return done.refusal ? done.refusal->where : "";
  };
  EXPECT_EQ(place(R"({"secrets":{"key":"x"}})"), "");
  EXPECT_EQ(place(R"({})"), "spec.secrets");
  EXPECT_EQ(place(R"({"secrets":"x"})"), "spec.secrets");
  EXPECT_EQ(place(R"({"secrets":{"key":7}})"), "spec.secrets.key");
  EXPECT_EQ(place(R"({"secret":{"key":"x"}})"), "spec.secret");
  std::string many = R"({"secrets":{)";
  for (int i = 0; i < 65; ++i)
    many += (i ? ",\"" : "\"") + std::to_string(i) + "\":\"x\"";
  EXPECT_EQ(place(many + "}}"), "spec.secrets");
}

TEST(credential, says_in_its_status_how_the_token_stands) {
  auto one = given<credential>(keys);
  const auto stands = [&] { return *credential::status(one.state).find("token"); };
  EXPECT_EQ(stands(), "none");
  one.when(for_token);
  EXPECT_EQ(stands(), "being fetched");
  one.when(failed(1));
  EXPECT_TRUE(credential::status(one.state).find("retry_at"));
  EXPECT_EQ(*credential::status(one.state).find("why"), "no");
  one.at(1h).when(for_token);
  one.when(fetched(2, "secret-token", at(2h)));
  EXPECT_EQ(stands(), "there");
  EXPECT_EQ(*credential::status(one.state).find("expires_at"), at(2h));
  EXPECT_FALSE(credential::status(one.state).find("why"));
  EXPECT_EQ(tenon::write_json(credential::status(one.state)).find("secret-token"),
            std::string::npos);
  one.at(2h).when(for_token);
  one.when(failed(3, true));
  EXPECT_EQ(stands(), "dead");
  EXPECT_FALSE(credential::status(one.state).find("retry_at"));
}

TEST(credential, holds_64_secrets) {
  std::string many = R"({"secrets":{)";
  for (int i = 0; i < 64; ++i)
    many += (i ? ",\"" : "\"") + std::to_string(i) + "\":\"x\"";
  EXPECT_FALSE(given<credential>().when(credential::configure{.spec = many + "}}"}).refusal);
}

TEST(credential, says_no_time_to_retry_when_nothing_failed) {
  EXPECT_FALSE(credential::status(given<credential>(keys).state).find("retry_at"));
}

TEST(credential, knows_the_impossible) {
  const auto there = given<credential>(keys).state;
  const auto possible = [&](auto change, bool exists = true) {
    auto s = exists ? there : credential::state{};
    change(s);
    return credential::holds(s);
  };
  EXPECT_TRUE(possible([](auto&) {}) && possible([](auto&) {}, false));
  EXPECT_FALSE(possible([](auto& s) { s.token = "t"; }, false)) << "a token of nobody";
  EXPECT_FALSE(possible([](auto& s) { s.acquiring = true, s.attempts = 1; }, false));
  EXPECT_FALSE(possible([](auto& s) { s.dead = true; }, false));
  EXPECT_FALSE(possible([](auto& s) { s.failures = 1; }, false));
  EXPECT_FALSE(possible([](auto& s) { s.dead = true, s.token = "t"; }));
  EXPECT_FALSE(possible([](auto& s) { s.dead = s.acquiring = true, s.attempts = 1; }));
  EXPECT_FALSE(possible([](auto& s) { s.acquiring = true; })) << "an attempt that was not counted";
  EXPECT_FALSE(possible([](auto& s) { s.expires_at = at(1h); })) << "the end of no token";
  EXPECT_FALSE(possible([](auto& s) { s.refreshes = 1; })) << "a token without a version";
  EXPECT_FALSE(possible([](auto& s) { s.record.spec.clear(); }));
}

} // namespace
