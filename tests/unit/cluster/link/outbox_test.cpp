#include "cluster/link/outbox.hpp"

#include <gtest/gtest.h>

namespace tenon::cluster::link {
namespace {

blob of(std::size_t bytes) {
  return blob::copy_of(std::string(bytes, 'x'));
}

const auto all = [](std::size_t, std::size_t) { return true; };

TEST(outbox, takes_nothing_while_it_is_closed) {
  outbox box{1'000, [] {}};
  const auto put = box.put(topic::ask, of(1));
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, code::unavailable);
  EXPECT_TRUE(put.error().retry_after);
  box.open();
  EXPECT_TRUE(box.put(topic::ask, of(1)));
}

TEST(outbox, refuses_what_would_pass_its_bound_and_counts_it) {
  outbox box{1'000, [] {}};
  box.open();
  ASSERT_TRUE(box.put(topic::ask, of(500)));
  const auto more = box.put(topic::ask, of(500));
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, code::overloaded);
  EXPECT_EQ(box.refused(), 1u);
  EXPECT_EQ(box.bytes(), 500 + waiting_cost);
  std::vector<waiting_frame> taken;
  box.take(taken, all);
  EXPECT_EQ(box.bytes(), 0u);
  EXPECT_TRUE(box.put(topic::ask, of(500)));
}

TEST(outbox, bounds_the_number_of_empty_frames_as_well) {
  outbox box{10 * waiting_cost, [] {}};
  box.open();
  for (int i = 0; i < 10; ++i)
    EXPECT_TRUE(box.put(topic::ask, {}));
  EXPECT_FALSE(box.put(topic::ask, {}));
}

TEST(outbox, takes_one_frame_of_any_size_when_it_is_empty) {
  outbox box{10, [] {}};
  box.open();
  EXPECT_TRUE(box.put(topic::ask, of(100'000)));
  EXPECT_FALSE(box.put(topic::ask, of(1)));
}

TEST(outbox, wakes_once_until_all_is_taken) {
  int woken = 0;
  outbox box{1'000, [&] { ++woken; }};
  box.open();
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(box.put(topic::ask, of(1)));
  EXPECT_EQ(woken, 1);
  std::vector<waiting_frame> taken;
  box.take(taken, [](std::size_t so_far, std::size_t) { return so_far < 2; });
  EXPECT_EQ(taken.size(), 2u);
  ASSERT_TRUE(box.put(topic::ask, of(1)));
  EXPECT_EQ(woken, 1); // whoever took some knows that there is more
  box.take(taken, all);
  ASSERT_TRUE(box.put(topic::ask, of(1)));
  EXPECT_EQ(woken, 2);
}

TEST(outbox, forgets_what_waits_when_it_closes) {
  int woken = 0;
  outbox box{1'000, [&] { ++woken; }};
  box.open();
  ASSERT_TRUE(box.put(topic::ask, of(1)));
  box.close();
  EXPECT_EQ(box.bytes(), 0u);
  box.open();
  std::vector<waiting_frame> taken;
  box.take(taken, all);
  EXPECT_TRUE(taken.empty());
  ASSERT_TRUE(box.put(topic::ask, of(1)));
  EXPECT_EQ(woken, 2);
}

} // namespace
} // namespace tenon::cluster::link
