// What an integration remembers of how it is.
#include "actors/integration.hpp"
#include "tests/support/given.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;
using tenon::code;
using tenon::actors::integration;
using tenon::protocols::health;
using tenon::tests::at;
using tenon::tests::called;
using tenon::tests::given;

namespace {

const integration::configured shop{R"({"connector":"chinook"})", at(0s)};

integration::count requests(tenon::span hour, std::uint32_t good,
                            std::vector<std::string> by = {}) {
  return {.tally = {.begun_at = at(hour), .succeeded = good}, .syncs = std::move(by)};
}

integration::appraised good(std::uint8_t score = 100, std::string advice = "") {
  return {.score = score,
          .standings = {{health::metric::latency, health::band::good, score}},
          .advice = std::move(advice)};
}

tenon::value health_in(const tenon::tests::scene<integration>& one) {
  const auto status = integration::status(one.state);
  const auto* found = status.find("health");
  return found ? *found : tenon::value{};
}

TEST(integration_health, adds_up_what_requests_came_to_by_the_hour_and_by_the_day) {
  auto one = given<integration>(shop);
  for (int hour = 0; hour < 60; ++hour) {
    const auto h = std::chrono::hours{hour};
    one.at(h + 10min).when(requests(h, 2));
    one.at(h + 50min).when(requests(h, 3));
  }
  EXPECT_EQ(one.state.hours.size(), 24u);
  EXPECT_EQ(one.state.hours.back().succeeded, 5u);
  EXPECT_EQ(one.state.hours.back().begun_at, at(59h));
  ASSERT_EQ(one.state.days.size(), 3u);
  EXPECT_EQ(one.state.days.front().succeeded, 24u * 5);
}

TEST(integration_health, puts_what_a_wrong_clock_says_into_the_present) {
  auto one = given<integration>(shop);
  one.at(100h).when(requests(9000h, 1));
  one.at(100h).when(requests(0h, 1));
  ASSERT_EQ(one.state.hours.size(), 2u);
  EXPECT_EQ(one.state.hours.front().begun_at, at(99h));
  EXPECT_EQ(one.state.hours.back().begun_at, at(100h));
}

TEST(integration_health, knows_the_syncs_that_asked_last_and_no_more_than_64) {
  auto one = given<integration>(shop);
  for (int i = 0; i < 100; ++i)
    one.at(std::chrono::minutes{i}).when(requests(0h, 1, {"s" + std::to_string(i)}));
  one.at(200min).when(requests(3h, 1, {"s90", "no name at all/"}));
  EXPECT_EQ(one.state.users.size(), 64u);
  EXPECT_EQ(one.state.users.front().sync, "s90");
  EXPECT_EQ(one.state.users[1].sync, "s99");
}

TEST(integration_health, is_found_out_soon_after_a_request_and_then_every_five_minutes) {
  auto one = given<integration>(shop);
  EXPECT_TRUE(integration::due(one.state).empty());
  one.at(1h).when(requests(1h, 1));
  ASSERT_EQ(integration::due(one.state).size(), 1u);
  EXPECT_EQ(integration::due(one.state).front().at, at(1h + 10s));
  EXPECT_TRUE(one.at(1h + 9s).when(integration::appraisal_due{}).calls.empty());
  const auto asked = one.at(1h + 10s).when(integration::appraisal_due{});
  EXPECT_EQ(called<integration::appraise>(asked), integration::appraise{});
  EXPECT_TRUE(integration::due(one.state).empty()) << "nothing has happened since";
  one.at(1h + 70s).when(requests(1h, 1));
  EXPECT_EQ(integration::due(one.state).front().at, at(1h + 10s + 5min));
}

TEST(integration_health, shows_what_was_found_and_since_when) {
  auto one = given<integration>(shop);
  EXPECT_TRUE(health_in(one).is_null());
  one.at(1h).when(good());
  EXPECT_EQ(*health_in(one).find("score"), tenon::value{100});
  EXPECT_EQ(one.state.standings.front().since_at, at(1h));
  EXPECT_TRUE(one.at(2h).when(good(98)).events.empty()) << "no news";
  one.at(3h).when(good(90));
  EXPECT_EQ(one.state.standings.front().since_at, at(1h)) << "still in the same band";
  auto poor = good(10, "Do something.");
  poor.standings.front().band = health::band::poor;
  one.at(4h).when(poor);
  EXPECT_EQ(one.state.standings.front().since_at, at(4h));
  EXPECT_EQ(*health_in(one).find("advice"), tenon::value{"Do something."});
  EXPECT_EQ(*health_in(one).find("metrics")->find("latency"), tenon::value{"poor"});
}

TEST(integration_health, is_of_the_present_configuration) {
  auto one = given<integration>(shop);
  one.at(1h).when(requests(1h, 1, {"people"}));
  one.when(good());
  one.when(integration::configure{.spec = R"({"connector":"other"})"});
  EXPECT_TRUE(one.state.hours.empty() && one.state.standings.empty());
  EXPECT_TRUE(integration::due(one.state).empty());
  one.when(integration::remove{});
  EXPECT_TRUE(one.when(requests(1h, 1)).events.empty());
  EXPECT_TRUE(one.when(good()).events.empty());
  EXPECT_EQ(one.when(integration::read_vitals{}).refusal->code, code::not_found);
}

TEST(integration_health, that_could_not_be_found_out_changes_nothing) {
  auto one = given<integration>(shop);
  one.when(good());
  EXPECT_TRUE(one.when(integration::appraised{}).events.empty());
  EXPECT_TRUE(one.when(requests(0h, 0)).events.empty()) << "nothing was asked";
}

} // namespace
