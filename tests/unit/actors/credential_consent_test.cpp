// Credentials that a person connects: the way there and back, and what renews itself from then on.
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

credential::acquired failed(std::uint64_t attempt) {
  return {.attempt = attempt, .why = "no"};
}

const std::string nonce(43, 'n');
const credential::authorize ask_person{"shop", "https://me/back", nonce, "verifier"};
const credential::authorizing begun{"shop", "https://me/back", nonce, "verifier", at(10min)};

credential::acquired connected_with(std::uint64_t attempt) {
  return {.attempt = attempt,
          .token = "t1",
          .expires_at = at(1h),
          .refresh_token = "r1",
          .held = R"({"captured":{"dc":"us9"}})",
          .renew_at = at(50min)};
}

TEST(credential, sends_a_person_once_and_takes_the_code_that_they_bring) {
  auto one = given<credential>(keys);
  const auto asked = one.at(1s).when(ask_person);
  EXPECT_EQ(*asked.reply, (credential::begun{1, at(10min + 1s)}));
  const auto back = one.at(2s).when(credential::come_back{.nonce = nonce, .code = "c"});
  EXPECT_EQ(*back.reply, (credential::taken{1, "shop"}));
  const auto call = called<credential::acquire>(back);
  EXPECT_EQ(call.code, "c");
  EXPECT_EQ(call.verifier, "verifier");
  EXPECT_EQ(call.redirect, "https://me/back");
  EXPECT_TRUE(one.when(for_token).calls.empty()) << "a token is on its way";
  one.at(3s).when(connected_with(call.attempt));
  const auto usable = one.when(for_token);
  EXPECT_EQ(usable.reply->token, "t1");
  EXPECT_EQ(usable.reply->held, R"({"captured":{"dc":"us9"}})");
  EXPECT_EQ(*credential::status(one.state).find("connection"),
            (tenon::object{{"number", 1}, {"state", "connected"}}));
}

TEST(credential, a_nonce_is_good_for_one_way_back_within_ten_minutes) {
  auto one = given<credential>(keys);
  const credential::come_back back{.nonce = nonce, .code = "c"};
  EXPECT_EQ(one.when(back).refusal->code, code::conflict) << "nobody was sent";
  one.at(0s).when(ask_person);
  EXPECT_EQ(
      one.when(credential::come_back{.nonce = std::string(43, 'm'), .code = "c"}).refusal->code,
      code::conflict);
  EXPECT_EQ(one.at(10min).when(back).refusal->code, code::conflict) << "too late";
  EXPECT_TRUE(one.at(10min - 1ms).when(back).reply);
  EXPECT_EQ(one.when(back).refusal->code, code::conflict) << "a second time";
  one.when(connected_with(one.state.attempts));
  EXPECT_EQ(one.when(back).refusal->code, code::conflict);
  EXPECT_EQ(one.when(credential::authorize{"shop", "", "short", ""}).refusal->code,
            code::malformed);
}

TEST(credential, another_one_that_is_begun_ends_the_one_before) {
  auto one = given<credential>(keys, begun);
  one.when(credential::authorize{"shop", "", std::string(43, 'm'), "v"});
  EXPECT_EQ(one.when(credential::come_back{.nonce = nonce, .code = "c"}).refusal->code,
            code::conflict);
  EXPECT_EQ(
      one.when(credential::come_back{.nonce = std::string(43, 'm'), .code = "c"}).reply->number,
      2u);
}

TEST(credential, a_person_who_refuses_leaves_everything_as_it_was) {
  auto one = given<credential>(keys, begun);
  const auto back = one.when(credential::come_back{.nonce = nonce, .why = "access_denied"});
  EXPECT_TRUE(back.calls.empty());
  const auto* shown = credential::status(one.state).find("connection");
  EXPECT_EQ(one.state.connect_why, "access_denied");
  EXPECT_NE(shown, nullptr);
}

credential::state connected_state() {
  auto one = given<credential>(keys, begun, credential::came_back{});
  one.at(0s).when(connected_with(1));
  return one.state;
}

TEST(credential, a_refresh_is_tried_with_what_is_held_until_it_is_refused) {
  auto one = given<credential>();
  one.state = connected_state();
  EXPECT_TRUE(one.at(50min - 1ms).when(for_token).calls.empty());
  const auto asked = called<credential::acquire>(one.at(50min).when(for_token));
  EXPECT_EQ(asked.refresh_token, "r1");
  EXPECT_TRUE(asked.code.empty());
  EXPECT_EQ(asked.held, R"({"captured":{"dc":"us9"}})");
  // The answer was lost: it is tried again with the same, and nothing of it is gone meanwhile.
  one.when(failed(asked.attempt));
  EXPECT_EQ(one.state.refresh_token, "r1");
  const auto again = called<credential::acquire>(one.at(52min).when(for_token));
  EXPECT_EQ(again.refresh_token, "r1");
  one.when(credential::acquired{
      .attempt = again.attempt, .why = "used twice", .dead = true, .reconnect = true});
  const auto refused = one.at(53min).when(for_token);
  ASSERT_TRUE(refused.refusal);
  EXPECT_EQ(refused.refusal->code, code::forbidden);
  EXPECT_EQ(refused.refusal->why, "a person has to connect it: used twice");
  EXPECT_TRUE(refused.calls.empty()) << "a dead grant is not tried for ever";
  EXPECT_EQ(*credential::status(one.state).find("token"), tenon::value{"to be connected"});
}

TEST(credential, a_refresh_token_is_kept_before_the_token_beside_it_is_used) {
  auto one = given<credential>();
  one.state = connected_state();
  one.at(50min).when(for_token);
  credential::acquired rotated = connected_with(one.state.attempts);
  rotated.token = "t2";
  rotated.refresh_token = "r2";
  rotated.expires_at = at(2h);
  const auto outcome = one.when(rotated);
  ASSERT_EQ(outcome.events.size(), 1u) << "one entry of the journal holds both";
  const auto& event = std::get<credential::refreshed>(outcome.events.front());
  EXPECT_EQ(event.token, "t2");
  EXPECT_EQ(event.refresh_token, "r2");
}

TEST(credential, what_a_person_allowed_outlives_new_secrets_and_a_refresh_in_flight) {
  auto one = given<credential>();
  one.state = connected_state();
  one.at(50min).when(for_token);
  const auto attempt = one.state.attempts;
  one.happened(credential::configured{R"({"secrets":{"key":"other"}})", at(51min)});
  EXPECT_EQ(one.state.refresh_token, "r1");
  auto rotated = connected_with(attempt);
  rotated.refresh_token = "r2";
  rotated.expires_at = at(2h);
  one.when(rotated);
  EXPECT_EQ(one.state.refresh_token, "r2") << "an answer that replaces it is never thrown away";
}

TEST(credential, a_failed_attempt_to_connect_leaves_a_connection_that_works) {
  auto one = given<credential>();
  one.state = connected_state();
  one.at(1min).when(ask_person);
  one.when(credential::come_back{.nonce = nonce, .code = "bad"});
  one.when(credential::acquired{
      .attempt = one.state.attempts, .why = "bad code", .dead = true, .reconnect = true});
  EXPECT_EQ(one.state.connect_why, "bad code");
  EXPECT_EQ(one.when(for_token).reply->token, "t1");
  auto fresh = given<credential>(keys, begun);
  fresh.when(credential::come_back{.nonce = nonce, .code = "bad"});
  fresh.when(failed(1));
  EXPECT_EQ(fresh.when(for_token).refusal->code, code::forbidden);
}

TEST(credential, that_is_removed_forgets_who_was_sent) {
  auto one = given<credential>(keys, begun, credential::removed{at(1s)});
  one.happened(keys);
  EXPECT_EQ(one.when(credential::come_back{.nonce = nonce, .code = "c"}).refusal->code,
            code::conflict);
  EXPECT_EQ(one.when(ask_person).reply->number, 2u);
}

} // namespace
