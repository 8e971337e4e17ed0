// Times as platforms write them, read and written again.
#include "actors/integration/twin/times.hpp"

#include "protocols/json.hpp"

#include <gtest/gtest.h>

#include <random>

namespace tenon::actors::connectors {
namespace {

using namespace std::chrono;

constexpr moment noon = sys_days{2026y / 3 / 1} + 12h;
constexpr moment later = sys_days{2026y / 10 / 9} + 7h + 5min + 3s;

value json(std::string_view text) {
  return *read_json(text);
}

TEST(twin_times, are_read_and_written_as_the_platform_does) {
  struct style {
    std::string_view written;
    moment says;
    std::string_view later;
  };
  const style styles[]{
      {R"("2026-03-01T12:00:00Z")", noon, R"("2026-10-09T07:05:03Z")"},
      {R"("2026-03-01T12:00:00.000+0000")", noon, R"("2026-10-09T07:05:03+0000")"},
      {R"("2026-03-01T13:00:00+01:00")", noon, R"("2026-10-09T07:05:03Z")"},
      {R"("/Date(1772366400000)/")", noon, R"("/Date(1791529503000)/")"},
      {R"("/Date(1772366400000+0000)/")", noon, R"("/Date(1791529503000+0000)/")"},
      {R"("1772366400.000216")", noon, R"("1791529503.000216")"},
      {"1772366400", noon, "1791529503"},
      {"1772366400000", noon, "1791529503000"},
      {R"("2026-03-01")", sys_days{2026y / 3 / 1}, R"("2026-10-09")"},
      {R"("20260301")", sys_days{2026y / 3 / 1}, R"("20261009")"},
      {R"({"year":2026,"month":3,"day":1})", sys_days{2026y / 3 / 1},
       R"({"year":2026,"month":10,"day":9})"},
  };
  for (const auto& one : styles) {
    const auto said = time_said(json(one.written));
    ASSERT_TRUE(said) << one.written;
    EXPECT_EQ(to_text(*said), to_text(one.says)) << one.written;
    EXPECT_EQ(write_json(time_like(json(one.written), later)), one.later);
  }
}

TEST(twin_times, are_not_seen_in_what_is_none) {
  for (const auto* text : {R"("Ann")", "null", "12", "true", "[]", R"({"year":2026})", R"("")",
                           R"("/Date(x)/")", R"({"year":2026,"month":13,"day":1})"})
    EXPECT_FALSE(time_said(json(text))) << text;
}

TEST(twin_times, are_days_only_where_no_more_is_said) {
  for (const auto* text :
       {R"("2026-03-01")", R"("20260301")", R"({"year":2026,"month":3,"day":1})"})
    EXPECT_TRUE(says_a_day(json(text))) << text;
  for (const auto* text : {R"("2026-03-01T12:00:00Z")", "1772366400", R"("Ann")"})
    EXPECT_FALSE(says_a_day(json(text))) << text;
}

TEST(twin_times, come_back_as_they_were_written_for_every_second) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random{seed};
  std::uniform_int_distribution<std::int64_t> any{200'000'000, 4'000'000'000};
  for (int i = 0; i < 2'000; ++i) {
    const moment at{seconds{any(random)}};
    for (const auto* style : {R"("2026-03-01T12:00:00Z")", R"("2026-03-01T12:00:00.000+0000")",
                              R"("/Date(1772366400000+0000)/")", "1772366400", "1772366400000"}) {
      const auto again = time_said(time_like(json(style), at));
      ASSERT_TRUE(again) << style << ' ' << to_text(at);
      EXPECT_EQ(to_text(*again), to_text(at)) << style;
    }
  }
}

} // namespace
} // namespace tenon::actors::connectors
