// What a run may take at most: pages, records, bytes. One that passes a limit fails and says which;
// what it stored stays, and the next goes on there.
#include "actors/sync.hpp"
#include "protocols/json.hpp"
#include "tests/support/given.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;
using subject = tenon::actors::sync; // sync is a function of the system as well
using tenon::protocols::decode;
using tenon::tests::at;
using tenon::tests::given;
using wire = tenon::protocols::sync;

namespace {

std::string limited(const std::string& limits) {
  return R"({"from":{"sqlite":{"file":"/a","table":"t","key":"id"}},"into":"c","limits":)" +
         limits + "}";
}

auto running(const std::string& limits) {
  return given<subject>(subject::configured{limited(limits), at(0s)},
                        subject::started{.run = 1, .at = at(0s)});
}

wire::transferred page(std::uint64_t number, bool last = false) {
  return {.run = 1,
          .page = number,
          .moved = {.stored = 3,
                    .unchanged = 2,
                    .filtered = 4,
                    .dead_lettered = 1,
                    .bytes = 1000,
                    .position = last ? "" : "p" + std::to_string(number + 1),
                    .last = last}};
}

struct limit {
  const char* limits;
  const char* says;
};

class sync_limits : public ::testing::TestWithParam<limit> {};

TEST_P(sync_limits, end_a_run_at_its_third_page_and_lose_nothing_of_it) {
  auto one = running(GetParam().limits);
  for (std::uint64_t number = 0; number < 2; ++number) {
    EXPECT_EQ(one.when(page(number)).calls.size(), 1u) << "page " << number;
    EXPECT_EQ(one.state.run.outcome, subject::outcome::running);
  }
  EXPECT_TRUE(one.when(page(2)).calls.empty());
  const auto& run = one.state.run;
  EXPECT_EQ(run.outcome, subject::outcome::failed);
  EXPECT_EQ(run.why, GetParam().says);
  EXPECT_EQ(run.place, "spec.limits");
  EXPECT_NE(run.remedy.find("it goes on where it stopped"), std::string::npos);
  EXPECT_EQ(run.read, 30u);
  EXPECT_EQ(run.stored, 9u);
  const auto next = one.when(subject::start{});
  ASSERT_EQ(next.calls.size(), 1u);
  EXPECT_EQ(decode<wire::transfer>(next.calls.front().request)->position, "p3");
}

TEST_P(sync_limits, are_no_matter_for_a_run_that_is_over_with_that_page) {
  auto one = running(GetParam().limits);
  one.when(page(0));
  one.when(page(1));
  one.when(page(2, true));
  EXPECT_EQ(one.state.run.outcome, subject::outcome::succeeded);
}

INSTANTIATE_TEST_SUITE_P(
    of, sync_limits,
    ::testing::Values(limit{R"({"pages":3})", "the run passed its limit of 3 pages"},
                      limit{R"({"records":21})", "the run passed its limit of 21 records"},
                      limit{R"({"bytes":2001})", "the run passed its limit of 2001 bytes"}));

} // namespace
