#include "protocols/moment.hpp"

#include "protocols/failure.hpp"

#include <gtest/gtest.h>

#include <random>

namespace {

using namespace std::chrono_literals;
using tenon::moment;
using tenon::parse_moment;
using tenon::parse_span;
using tenon::span;
using tenon::to_text;

TEST(moment, is_written_in_utc_and_without_a_fraction_of_zero) {
  EXPECT_EQ(to_text(moment{}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(to_text(moment{1795251600000ms}), "2026-11-21T09:00:00Z");
  EXPECT_EQ(to_text(moment{1795251600007ms}), "2026-11-21T09:00:00.007Z");
  EXPECT_EQ(to_text(moment{-1ms}), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(to_text(moment{moment::max()}), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(to_text(moment{moment::min()}), "0000-01-01T00:00:00Z");
}

TEST(moment, is_read_with_any_offset_any_fraction_or_as_a_date) {
  const moment nine{1795251600000ms};
  EXPECT_EQ(parse_moment("2026-11-21T09:00:00Z").value(), nine);
  EXPECT_EQ(parse_moment("2026-11-21t09:00:00z").value(), nine);
  EXPECT_EQ(parse_moment("2026-11-21T10:30:00+01:30").value(), nine);
  EXPECT_EQ(parse_moment("2026-11-21T10:30:00+0130").value(), nine);
  EXPECT_EQ(parse_moment("2026-11-20T23:00:00-10:00").value(), nine);
  EXPECT_EQ(parse_moment("2026-11-21T09:00:00.1Z").value(), nine + 100ms);
  EXPECT_EQ(parse_moment("2026-11-21T09:00:00.123456789Z").value(), nine + 123ms);
  EXPECT_EQ(parse_moment("2026-11-21").value(), nine - 9h);
  EXPECT_EQ(parse_moment("2026-12-31T23:59:60Z").value(),
            parse_moment("2027-01-01T00:00:00Z").value());
  EXPECT_EQ(parse_moment("2024-02-29").value(), parse_moment("2024-03-01").value() - 24h);
}

TEST(moment, refuses_what_is_no_time_and_shows_how_to_write_one) {
  for (const auto* text : {"",
                           "2026",
                           "2026-11",
                           "2026-13-01",
                           "2026-02-29",
                           "2026-00-10",
                           "2026-11-21T",
                           "2026-11-21T09:00",
                           "2026-11-21T09:00:00",
                           "2026-11-21T24:00:00Z",
                           "2026-11-21T09:60:00Z",
                           "2026-11-21T09:00:61Z",
                           "2026-11-21T09:00:00.Z",
                           "2026-11-21T09:00:00.1234567890Z",
                           "2026-11-21T09:00:00+24:00",
                           "2026-11-21T09:00:00+01:60",
                           "2026-11-21T09:00:00Zx",
                           "26-11-21",
                           "+2026-11-21",
                           "2026-11-21 ",
                           "noon"}) {
    const auto read = parse_moment(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, tenon::code::malformed);
    EXPECT_NE(read.error().remedy.find("2026-11-21T09:00:00Z"), std::string::npos);
  }
}

TEST(moment, reads_back_what_it_writes) {
  std::mt19937_64 random{3};
  const auto range = std::uint64_t{315'569'520'000'000}; // 10,000 years
  const auto first = parse_moment("0000-01-01").value();
  for (int i = 0; i < 20'000; ++i) {
    const auto at = first + span{static_cast<std::int64_t>(random() % range)};
    ASSERT_EQ(parse_moment(to_text(at)).value(), at) << to_text(at);
  }
}

TEST(span, is_written_in_the_units_it_has) {
  EXPECT_EQ(to_text(span{}), "0s");
  EXPECT_EQ(to_text(span{250ms}), "250ms");
  EXPECT_EQ(to_text(span{90min}), "1h30m");
  EXPECT_EQ(to_text(span{48h}), "2d");
  EXPECT_EQ(to_text(span{24h * 10 + 1500ms}), "10d1s500ms");
  EXPECT_EQ(to_text(-span{5min}), "-5m");
}

TEST(span, is_read_in_units_from_large_to_small) {
  EXPECT_EQ(parse_span("500ms").value(), 500ms);
  EXPECT_EQ(parse_span("2s").value(), 2s);
  EXPECT_EQ(parse_span("5m").value(), 5min);
  EXPECT_EQ(parse_span("1h30m").value(), 90min);
  EXPECT_EQ(parse_span("2d").value(), 48h);
  EXPECT_EQ(parse_span("1w1d").value(), 192h);
  EXPECT_EQ(parse_span("1m1ms").value(), 60'001ms);
  EXPECT_EQ(parse_span("-2h").value(), -2h);
  EXPECT_EQ(parse_span("0s").value(), 0s);
}

TEST(span, refuses_what_is_no_duration_and_says_why) {
  const auto why = [](std::string_view text) { return parse_span(text).error().why; };
  EXPECT_EQ(why("500"), "'500' has a number without a unit");
  EXPECT_EQ(why("5x"), "'5x' has a unit other than w, d, h, m, s and ms");
  EXPECT_EQ(why("5m1h"), "'5m1h' has its units out of order or twice");
  EXPECT_EQ(why("5m5m"), "'5m5m' has its units out of order or twice");
  EXPECT_EQ(why(""), "'' is not a duration");
  EXPECT_EQ(why("-"), "'-' is not a duration");
  EXPECT_EQ(why("--5m"), "'--5m' is not a duration");
  EXPECT_EQ(why("h"), "'h' is not a duration");
  EXPECT_EQ(why("99999999999999999999s"),
            "'99999999999999999999s' is longer than 292 million years");
  EXPECT_EQ(why("9223372036854775807s"), "'9223372036854775807s' is longer than 292 million years");
}

TEST(span, reads_back_what_it_writes) {
  std::mt19937_64 random{5};
  for (int i = 0; i < 20'000; ++i) {
    const span length{static_cast<std::int64_t>(random() >> (1 + random() % 50))};
    ASSERT_EQ(parse_span(to_text(length)).value(), length) << to_text(length);
    ASSERT_EQ(parse_span(to_text(-length)).value(), -length) << to_text(-length);
  }
}

} // namespace
