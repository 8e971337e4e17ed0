// A platform says that a person has to connect the account again.
#include "actors/credential.hpp"
#include "tests/support/given.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;
using tenon::code;
using tenon::actors::credential;
using tenon::tests::at;
using tenon::tests::given;

namespace {

const credential::configured keys{R"({"secrets":{"key":"tiger"}})", at(0s)};
const credential::use for_token{.integration = "shop", .needs_token = true};
const credential::use to_ask{.integration = "shop", .to_ask = true};
const credential::use to_look{.integration = "shop"};
const credential::refreshed connected{.token = "t1",
                                      .expires_at = at(1h),
                                      .at = at(0s),
                                      .refresh_token = "r1",
                                      .held = R"({"captured":{"dc":"us9"}})"};

TEST(credential_cut_off, refuses_whoever_asks_and_says_what_a_person_can_do) {
  for (const auto& use : {for_token, to_ask}) {
    auto one = given<credential>(keys, credential::acquiring{at(0s)}, connected);
    const auto version = use.needs_token ? 1u : 0u;
    one.at(1min).when(credential::cut_off{version, one.state.record.version, "gone"});
    EXPECT_EQ(*credential::status(one.state).find("token"), tenon::value{"to be connected"});
    EXPECT_TRUE(one.state.refresh_token.empty() && one.state.token.empty());
    const auto refused = one.when(use);
    ASSERT_TRUE(refused.refusal);
    EXPECT_EQ(refused.refusal->code, code::forbidden);
    EXPECT_EQ(refused.refusal->why, "a person has to connect it: gone");
    EXPECT_TRUE(refused.calls.empty());
    EXPECT_TRUE(one.when(to_look).reply) << "to connect it, its secrets are needed";
    one.happened(credential::configured{R"({"secrets":{"key":"lion"}})", at(2min)});
    EXPECT_FALSE(one.when(use).refusal) << "its secrets were replaced";
  }
}

TEST(credential_cut_off, is_over_when_a_person_has_connected_it) {
  auto one = given<credential>(keys, credential::acquiring{at(0s)}, connected);
  one.when(credential::cut_off{1, one.state.record.version, "gone"});
  const std::string nonce(43, 'n');
  one.when(credential::authorize{"shop", "https://me/back", nonce, "verifier"});
  EXPECT_TRUE(one.when(for_token).refusal) << "who was sent is not back yet";
  one.when(credential::come_back{.nonce = nonce, .code = "c"});
  one.when(credential::cut_off{1, one.state.record.version, "late"});
  one.when(credential::acquired{
      .attempt = one.state.attempts, .token = "t2", .expires_at = at(1h), .refresh_token = "r2"});
  EXPECT_EQ(one.when(for_token).reply->token, "t2");
  one.when(credential::cut_off{1, one.state.record.version, "later"});
  EXPECT_EQ(one.when(for_token).reply->token, "t2") << "it was about the one before";
}

TEST(credential_cut_off, a_late_word_says_nothing_about_what_came_since) {
  auto one = given<credential>(keys);
  const auto old = one.state.record.version;
  one.happened(credential::configured{R"({"secrets":{"key":"lion"}})", at(1s)});
  EXPECT_TRUE(one.when(credential::cut_off{0, old, "gone"}).events.empty());
  EXPECT_FALSE(one.when(to_ask).refusal);
  one.happened(credential::removed{at(2s)});
  EXPECT_TRUE(one.when(credential::cut_off{0, one.state.record.version, "gone"}).events.empty());
}

TEST(credential_cut_off, what_was_being_fetched_meanwhile_is_not_taken) {
  auto one = given<credential>(keys, credential::acquiring{at(0s)}, connected);
  one.at(1h - 20s).when(for_token); // ahead of the end
  ASSERT_TRUE(one.state.acquiring);
  one.when(credential::cut_off{1, one.state.record.version, "gone"});
  one.when(credential::acquired{.attempt = one.state.attempts, .token = "t2"});
  EXPECT_TRUE(one.when(for_token).refusal);
}

} // namespace
