#include "actors/integration.hpp"

#include "actors/breaker.hpp"
#include "tests/support/given.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;
using tenon::code;
using tenon::actors::breaker;
using tenon::actors::integration;
using tenon::tests::at;
using tenon::tests::called;
using tenon::tests::given;
using tenon::tests::sent;

namespace {

const integration::configured shop{R"({"connector":"chinook"})", at(0s)};

tenon::value status_of(const tenon::tests::scene<integration>& one, std::string_view member) {
  const auto status = integration::status(one.state);
  const auto* found = status.find(member);
  return found ? *found : tenon::value{};
}

TEST(integration, hands_the_breaker_beside_it_its_policy) {
  auto one = given<integration>();
  const auto done = one.when(integration::configure{
      .spec = R"({"connector":"chinook","breaker":{"failure_limit":9,"cooldown":"1m"}})"});
  ASSERT_FALSE(done.refusal) << done.refusal->why;
  EXPECT_EQ(sent<breaker>(done),
            (breaker::command{breaker::configure{{.failure_limit = 9, .cooldown = 60s}}}));
  EXPECT_EQ(done.sends.front().to, (tenon::identity{.kind = "breaker"}));
}

TEST(integration, refuses_a_spec_that_cannot_work_and_says_where) {
  const auto place = [](std::string spec) {
    const auto done = given<integration>().when(integration::configure{.spec = std::move(spec)});
    return done.refusal ? done.refusal->where : "";
  };
  EXPECT_EQ(place(R"({"connector":"a","credential":"b","config":{"shop":"x"}})"), "");
  EXPECT_EQ(place(R"({})"), "spec.connector");
  EXPECT_EQ(place(R"({"connector":""})"), "spec.connector");
  EXPECT_EQ(place(R"({"connector":"a/b"})"), "spec.connector");
  EXPECT_EQ(place(R"({"connector":"a","credential":"b c"})"), "spec.credential");
  EXPECT_EQ(place(R"({"connector":"a","config":[1]})"), "spec.config");
  EXPECT_EQ(place(R"({"connector":"a","breaker":{"failure_limit":0}})"),
            "spec.breaker.failure_limit");
  EXPECT_EQ(place(R"({"connector":"a","conector":"b"})"), "spec.conector");
}

TEST(integration, takes_the_breaker_beside_it_with_it) {
  auto one = given<integration>(shop);
  const auto done = one.when(integration::remove{});
  EXPECT_EQ(sent<breaker>(done), (breaker::command{breaker::forget{}}));
  EXPECT_EQ(done.sends.front().to, (tenon::identity{.kind = "breaker"}));
}

TEST(integration, takes_a_trial_for_a_check_and_forgets_one_that_was_under_way) {
  auto one = given<integration>(shop);
  one.when(integration::check{});
  one.at(1s).when(integration::take_trial{.succeeded = true, .account = "Anna"});
  EXPECT_EQ(status_of(one, "check"), tenon::value{"passed"});
  EXPECT_EQ(status_of(one, "account"), tenon::value{"Anna"});
  EXPECT_EQ(status_of(one, "check_number"), tenon::value{2});
  EXPECT_TRUE(one.when(integration::checked{.number = 1, .why = "401"}).events.empty());
  one.at(2s).when(integration::take_trial{.why = "the key is refused"});
  EXPECT_EQ(status_of(one, "check"), tenon::value{"failed"});
  EXPECT_EQ(status_of(one, "why"), tenon::value{"the key is refused"});
  EXPECT_TRUE(integration::holds(one.state));
  auto none = given<integration>();
  EXPECT_TRUE(none.when(integration::take_trial{}).events.empty());
}

TEST(integration, makes_one_check_at_a_time_and_others_join_it) {
  auto one = given<integration>(shop);
  const auto first = one.when(integration::check{});
  EXPECT_EQ(first.reply->number, 1u);
  EXPECT_EQ(called<integration::probe>(first), (integration::probe{1, shop.spec}));
  const auto second = one.when(integration::check{});
  EXPECT_EQ(second.reply->number, 1u);
  EXPECT_TRUE(second.calls.empty() && second.events.empty());
  one.when(integration::checked{.number = 1, .succeeded = true});
  EXPECT_EQ(one.when(integration::check{}).reply->number, 2u);
}

TEST(integration, that_is_not_there_cannot_be_checked) {
  EXPECT_EQ(given<integration>().when(integration::check{}).refusal->code, code::not_found);
}

TEST(integration, shows_in_its_status_how_the_check_went) {
  auto one = given<integration>(shop);
  EXPECT_EQ(status_of(one, "check"), "never made");
  one.when(integration::check{});
  EXPECT_EQ(status_of(one, "check"), "under way");
  one.at(3s).when(integration::checked{.number = 1, .succeeded = true, .account = "Anna's shop"});
  EXPECT_EQ(status_of(one, "check"), "passed");
  EXPECT_EQ(status_of(one, "account"), "Anna's shop");
  EXPECT_EQ(status_of(one, "checked_at"), at(3s));
  EXPECT_EQ(status_of(one, "check_number"), 1);
  EXPECT_EQ(status_of(one, "why"), tenon::value{});
  one.when(integration::check{});
  one.when(integration::checked{.number = 2, .why = "401"});
  EXPECT_EQ(status_of(one, "check"), "failed");
  EXPECT_EQ(status_of(one, "why"), "401");
  EXPECT_EQ(status_of(one, "account"), tenon::value{});
}

TEST(integration, an_outcome_says_nothing_about_a_later_configuration) {
  auto one = given<integration>(shop);
  one.when(integration::check{});
  one.when(integration::configure{.spec = R"({"connector":"other"})"});
  EXPECT_EQ(status_of(one, "check"), "never made");
  EXPECT_TRUE(one.when(integration::checked{.number = 1, .succeeded = true}).events.empty());
  EXPECT_EQ(one.when(integration::check{}).reply->number, 2u);
  EXPECT_TRUE(one.when(integration::checked{.number = 1, .succeeded = true}).events.empty());
  EXPECT_EQ(one.when(integration::checked{.number = 2, .succeeded = true}).events.size(), 1u);
}

TEST(integration, numbers_of_checks_go_on_after_a_removal) {
  auto one = given<integration>(shop);
  one.when(integration::check{});
  one.when(integration::remove{});
  EXPECT_EQ(one.state, (integration::state{.record = {.version = 2}, .checks = 1}));
}

TEST(integration, knows_the_impossible) {
  const auto there = given<integration>(shop).state;
  auto s = there;
  s.checked = 1;
  EXPECT_FALSE(integration::holds(s)) << "the outcome of a check that nobody asked for";
  s = {.checks = 1, .checking = true};
  EXPECT_FALSE(integration::holds(s)) << "a check of nothing";
  s = there;
  s.record.version = 0;
  EXPECT_FALSE(integration::holds(s));
}

using std::chrono::days;

const integration::noticed ends_in_spring{.api_version = "2026-07", .sunset_at = at(days{100})};

TEST(integration, warns_sixty_days_before_its_apis_version_ends_and_once_a_day) {
  auto one = given<integration>(shop);
  EXPECT_FALSE(one.at(0s).when(ends_in_spring).reply->due);
  EXPECT_EQ(status_of(one, "api_version"), tenon::value{"2026-07"});
  EXPECT_EQ(status_of(one, "sunset_at"), tenon::value{at(days{100})});
  EXPECT_TRUE(status_of(one, "warning").is_null());
  EXPECT_TRUE(one.when(ends_in_spring).events.empty()) << "known";
  EXPECT_FALSE(one.at(days{40} - 1ms).when(ends_in_spring).reply->due);
  const auto first = one.at(days{40}).when(ends_in_spring);
  EXPECT_TRUE(first.reply->due);
  EXPECT_EQ(first.reply->text,
            "the version 2026-07 of the API ends on 2027-03-01: apply a connector "
            "that speaks a newer one");
  EXPECT_EQ(status_of(one, "warning"), tenon::value{first.reply->text});
  const auto again = one.at(days{41} - 1ms).when(ends_in_spring);
  EXPECT_TRUE(!again.reply->due && again.events.empty());
  EXPECT_TRUE(one.at(days{41}).when(ends_in_spring).reply->due);
  EXPECT_NE(one.at(days{101}).when(ends_in_spring).reply->text.find("has ended"),
            std::string::npos);
}

TEST(integration, warns_of_what_is_deprecated_and_says_where_to_read_more) {
  auto one = given<integration>(shop);
  const auto told = one.at(5s).when(
      integration::noticed{.deprecated_at = at(5s), .more = "https://example.com/versions"});
  EXPECT_TRUE(told.reply->due);
  EXPECT_EQ(told.reply->text, "the version of the API that is used is deprecated: apply a "
                              "connector that speaks a newer one (https://example.com/versions)");
}

TEST(integration, stops_warning_when_its_connector_speaks_a_newer_version) {
  auto one = given<integration>(shop);
  one.at(days{50}).when(ends_in_spring);
  EXPECT_FALSE(status_of(one, "warning").is_null());
  one.when(integration::configure{.spec = R"({"connector":"chinook2"})"});
  EXPECT_FALSE(one.when(ends_in_spring).reply->due) << "warned today already";
  const integration::noticed newer{.api_version = "2027-01", .sunset_at = at(days{400})};
  EXPECT_FALSE(one.when(newer).reply->due);
  EXPECT_TRUE(status_of(one, "warning").is_null());
  EXPECT_EQ(status_of(one, "api_version"), tenon::value{"2027-01"});
}

TEST(integration, that_is_not_there_notices_nothing) {
  EXPECT_EQ(given<integration>().when(ends_in_spring).refusal->code, code::not_found);
}

} // namespace
