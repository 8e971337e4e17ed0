#include "nodes/cli/integration_text.hpp"

#include "protocols/json.hpp"

#include <gtest/gtest.h>

namespace tenon::nodes::cli {
namespace {

value read(const char* text) {
  auto v = read_json(text);
  EXPECT_TRUE(v) << v.error().why;
  return v ? *std::move(v) : value{};
}

const moment now = *parse_moment("2026-11-21T12:00:00Z");

TEST(cli_integration_text, shows_a_score_its_metrics_and_what_to_do) {
  const auto text =
      health_text(read(R"({"integration": "shop", "score": 62, "state": "fair", "known": 2, "of": 7,
        "metrics": [
          {"metric": "error_rate", "state": "poor", "score": 10, "value": 18.25, "unit": "%",
           "since": "2026-11-21T10:00:00Z", "from": "500 requests of the last day"},
          {"metric": "latency", "state": "unknown", "score": null, "value": null, "unit": "ms",
           "since": null, "from": ""}],
        "advice": [{"about": "error_rate", "what": "90 requests failed", "remedy": "Wait."}]})"),
                  now, {});
  for (const auto* part :
       {"shop  62 of 100, fair", "from 2 of 2 metrics", "error rate", "18.2 %", "2 h 00 min",
        "500 requests", "latency", "unknown", "error rate: 90 requests failed\n  Wait.\n"})
    EXPECT_NE(text.find(part), text.npos) << '"' << part << "\" is not in:\n" << text;
}

TEST(cli_integration_text, does_not_make_a_score_of_nothing) {
  const auto text =
      health_text(read(R"({"integration": "shop", "score": null, "state": "unknown", "known": 0,
                          "metrics": [], "advice": []})"),
                  now, {});
  EXPECT_NE(text.find("nothing is known yet"), text.npos) << text;
}

TEST(cli_integration_text, shows_each_check_with_its_mark_and_the_remedy_below) {
  const auto report = read(R"({"integration": "shop", "outcome": "failed", "passed": 1,
    "warned": 0, "failed": 1, "skipped": 1, "checks": [
      {"part": "address", "check": "resolves", "outcome": "passed", "detail": "it is there",
       "remedy": "", "took_ms": 12},
      {"part": "streams", "check": "stream a", "outcome": "failed", "detail": "403\u001b[2J",
       "remedy": "Ask.", "took_ms": null},
      {"part": "streams", "check": "stream b", "outcome": "skipped", "detail": "no time",
       "remedy": "", "took_ms": null}]})");
  const auto text = trial_text(report, {});
  for (const auto* part : {"✓  resolves", "12 ms", "✗  stream a", "–  stream b", "\n       Ask.\n",
                           "1 passed, 1 failed, 1 not tried"})
    EXPECT_NE(text.find(part), text.npos) << '"' << part << "\" is not in:\n" << text;
  EXPECT_EQ(text.find('\x1b'), text.npos) << "what a platform says commands no terminal";
  const auto plain = trial_text(report, {.unicode = false});
  EXPECT_NE(plain.find("ok resolves"), plain.npos) << plain;
}

} // namespace
} // namespace tenon::nodes::cli
