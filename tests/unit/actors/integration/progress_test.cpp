#include "tests/unit/actors/integration/sample.hpp"

#include "protocols/json.hpp"

namespace tenon::actors::connectors {
namespace {

using namespace std::chrono_literals;

progress_rule rule_of(std::string_view text) {
  problems found;
  auto made = compile_progress(value_of_yaml(text), "cursor", found);
  for (const auto& wrong : std::move(found).take())
    ADD_FAILURE() << wrong.where << ": " << wrong.why;
  return made.value_or(progress_rule{});
}

std::int64_t ms(moment m) {
  return m.time_since_epoch().count();
}

std::string asked(const progress_rule& rule, const progress& p) {
  const auto low = lower_bound(rule, p);
  return low ? text_of(rule, *low) : "everything";
}

TEST(progress, asks_for_everything_first_and_then_from_a_little_before_the_largest_seen) {
  const auto rule = rule_of("time: {field: at, from: since}");
  auto p = begin(rule, {}, noon);
  EXPECT_EQ(asked(rule, p), "everything");
  p.high = ms(noon - 1h);
  EXPECT_EQ(asked(rule, p), "everything") << "what is asked does not move during a run";
  const auto next = begin(rule, complete(p), noon);
  EXPECT_EQ(asked(rule, next), "2026-03-01T10:59:59Z") << "equal times are read again";
}

TEST(progress, loses_nothing_when_a_run_is_broken_off) {
  const auto rule = rule_of("time: {field: at, from: since}");
  progress before;
  before.from = ms(noon - 2h);
  auto p = begin(rule, before, noon);
  p.high = ms(noon);
  EXPECT_EQ(begin(rule, p, noon).from, before.from);
  EXPECT_EQ(begin(rule, p, noon).high, std::nullopt);
}

TEST(progress, never_goes_back) {
  progress p;
  p.from = 10;
  p.high = 5;
  EXPECT_EQ(complete(p).from, 10);
  p.high = std::nullopt;
  EXPECT_EQ(complete(p).from, 10);
}

TEST(progress, writes_bounds_in_the_format_of_the_parameter) {
  const auto at = ms(noon + 1234ms);
  EXPECT_EQ(text_of(rule_of("time: {field: a}"), at), "2026-03-01T12:00:01.234Z");
  EXPECT_EQ(text_of(rule_of("time: {field: a, format: epoch_s}"), at), "1772366401");
  EXPECT_EQ(text_of(rule_of("time: {field: a, format: epoch_ms}"), at), "1772366401234");
  EXPECT_EQ(text_of(rule_of("time: {field: a, format: date}"), at), "2026-03-01");
  EXPECT_EQ(text_of(rule_of("seq: {field: a}"), 7), "7");
}

TEST(progress, reads_fields_in_their_formats) {
  const auto text = rule_of("time: {field: a}");
  EXPECT_EQ(read_field(text, "\"2026-03-01T13:00:00+01:00\""), ms(noon));
  EXPECT_EQ(read_field(text, "\"2026-03-01\""), ms(noon - 12h));
  EXPECT_EQ(read_field(text, "1772366400"), std::nullopt) << "seconds or milliseconds?";
  const auto seconds = rule_of("time: {field: a, format: epoch_s}");
  EXPECT_EQ(read_field(seconds, "1772366400"), ms(noon));
  EXPECT_EQ(read_field(seconds, "\"1772366400.75\""), ms(noon));
  EXPECT_EQ(read_field(seconds, "\"2026-03-01T12:00:00Z\""), ms(noon));
  EXPECT_EQ(read_field(seconds, "9223372036854775807"), std::nullopt);
  EXPECT_EQ(read_field(rule_of("time: {field: a, format: epoch_ms}"), "1772366400000"), ms(noon));
  const auto sequence = rule_of("seq: {field: a}");
  EXPECT_EQ(read_field(sequence, "\"1234567890123456789\""), 1234567890123456789);
  for (const char* raw : {"null", "\"\"", "\"x\"", "{}", "true", "\"9999-12-31\""})
    EXPECT_EQ(read_field(text, raw), std::nullopt) << raw;
  for (const char* raw : {"null", "1.5", "\"1a\"", "99999999999999999999"})
    EXPECT_EQ(read_field(sequence, raw), std::nullopt) << raw;
}

TEST(progress, goes_on_after_a_number_with_its_lookback) {
  const auto rule = rule_of("seq: {field: a, param: since_id, lookback: 10, start: 100}");
  EXPECT_EQ(rule.from, "since_id");
  EXPECT_EQ(asked(rule, begin(rule, {}, noon)), "100");
  progress p;
  p.from = 500;
  EXPECT_EQ(asked(rule, begin(rule, p, noon)), "490");
}

TEST(progress, reads_window_after_window_up_to_now_less_the_lag) {
  const auto rule = rule_of("time: {field: a, from: f, to: t, window: 1d, lag: 1h, "
                            "start: 2026-02-27}");
  std::optional<progress> p = begin(rule, {}, noon);
  std::string windows;
  for (int most = 0; p && most < 10; p = next_window(rule, *p, noon), ++most)
    windows +=
        text_of(rule, *lower_bound(rule, *p)) + "/" + text_of(rule, *upper_bound(rule, *p)) + " ";
  EXPECT_EQ(windows, "2026-02-27T00:00:00Z/2026-02-28T00:00:00Z "
                     "2026-02-28T00:00:00Z/2026-03-01T00:00:00Z "
                     "2026-03-01T00:00:00Z/2026-03-01T11:00:00Z ");
  progress later;
  later.from = ms(noon - 2h);
  const auto again = begin(rule, later, noon);
  EXPECT_EQ(asked(rule, again), "2026-03-01T09:59:59Z");
  EXPECT_FALSE(next_window(rule, again, noon));
}

TEST(progress, comes_to_an_end_although_time_goes_on_while_it_is_read) {
  const auto rule = rule_of("time: {field: a, from: f, to: t, window: 1d, start: 2026-02-27}");
  auto now = noon;
  auto p = std::optional{begin(rule, {}, now)};
  int windows = 0;
  for (; p && windows < 100; ++windows) {
    now += std::chrono::seconds{20};
    const auto kept = to_progress(rule, to_object(rule, *p));
    ASSERT_TRUE(kept);
    EXPECT_EQ(*kept, *p);
    p = next_window(rule, *p, now);
  }
  EXPECT_EQ(windows, 3);
}

TEST(progress, asks_for_no_window_that_ends_before_it_begins) {
  const auto rule = rule_of("time: {field: a, from: f, to: t, window: 1d, lag: 1h, "
                            "start: 2027-01-01}");
  const auto p = begin(rule, {}, noon);
  EXPECT_EQ(p.since, p.until);
  EXPECT_FALSE(next_window(rule, p, noon));
}

TEST(progress, is_kept_as_a_document_that_people_can_read) {
  const auto rule = rule_of("time: {field: a}");
  progress p;
  p.from = ms(noon);
  p.high = ms(noon + 1500ms);
  EXPECT_EQ(write_json(to_object(rule, p)),
            R"({"from":"2026-03-01T12:00:00Z","high":"2026-03-01T12:00:01.500Z"})");
  EXPECT_EQ(to_progress(rule, to_object(rule, p)).value(), p);
  const auto sequence = rule_of("seq: {field: a}");
  EXPECT_EQ(to_progress(sequence, to_object(sequence, progress{7, 8, {}, {}})).value(),
            (progress{7, 8, {}, {}}));
  EXPECT_EQ(to_progress(sequence, to_object(rule, p)).error().where, "cursor.from");
  EXPECT_FALSE(to_progress(rule, {{"other", "x"}}));
}

TEST(progress, refuses_what_is_no_cursor_of_its_stream) {
  const auto why = [](const progress_rule& rule, const object& told) {
    const auto read = to_progress(rule, told);
    EXPECT_FALSE(read) << write_json(told);
    return read ? failure{} : read.error();
  };
  const auto time = rule_of("time: {field: a}");
  EXPECT_EQ(why(time, {{"nonsense", 1}}).why, "a cursor of this stream has no nonsense");
  EXPECT_EQ(why(time, {{"from", "not a date"}}).where, "cursor.from");
  EXPECT_NE(why(time, {{"from", 7}}).remedy.find(R"({"from": "2026-)"), std::string::npos);
  const auto sequence = rule_of("seq: {field: a}");
  EXPECT_EQ(why(sequence, {{"from", "7"}}).why, "the cursor's from is no whole number");
  const auto token = rule_of("token: {save: next, send: after}");
  EXPECT_EQ(why(token, {{"from", 7}}).why, "a cursor of this stream has no from");
}

} // namespace
} // namespace tenon::actors::connectors
