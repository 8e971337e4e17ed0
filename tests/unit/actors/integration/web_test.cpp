#include "actors/integration/web/clock.hpp"
#include "actors/integration/web/message.hpp"
#include "actors/integration/web/url.hpp"

#include <gtest/gtest.h>

namespace tenon::actors::connectors {
namespace {

using namespace std::chrono_literals;

constexpr moment noon = std::chrono::sys_days{std::chrono::year{2026} / 3 / 1} + 12h;

TEST(url, joins_a_path_below_the_base) {
  const auto base = *parse_url("https://h/api/v1/");
  EXPECT_EQ(to_text(*join(base, "/users?x=1")), "https://h/api/v1/users?x=1");
  EXPECT_EQ(to_text(*join(base, "users")), "https://h/api/v1/users");
  EXPECT_EQ(to_text(*join(base, "")), "https://h/api/v1");
  EXPECT_EQ(to_text(*join(base, "https://other/x")), "https://other/x");
  EXPECT_EQ(to_text(*join(*parse_url("http://[::1]:8080"), "/x")), "http://[::1]:8080/x");
  EXPECT_FALSE(join(base, "/a b"));
  EXPECT_FALSE(join(base, "ftp://other/x"));
}

TEST(url, encodes_everything_that_could_mean_something) {
  EXPECT_EQ(percent_encoded("a b/c?d=e&f+g%\xc3\xa9~"), "a%20b%2Fc%3Fd%3De%26f%2Bg%25%C3%A9~");
  auto u = *parse_url("http://h/x?a=1");
  append_query(u, {{"b&", "c="}});
  EXPECT_EQ(to_text(u), "http://h/x?a=1&b%26=c%3D");
  append_query(u, {});
  EXPECT_EQ(to_text(u), "http://h/x?a=1&b%26=c%3D");
  auto bare = *parse_url("http://h");
  append_query(bare, {{"a", "1"}, {"b", ""}});
  EXPECT_EQ(to_text(bare), "http://h/?a=1&b=");
}

TEST(url, stays_with_the_hosts_that_are_allowed) {
  const auto base = *parse_url("https://api.example.com/v1");
  const std::vector<std::string> hosts{"files.example.com", "*.cdn.example.com", "h:8443"};
  const auto allowed = [&](std::string_view text) {
    return is_allowed(*parse_url(text), base, hosts);
  };
  EXPECT_TRUE(allowed("https://api.example.com/other"));
  EXPECT_TRUE(allowed("https://files.example.com/x"));
  EXPECT_TRUE(allowed("https://a.cdn.example.com/x"));
  EXPECT_TRUE(allowed("https://h:8443/"));
  EXPECT_FALSE(allowed("http://api.example.com/other")) << "never down to http";
  EXPECT_FALSE(allowed("https://api.example.com:8443/"));
  EXPECT_FALSE(allowed("https://cdn.example.com/"));
  EXPECT_FALSE(allowed("https://evilcdn.example.com/"));
  EXPECT_FALSE(allowed("https://evil.com/api.example.com"));
  EXPECT_FALSE(allowed("https://h/"));
  const auto local = *parse_url("http://127.0.0.1:8080/");
  EXPECT_TRUE(is_allowed(*parse_url("https://h/"), *parse_url("http://h/"), {})) << "up is fine";
  EXPECT_TRUE(is_allowed(*parse_url("http://127.0.0.1:8080/x"), local, {}));
  EXPECT_FALSE(is_allowed(*parse_url("http://127.0.0.1:8081/x"), local, {}));
}

TEST(url, matches_patterns_with_stars) {
  EXPECT_TRUE(matches("*/search", "/crm/v3/search"));
  EXPECT_TRUE(matches("/crm/*/objects/*/search", "/crm/v3/objects/contacts/search"));
  EXPECT_TRUE(matches("*", ""));
  EXPECT_FALSE(matches("*/search", "/search/x"));
  EXPECT_FALSE(matches("", "x"));
  EXPECT_TRUE(matches("a*b*c", "aXbXbc"));
}

TEST(headers, are_found_and_set_whatever_their_case) {
  headers all{{"Retry-After", "1"}, {"retry-AFTER", "2"}};
  EXPECT_EQ(find_header(all, "RETRY-after"), "1");
  EXPECT_EQ(find_header(all, "x"), std::nullopt);
  set_header(all, "retry-after", "3");
  EXPECT_EQ(all, (headers{{"retry-after", "3"}}));
}

TEST(clocks, read_all_eight) {
  using enum connectors::clock;
  EXPECT_EQ(read_clock(epoch_s, "1772366460", noon), noon + 60s);
  EXPECT_EQ(read_clock(epoch_s, "1772366460.25", noon), noon + 60s + 250ms);
  EXPECT_EQ(read_clock(epoch_ms, "1772366400500", noon), noon + 500ms);
  EXPECT_EQ(read_clock(delta_s, " 30 ", noon), noon + 30s);
  EXPECT_EQ(read_clock(delta_ms, "1500", noon), noon + 1500ms);
  EXPECT_EQ(read_clock(minutes, "5", noon), noon + 5min);
  EXPECT_EQ(read_clock(rfc3339, "2026-03-01T12:00:05Z", noon), noon + 5s);
  EXPECT_EQ(read_clock(http_date, "Sun, 01 Mar 2026 12:01:00 GMT", noon), noon + 1min);
  EXPECT_EQ(read_clock(duration, "6m0s", noon), noon + 6min);
  EXPECT_EQ(read_clock(duration, "120ms", noon), noon + 120ms);
  EXPECT_EQ(read_clock(duration, "1.5s", noon), noon + 1500ms);
  EXPECT_EQ(read_clock(duration, "1h2m3s", noon), noon + 1h + 2min + 3s);
}

TEST(clocks, read_nothing_out_of_what_is_no_time) {
  using enum connectors::clock;
  for (const auto kind :
       {epoch_s, epoch_ms, delta_s, delta_ms, minutes, rfc3339, http_date, duration})
    for (const char* text : {"", "soon", "-5", "1e3", "nan", "inf", "5 5", "99999999999999999999"})
      EXPECT_EQ(read_clock(kind, text, noon), std::nullopt) << static_cast<int>(kind) << text;
  EXPECT_EQ(read_clock(duration, "5", noon), std::nullopt);
  EXPECT_EQ(read_clock(duration, "5y", noon), std::nullopt);
  EXPECT_EQ(read_clock(epoch_s, "0", noon), std::nullopt) << "further than ten years";
  EXPECT_EQ(read_clock(http_date, "Sun, 31 Feb 2026 12:01:00 GMT", noon), std::nullopt);
  EXPECT_EQ(read_clock(http_date, "Sun, 01 Xxx 2026 12:01:00 GMT", noon), std::nullopt);
}

TEST(clocks, read_retry_after_in_both_forms) {
  EXPECT_EQ(read_retry_after("120", noon), noon + 2min);
  EXPECT_EQ(read_retry_after("Sun, 01 Mar 2026 12:00:10 GMT", noon), noon + 10s);
  EXPECT_EQ(read_retry_after("tomorrow", noon), std::nullopt);
}

} // namespace
} // namespace tenon::actors::connectors
