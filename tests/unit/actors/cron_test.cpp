#include "actors/schedule/cron.hpp"

#include "actors/schedule/zones.hpp"
#include "protocols/json.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

using tenon::moment;
using tenon::actors::cron;
using tenon::actors::zone_named;

namespace {

moment when(std::string_view text) {
  const auto parsed = tenon::parse_moment(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? *parsed : moment{};
}

/// The next `count` times, as people write them, separated by blanks.
std::string next(const std::string& expression, std::string_view after, int count,
                 const std::string& zone_name = "UTC") {
  const auto parsed = cron::parse(expression);
  const auto zone = zone_named(zone_name);
  if (!parsed || !zone)
    return parsed ? zone.error().why : parsed.error().why;
  std::string times;
  for (auto t = when(after); count-- > 0;) {
    const auto following = parsed->next(t, **zone);
    if (!following)
      return times + " never";
    t = *following;
    times += (times.empty() ? "" : " ") + tenon::to_text(t);
  }
  return times;
}

tenon::value recordings() {
  std::ifstream file{"tests/recordings/cron/cron_vectors.json"};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  auto read = tenon::read_json(text);
  EXPECT_TRUE(read);
  return read ? *std::move(read) : tenon::value{};
}

TEST(cron, agrees_with_what_others_agree_on) {
  const auto all = recordings();
  const auto& agreed = *all.find("agree")->as<tenon::list>();
  EXPECT_EQ(agreed.size(), 239u);
  for (const auto& one : agreed) {
    const auto text = [&](const char* member) { return *one.find(member)->as<std::string>(); };
    const auto& times = *one.find("next")->as<tenon::list>();
    std::string expected;
    for (const auto& t : times)
      expected += (expected.empty() ? "" : " ") + tenon::to_text(when(*t.as<std::string>()));
    EXPECT_EQ(next(text("expr"), text("from"), static_cast<int>(times.size()), text("tz")),
              expected)
        << text("expr") << " in " << text("tz") << " after " << text("from");
  }
}

TEST(cron, refuses_what_others_refuse_and_says_where) {
  const auto all = recordings();
  const auto& refused = *all.find("invalid")->as<tenon::list>();
  EXPECT_EQ(refused.size(), 11u);
  for (const auto& one : refused) {
    const auto& expression = *one.find("expr")->as<std::string>();
    const auto parsed = cron::parse(expression);
    ASSERT_FALSE(parsed) << expression;
    EXPECT_EQ(parsed.error().code, tenon::code::malformed);
    EXPECT_TRUE(parsed.error().where.starts_with("character ")) << parsed.error().where;
    EXPECT_FALSE(parsed.error().remedy.empty());
  }
}

TEST(cron, names_the_character_at_fault) {
  const auto place = [](std::string_view expression) {
    const auto parsed = cron::parse(expression);
    return parsed ? "none" : parsed.error().where;
  };
  EXPECT_EQ(place(""), "character 1");
  EXPECT_EQ(place("   "), "character 1");
  EXPECT_EQ(place("* * * *"), "character 7");
  EXPECT_EQ(place("* * * * * * *"), "character 13");
  EXPECT_EQ(place("0 24 * * *"), "character 3");
  EXPECT_EQ(place("0  24 * * *"), "character 4");
  EXPECT_EQ(place("60 * * * *"), "character 1");
  EXPECT_EQ(place("1,,2 * * * *"), "character 3");
  EXPECT_EQ(place("1,2, * * * *"), "character 5");
  EXPECT_EQ(place("*/0 * * * *"), "character 3");
  EXPECT_EQ(place("*/60 * * * *"), "character 3");
  EXPECT_EQ(place("*/ * * * *"), "character 3");
  EXPECT_EQ(place("* * * * FRI-MON"), "character 9");
  EXPECT_EQ(place("1-2-3 * * * *"), "character 4");
  EXPECT_EQ(place("1- * * * *"), "character 3");
  EXPECT_EQ(place("* * 32 * *"), "character 5");
  EXPECT_EQ(place("* * 0 * *"), "character 5");
  EXPECT_EQ(place("* * * 13 *"), "character 7");
  EXPECT_EQ(place("* * * * 8"), "character 9");
  EXPECT_EQ(place("* * * * FRI#6"), "character 13");
  EXPECT_EQ(place("* * * * FRI#0"), "character 13");
  EXPECT_EQ(place("* * * * #2"), "character 9");
  EXPECT_EQ(place("* * 1#2 * *"), "character 5");
  EXPECT_EQ(place("* * L * *"), "character 5");
  EXPECT_EQ(place("@often"), "character 1");
  EXPECT_EQ(place("* * * * MOND"), "character 9");
  EXPECT_EQ(place("4294967297 * * * *"), "character 1") << "beyond 32 bits";
  EXPECT_EQ(place(std::string(257, '1')), "character 257");
}

TEST(cron, refuses_a_schedule_that_never_rings) {
  for (const auto* expression : {"0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 30-31 2 *"}) {
    const auto parsed = cron::parse(expression);
    ASSERT_FALSE(parsed) << expression;
    EXPECT_EQ(parsed.error().where, "character 5");
  }
  EXPECT_TRUE(cron::parse("0 0 30 2 1")) << "a Monday is enough";
}

TEST(cron, finds_what_comes_once_in_decades) {
  EXPECT_EQ(next("0 0 * 2 FRI#5", "2025-01-01", 2), "2036-02-29T00:00:00Z 2064-02-29T00:00:00Z");
  EXPECT_EQ(next("0 0 29 2 *", "2096-03-01", 1), "2104-02-29T00:00:00Z");
}

TEST(cron, is_strictly_after_and_to_the_second) {
  EXPECT_EQ(next("0 3 * * *", "2025-01-01T03:00:00Z", 1), "2025-01-02T03:00:00Z");
  EXPECT_EQ(next("0 3 * * *", "2025-01-01T02:59:59.999Z", 1), "2025-01-01T03:00:00Z");
  EXPECT_EQ(next("* * * * * *", "2025-01-01T00:00:00.500Z", 2),
            "2025-01-01T00:00:01Z 2025-01-01T00:00:02Z");
}

TEST(cron, knows_steps_names_and_nicknames) {
  EXPECT_EQ(next("50/5 * * * *", "2025-01-01", 3),
            "2025-01-01T00:50:00Z 2025-01-01T00:55:00Z 2025-01-01T01:50:00Z");
  EXPECT_EQ(next("0 0 * * fri-sun", "2025-01-01", 4), next("0 0 * * 5,6,0", "2025-01-01", 4));
  EXPECT_EQ(next("0 0 * * 5-7", "2025-01-01", 4), next("0 0 * * 5,6,0", "2025-01-01", 4));
  EXPECT_EQ(next("0 0 * * */3", "2025-01-01", 4), next("0 0 * * 0,3,6", "2025-01-01", 4));
  EXPECT_EQ(next("@yearly", "2025-01-01", 1), "2026-01-01T00:00:00Z");
  EXPECT_EQ(next("@annually", "2025-01-01", 1), "2026-01-01T00:00:00Z");
  EXPECT_EQ(next("@midnight", "2025-01-01", 1), "2025-01-02T00:00:00Z");
  EXPECT_EQ(next("0 0 * dec MON#1,MON#3", "2025-01-01", 2),
            "2025-12-01T00:00:00Z 2025-12-15T00:00:00Z");
}

TEST(cron, a_day_and_a_weekday_are_alternatives_only_when_both_are_restricted) {
  EXPECT_EQ(next("0 0 13 * FRI", "2025-06-01", 3),
            "2025-06-06T00:00:00Z 2025-06-13T00:00:00Z 2025-06-20T00:00:00Z");
  EXPECT_EQ(next("0 0 */10 * FRI", "2025-06-01", 2), "2025-07-11T00:00:00Z 2025-08-01T00:00:00Z");
}

TEST(cron, a_time_that_clocks_skip_rings_as_if_they_had_not_been_changed) {
  EXPECT_EQ(next("30 2 * * *", "2025-03-08T12:00:00Z", 2, "America/New_York"),
            "2025-03-09T07:30:00Z 2025-03-10T06:30:00Z");
  EXPECT_EQ(next("15 2 * * *", "2025-10-04T00:00:00Z", 2, "Australia/Lord_Howe"),
            "2025-10-04T15:45:00Z 2025-10-05T15:15:00Z");
  EXPECT_EQ(next("0,30 2,3 * * *", "2025-03-08T12:00:00Z", 3, "America/New_York"),
            "2025-03-09T07:00:00Z 2025-03-09T07:30:00Z 2025-03-10T06:00:00Z")
      << "together with the times that they then show";
}

TEST(cron, a_time_that_clocks_show_twice_rings_the_first_time) {
  EXPECT_EQ(next("30 1 * * *", "2025-11-01T12:00:00Z", 2, "America/New_York"),
            "2025-11-02T05:30:00Z 2025-11-03T06:30:00Z");
  EXPECT_EQ(next("*/30 1-2 * * *", "2025-11-01T12:00:00Z", 5, "America/New_York"),
            "2025-11-02T05:00:00Z 2025-11-02T05:30:00Z 2025-11-02T07:00:00Z "
            "2025-11-02T07:30:00Z 2025-11-03T06:00:00Z");
  EXPECT_EQ(next("30 1 * * *", "2025-11-02T05:45:00Z", 1, "America/New_York"),
            "2025-11-03T06:30:00Z")
      << "also when asked between the two";
}

TEST(cron, every_hour_goes_by_the_time_that_passes) {
  EXPECT_EQ(next("30 * * * *", "2025-11-02T05:00:00Z", 3, "America/New_York"),
            "2025-11-02T05:30:00Z 2025-11-02T06:30:00Z 2025-11-02T07:30:00Z");
  EXPECT_EQ(next("30 * * * *", "2025-03-09T06:00:00Z", 2, "America/New_York"),
            "2025-03-09T06:30:00Z 2025-03-09T07:30:00Z");
  EXPECT_EQ(next("15 * * * *", "2025-10-04T15:00:00Z", 2, "Australia/Lord_Howe"),
            "2025-10-04T16:15:00Z 2025-10-04T17:15:00Z")
      << "02:15 was skipped";
}

TEST(cron, every_next_time_is_the_first_of_all_seconds_that_match) {
  // Against a slow reading of the same rules, second by second, over days when clocks change.
  const auto zone = zone_named("Europe/Berlin");
  ASSERT_TRUE(zone);
  const auto parsed = cron::parse("17 */20 1-4 * * *");
  ASSERT_TRUE(parsed);
  for (const auto* from : {"2025-03-29T23:00:00Z", "2025-10-25T22:00:00Z", "2025-06-01"}) {
    std::vector<moment> slow;
    std::vector<std::chrono::seconds> rung; // by clock, since each rings once
    for (auto t = when(from) + std::chrono::seconds{1}; t < when(from) + std::chrono::hours{8};
         t += std::chrono::seconds{1}) {
      const auto here = (*zone)->at(std::chrono::floor<std::chrono::seconds>(t));
      const auto matches = [&](std::chrono::seconds offset) {
        const auto clock =
            (std::chrono::floor<std::chrono::seconds>(t.time_since_epoch()) + offset) %
            std::chrono::hours{24};
        const auto s = clock.count();
        return s % 60 == 17 && s / 60 % 20 == 0 && s / 3600 >= 1 && s / 3600 <= 4;
      };
      const auto shown =
          std::chrono::floor<std::chrono::seconds>(t.time_since_epoch()) + here.offset;
      const bool skipped =
          here.offset > here.before && t < here.begin + (here.offset - here.before);
      const bool again = std::ranges::find(rung, shown) != rung.end();
      if ((matches(here.offset) && !again) || (skipped && matches(here.before))) {
        slow.push_back(t);
        rung.push_back(shown);
      }
    }
    std::vector<moment> fast;
    for (auto t = parsed->next(when(from), **zone); t && *t < when(from) + std::chrono::hours{8};
         t = parsed->next(*t, **zone))
      fast.push_back(*t);
    EXPECT_EQ(fast, slow) << from;
    EXPECT_GE(fast.size(), 9u);
  }
}

} // namespace
