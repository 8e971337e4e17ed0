#include "runtime/outbound/retry.hpp"

#include <gtest/gtest.h>

namespace tenon::runtime::outbound {
namespace {

using namespace std::chrono_literals;

const moment now = *parse_moment("2026-11-21T09:00:00Z");

result<response> status(unsigned s, std::optional<std::string> retry_after = {}) {
  response r;
  r.status = s;
  if (retry_after)
    r.headers.emplace_back("Retry-After", *retry_after);
  return r;
}

result<response> broke(phase p, tenon::code c = code::unavailable,
                       std::optional<span> retry_after = {}) {
  return failure{
      .code = c, .why = "broke", .where = std::string{name_of(p)}, .retry_after = retry_after};
}

bool again(const result<response>& r, bool repeatable) {
  return next_delay({}, 1, r, repeatable, now, 0.5).has_value();
}

TEST(retry, repeats_a_status_that_can_be_another_the_next_time) {
  for (const unsigned s : {408u, 425u, 429u, 500u, 502u, 503u, 504u, 520u, 599u})
    EXPECT_TRUE(again(status(s), true)) << s;
  for (const unsigned s : {200u, 204u, 302u, 400u, 401u, 403u, 404u, 409u, 412u, 422u, 501u, 505u})
    EXPECT_FALSE(again(status(s), true)) << s;
}

TEST(retry, repeats_what_must_not_happen_twice_only_when_it_cannot_have_happened) {
  for (const unsigned s : {408u, 425u, 429u, 503u})
    EXPECT_TRUE(again(status(s), false)) << s;
  for (const unsigned s : {500u, 502u, 504u})
    EXPECT_FALSE(again(status(s), false)) << s;
  for (const auto p : {phase::wait, phase::lookup, phase::connect, phase::tls, phase::send})
    EXPECT_TRUE(again(broke(p), false)) << name_of(p);
  for (const auto p : {phase::answer, phase::body}) {
    EXPECT_FALSE(again(broke(p), false)) << name_of(p);
    EXPECT_TRUE(again(broke(p), true)) << name_of(p);
    EXPECT_TRUE(again(broke(p, code::timed_out), true)) << name_of(p);
  }
}

TEST(retry, does_not_repeat_what_stays_wrong) {
  for (const auto p : {phase::url, phase::guard, phase::redirect})
    EXPECT_FALSE(again(broke(p), true)) << name_of(p);
  for (const auto c : {code::malformed, code::forbidden, code::not_found, code::too_large,
                       code::conflict, code::internal, code::uncertain})
    EXPECT_FALSE(again(broke(phase::connect, c), true)) << name_of(c);
}

TEST(retry, ends_after_the_attempts_of_its_policy) {
  EXPECT_TRUE(next_delay({}, 2, status(503), true, now, 0.5));
  EXPECT_FALSE(next_delay({}, 3, status(503), true, now, 0.5));
  EXPECT_FALSE(next_delay({.attempts = 1}, 1, status(503), true, now, 0.5));
  EXPECT_FALSE(next_delay({}, 0, status(503), true, now, 0.5));
}

TEST(retry, spreads_its_delay_over_a_ceiling_that_doubles_up_to_the_longest) {
  const retry_policy p{.attempts = 1000, .first = 100ms, .longest = 1s};
  const auto delay = [&](unsigned attempt, double random) {
    return *next_delay(p, attempt, status(503), true, now, random);
  };
  EXPECT_EQ(delay(1, 0.0), 0ms);
  EXPECT_EQ(delay(1, 0.5), 50ms);
  EXPECT_EQ(delay(2, 0.5), 100ms);
  EXPECT_EQ(delay(3, 0.5), 200ms);
  EXPECT_EQ(delay(4, 0.5), 400ms);
  EXPECT_EQ(delay(5, 0.5), 500ms);
  EXPECT_EQ(delay(999, 0.5), 500ms);
  EXPECT_LT(delay(999, 0.999999), 1s);
}

TEST(retry, waits_at_least_as_long_as_the_server_asks) {
  EXPECT_EQ(next_delay({}, 1, status(429, "7"), true, now, 0.0), 7s);
  EXPECT_EQ(next_delay({}, 1, status(429, "7"), true, now, 0.5), 7s + 250ms);
  EXPECT_EQ(next_delay({}, 1, status(503, "Sat, 21 Nov 2026 09:00:30 GMT"), true, now, 0.0), 30s);
  EXPECT_EQ(next_delay({}, 1, status(503, "Sat, 21 Nov 2026 08:00:00 GMT"), true, now, 0.5), 0s);
  EXPECT_EQ(next_delay({}, 1, status(503, "soon"), true, now, 0.5), 250ms);
  EXPECT_EQ(next_delay({}, 1, broke(phase::wait, code::overloaded, span{2000}), false, now, 0.0),
            2s);
}

TEST(retry, leaves_a_long_wait_to_the_caller) {
  EXPECT_TRUE(next_delay({}, 1, status(429, "120"), true, now, 0.0));
  EXPECT_FALSE(next_delay({}, 1, status(429, "121"), true, now, 0.0));
  EXPECT_FALSE(next_delay({}, 1, status(429, "99999999999999999999"), true, now, 0.0));
}

TEST(retry_after, is_seconds_or_one_of_the_three_http_dates) {
  const auto then = *parse_moment("1994-11-06T08:49:00Z");
  EXPECT_EQ(parse_retry_after("0", now), 0s);
  EXPECT_EQ(parse_retry_after("3600", now), 3600s);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", then), 37s);
  EXPECT_EQ(parse_retry_after("Sunday, 06-Nov-94 08:49:37 GMT", then), 37s);
  EXPECT_EQ(parse_retry_after("Sun Nov  6 08:49:37 1994", then), 37s);
  EXPECT_EQ(parse_retry_after("Sun Nov 16 08:49:37 1994", then), 10 * 24h + 37s);
  EXPECT_EQ(parse_retry_after("Sunday, 06-Nov-94 08:49:37 GMT", now), 0s) << "1994, not 2094";
  for (const auto* text :
       {"", "-1", "1.5", "1 s", "soon", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 8:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Now 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT", "Sun Nov  6 08:49:37 199", ", GMT", "GMT", " GMT"})
    EXPECT_FALSE(parse_retry_after(text, now)) << text;
}

} // namespace
} // namespace tenon::runtime::outbound
