#include "nodes/cli/progress.hpp"

#include "protocols/json.hpp"

#include <gtest/gtest.h>

namespace {

using namespace tenon::nodes::cli;
using tenon::span;

constexpr look terminal_of(std::size_t width) {
  return {.unicode = true, .width = width};
}

pace steady(std::int64_t per_second, int seconds) {
  pace p;
  for (int s = 0; s <= seconds; ++s)
    p.observe(per_second * s, span{1000 * s});
  return p;
}

TEST(cli_progress, shows_bar_percentage_rate_and_the_time_left) {
  const run_report r{.run = 7, .state = "running", .read = 12'400, .expected = 20'000};
  EXPECT_EQ(
      progress_line("customers", r, steady(3'100, 4), span{4'000}, terminal_of(100)),
      "customers  ━━━━━━━━━━━━━━━━━━╸───────────  62 %  12,400 of 20,000  3,100/s  2.5 s left");
}

TEST(cli_progress, shows_counts_alone_when_the_size_is_not_known) {
  const run_report r{.run = 7, .state = "running", .read = 1'240, .unchanged = 40};
  EXPECT_EQ(progress_line("customers", r, steady(310, 4), span{4'500}, terminal_of(100)),
            "customers  1,240 read  310/s  4.5 s  40 unchanged");
}

TEST(cli_progress, never_says_100_percent_before_the_end_nor_more_than_the_bar_holds) {
  const run_report r{.run = 7, .state = "running", .read = 300, .expected = 200};
  EXPECT_EQ(progress_line("x", r, {}, span{500}, terminal_of(60)),
            "x  ━━━━━━━━━━  99 %  300 of 200  0.5 s");
}

TEST(cli_progress, fits_every_width_and_keeps_what_matters_most) {
  const run_report r{.run = 7,
                     .state = "running",
                     .read = 12'400,
                     .unchanged = 12,
                     .dead_lettered = 3,
                     .expected = 20'000};
  for (std::size_t width = 30; width <= 200; ++width) {
    const auto line = progress_line("a-sync-with-a-long-name", r, steady(3'100, 4), span{4'000},
                                    terminal_of(width));
    EXPECT_LT(columns_of(line), width) << line;
    EXPECT_NE(line.find("62 %"), std::string::npos) << line;
  }
}

TEST(cli_progress, says_paused_instead_of_a_rate) {
  const run_report r{.run = 7, .state = "paused", .read = 50, .expected = 100};
  EXPECT_EQ(progress_line("x", r, steady(10, 5), span{5'000}, {.unicode = false, .width = 60}),
            "x  #####-----  50 %   50 of 100  paused  5 s");
}

TEST(cli_pace, follows_a_change_within_seconds_and_is_not_thrown_by_one_burst) {
  auto p = steady(1'000, 10);
  EXPECT_NEAR(p.rate(), 1'000, 1);
  p.observe(10'000 + 5'000, span{11'000}); // one second of five times as much
  EXPECT_LT(p.rate(), 2'500);
  for (int s = 12; s <= 30; ++s)
    p.observe(15'000 + (s - 11) * 100, span{1000 * s});
  EXPECT_NEAR(p.rate(), 100, 10);
}

TEST(cli_pace, says_nothing_about_the_time_left_until_it_knows) {
  pace p;
  p.observe(0, span{0});
  EXPECT_FALSE(p.left(0, 100));
  p.observe(0, span{1'000});
  EXPECT_FALSE(p.left(0, 100));
  p.observe(50, span{2'000});
  EXPECT_EQ(p.left(50, 100), span{1'000});
  EXPECT_FALSE(p.left(50, std::nullopt));
  EXPECT_FALSE(p.left(100, 100));
}

TEST(cli_summary, is_one_sentence_with_what_happened) {
  const run_report r{.run = 7,
                     .state = "succeeded",
                     .read = 20'000,
                     .stored = 19'600,
                     .unchanged = 400,
                     .bytes = 20'480'000,
                     .took = span{6'200}};
  EXPECT_EQ(
      summary_line("customers", r, span{7'000}, {}),
      "✓ customers  20,000 read, 20.5 MB, in 6.2 s (3,225/s): 19,600 stored, 400 unchanged\n");
  const run_report f{.run = 8, .state = "failed", .read = 10, .stored = 10};
  EXPECT_EQ(summary_line("customers", f, span{50}, {.unicode = false}),
            "x customers  failed: 10 read in 0.1 s: 10 stored\n");
}

TEST(cli_run_report, reads_the_servers_run_with_its_failure) {
  const auto answer = tenon::read_json(
      R"({"run":7,"state":"failed","read":10,"stored":9,"dead_lettered":1,"expected":null,
          "started_at":"2026-11-21T10:00:00Z","ended_at":"2026-11-21T10:00:01.500Z",
          "failure":{"type":"urn:tenon:problem:unavailable","detail":"gone","field":"GET /x"}})");
  const auto r = read_run(*answer);
  ASSERT_TRUE(r);
  EXPECT_EQ(r->read, 10);
  EXPECT_EQ(r->dead_lettered, 1);
  EXPECT_EQ(r->took, span{1'500});
  EXPECT_FALSE(r->expected);
  EXPECT_TRUE(r->ended());
  ASSERT_TRUE(r->why);
  EXPECT_EQ(r->why->code, tenon::code::unavailable);
  EXPECT_EQ(r->why->why, "gone");
  EXPECT_EQ(r->why->where, "GET /x");
  EXPECT_FALSE(read_run(tenon::value{}));
  EXPECT_FALSE(read_run(tenon::object{{"run", 7}}));
}

} // namespace
