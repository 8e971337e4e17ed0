#include "actors/sync.hpp"
#include "actors/sync/runs/account.hpp"
#include "tests/support/given.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

using namespace std::chrono_literals;
using subject = tenon::actors::sync; // sync is a function of the system as well
using tenon::moment;
using tenon::span;
using tenon::tests::at;
using tenon::tests::given;
using wire = tenon::protocols::sync;

namespace {

constexpr auto spec = R"({"from":{"sqlite":{"file":"/a","table":"t","key":"id"}},"into":"c"})";

auto configured() {
  return given<subject>(subject::configured{spec, at(0s)});
}

wire::transferred page(std::uint64_t run, std::uint64_t number, bool last = false) {
  return {.run = run,
          .page = number,
          .moved = {.stored = 60, .unchanged = 40, .bytes = 5'000, .position = "p", .last = last}};
}

tenon::protocols::account_types::statistics statistics(auto& one) {
  return *one.when(subject::read_statistics{}).reply;
}

TEST(sync_account, says_how_fast_the_run_under_way_reads_and_how_fast_the_last_ones_did) {
  auto one = configured();
  one.at(0s).when(subject::start{});
  one.at(1s).when(page(1, 0));
  auto told = statistics(one);
  EXPECT_DOUBLE_EQ(told.under_way.records_per_second, 100);
  EXPECT_EQ(told.newest.runs, 0u);
  one.at(4s).when(page(1, 1, true));
  told = statistics(one);
  EXPECT_EQ(told.under_way.runs, 0u);
  EXPECT_EQ(told.newest.runs, 1u);
  EXPECT_DOUBLE_EQ(told.newest.records_per_second, 50);
  EXPECT_DOUBLE_EQ(told.newest.bytes_per_second, 2'500);
}

TEST(sync_account, counts_no_time_in_which_it_was_paused) {
  auto one = configured();
  one.at(0s).when(subject::start{});
  one.at(2s).when(page(1, 0));
  one.at(2s).when(subject::pause{});
  one.at(2h).when(subject::resume{});
  one.at(2h + 2s).when(page(1, 1, true));
  EXPECT_EQ(one.state.run.busy, span{4s});
  EXPECT_DOUBLE_EQ(statistics(one).newest.records_per_second, 50);
}

TEST(sync_account, says_since_when_the_source_was_last_seen_whole) {
  auto one = configured();
  EXPECT_FALSE(statistics(one).lag);
  one.at(10s).when(subject::start{});
  one.at(20s).when(page(1, 0));
  one.at(30s).when(wire::transferred{.run = 1, .page = 1, .why = "gone"});
  EXPECT_FALSE(statistics(one).lag);
  one.at(40s).when(subject::start{});
  one.at(50s).when(page(2, 0, true));
  // The run went on where the first had failed: what that one read is as old as that.
  EXPECT_EQ(statistics(one).whole_at, at(10s));
  EXPECT_EQ(*statistics(one).lag, span{40s});
  one.at(60s).when(subject::start{});
  one.at(70s).when(page(3, 0, true));
  EXPECT_EQ(one.at(100s).when(subject::read_statistics{}).reply->lag, span{40s});
}

TEST(sync_account, counts_what_ended_well_and_what_did_not) {
  auto one = configured();
  for (std::uint64_t run = 1; run <= 4; ++run) {
    one.when(subject::start{});
    if (run == 2)
      one.when(wire::transferred{.run = run, .why = "gone"});
    else if (run == 3)
      one.when(subject::cancel{});
    else
      one.when(page(run, 0, true));
  }
  const auto told = statistics(one);
  EXPECT_EQ(told.succeeded, 2u);
  EXPECT_EQ(told.failed, 1u);
  ASSERT_EQ(told.hours.size(), 48u);
  ASSERT_EQ(told.days.size(), 30u);
  for (const auto* all : {&told.hours, &told.days}) {
    EXPECT_EQ(all->back().succeeded, 2u);
    EXPECT_EQ(all->back().failed, 1u);
    EXPECT_EQ(all->back().cancelled, 1u);
    EXPECT_EQ(all->back().pages, 2u);
    EXPECT_EQ(all->back().read, 200u);
  }
}

TEST(sync_account, tells_hours_and_days_without_a_gap_up_to_now) {
  auto one = configured();
  one.at(90min).when(subject::start{});
  one.at(100min).when(page(1, 0, true));
  const auto told = *one.at(5h).when(subject::read_statistics{}).reply;
  for (std::size_t i = 0; i < 48; ++i)
    EXPECT_EQ(told.hours[i].begun_at, at((static_cast<int>(i) - 47) * 1h + 5h)) << i;
  EXPECT_EQ(told.hours[43].pages, 1u);
  EXPECT_EQ(told.hours[43].busy, span{10min});
  EXPECT_EQ(told.days[29].begun_at, at(0h));
  EXPECT_EQ(told.days[29].pages, 1u);
}

TEST(sync_account, forgets_what_a_clock_that_was_wrong_made_it_count) {
  auto one = configured();
  one.at(24h * 400).when(subject::start{});
  one.at(24h * 400).when(page(1, 0, true));
  one.at(0s).when(subject::start{});
  one.at(1s).when(page(2, 0, true));
  const auto told = statistics(one);
  EXPECT_EQ(told.hours.back().pages, 1u);
  EXPECT_EQ(told.days.back().pages, 1u);
}

TEST(sync_account, is_the_same_as_counting_everything_for_as_long_as_it_keeps_it) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random{seed};
    auto one = configured();
    std::map<moment, std::uint64_t> pages, runs; // by the hour in which they came
    span since{0};
    for (std::uint64_t run = 1; run <= 150; ++run) {
      since += std::chrono::minutes{random() % 300};
      one.at(since).when(subject::start{});
      const auto last = random() % 4;
      for (std::uint64_t n = 0; n <= last; ++n) {
        since += std::chrono::minutes{random() % 90};
        one.at(since).when(page(run, n, n == last));
        ++pages[moment{one.now.time_since_epoch() / 1h * span{1h}}];
      }
      ++runs[moment{one.now.time_since_epoch() / 1h * span{1h}}];
      const auto told = statistics(one);
      for (const auto& hour : told.hours) {
        EXPECT_EQ(hour.pages, pages.contains(hour.begun_at) ? pages[hour.begun_at] : 0);
        EXPECT_EQ(hour.succeeded + hour.failed + hour.cancelled,
                  runs.contains(hour.begun_at) ? runs[hour.begun_at] : 0);
      }
    }
  }
}

} // namespace
