#include "runtime/store/log_course.hpp"

#include <gtest/gtest.h>

namespace {

using namespace tenon::runtime::store;

stored_block block(block_start start, std::uint64_t first, std::uint32_t count) {
  return {
      .partition = 0, .first = first, .count = count, .offset = 0, .entries = {}, .start = start};
}

constexpr auto follows = block_start::follows;
constexpr auto cuts = block_start::cuts;
constexpr auto begins = block_start::begins;

TEST(log_course, follows_without_a_gap_and_overlaps_only_by_a_cut) {
  log_course log;
  EXPECT_EQ(log.take(block(follows, 1, 5)), "");
  EXPECT_EQ(log.take(block(cuts, 3, 1)), "");
  EXPECT_EQ(log.take(block(follows, 4, 2)), "");
  EXPECT_EQ(log.next(), 6u);
  EXPECT_EQ(log.end(), "");
  EXPECT_NE(log.take(block(follows, 7, 1)), "") << "a gap";
  EXPECT_NE(log.take(block(follows, 7, 1)), "") << "an overlap";
  EXPECT_NE(log.take(block(cuts, 8, 1)), "") << "a cut of nothing";
}

TEST(log_course, begins_where_it_is_trimmed_or_before) {
  for (const std::uint64_t first : {1u, 9u, 10u, 11u}) {
    log_course log{10};
    EXPECT_EQ(log.take(block(follows, first, 12)), "");
    EXPECT_EQ(log.end(), "") << first;
  }
  log_course gap{10};
  EXPECT_EQ(gap.take(block(follows, 12, 1)), "");
  EXPECT_NE(gap.end(), "");
  EXPECT_EQ(gap.take(block(cuts, 11, 1)), "") << "a later row cut deeper";
  EXPECT_EQ(gap.end(), "");
  log_course short_one{10};
  EXPECT_EQ(short_one.take(block(follows, 1, 9)), "");
  EXPECT_NE(short_one.end(), "") << "10 is missing, and it is not known to be trimmed alone";
  EXPECT_EQ(log_course{10}.end(), "");
}

TEST(log_course, begins_anew_no_further_than_it_is_trimmed) {
  log_course log{20};
  EXPECT_EQ(log.take(block(follows, 5, 3)), "");
  EXPECT_EQ(log.take(block(begins, 21, 0)), "");
  EXPECT_EQ(log.next(), 21u);
  EXPECT_EQ(log.end(), "");
  EXPECT_NE(log.take(block(begins, 22, 4)), "");
}

} // namespace
