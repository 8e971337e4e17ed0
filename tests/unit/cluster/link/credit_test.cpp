#include "cluster/link/credit.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <random>

namespace tenon::cluster::link {
namespace {

TEST(credit, lets_a_whole_frame_out_while_anything_is_left_and_nothing_after) {
  sending_window window{100};
  window.spend(99);
  EXPECT_TRUE(window.open());
  window.spend(50);
  EXPECT_FALSE(window.open());
  EXPECT_TRUE(window.grant(49));
  EXPECT_FALSE(window.open());
  EXPECT_TRUE(window.grant(1));
  EXPECT_TRUE(window.open());
}

TEST(credit, that_was_never_spent_is_not_taken_back) {
  sending_window window{100};
  window.spend(10);
  EXPECT_FALSE(window.grant(11));
  EXPECT_FALSE(window.grant(~0ull));
  EXPECT_TRUE(window.grant(10));
}

TEST(credit, is_granted_when_a_quarter_is_free_again) {
  receiving_window window{100};
  ASSERT_TRUE(window.arrived(60));
  window.consumed(24);
  EXPECT_EQ(window.due(), 0u);
  window.consumed(1);
  EXPECT_EQ(window.due(), 25u);
  EXPECT_EQ(window.due(), 0u);
  EXPECT_EQ(window.held(), 35);
}

TEST(credit, tells_a_sender_that_has_none) {
  receiving_window window{100};
  ASSERT_TRUE(window.arrived(150));
  const auto more = window.arrived(1);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, code::malformed);
}

TEST(credit, that_is_given_back_twice_ends_the_process) {
  receiving_window window{100};
  ASSERT_TRUE(window.arrived(10));
  window.consumed(10);
  EXPECT_DEATH(window.consumed(1), "more is consumed than had arrived");
}

TEST(credit, keeps_both_ends_agreed_and_the_receivers_memory_bounded) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  constexpr std::int64_t size = 4'096;
  constexpr std::size_t largest = 9'000;
  sending_window sender{size};
  receiving_window receiver{size};
  std::deque<std::size_t> there, held;
  std::deque<std::uint64_t> back;
  std::uint64_t sent = 0;
  for (int step = 0; step < 200'000; ++step)
    switch (random() % 4) {
    case 0:
      if (sender.open()) {
        there.push_back(1 + random() % largest);
        sender.spend(there.back());
        ++sent;
      }
      break;
    case 1:
      if (!there.empty()) {
        ASSERT_TRUE(receiver.arrived(there.front()));
        held.push_back(there.front());
        there.pop_front();
        ASSERT_LE(receiver.held(), size + static_cast<std::int64_t>(largest));
      }
      break;
    case 2:
      if (!held.empty()) {
        receiver.consumed(held.front());
        held.pop_front();
      }
      if (const auto grant = receiver.due())
        back.push_back(grant);
      break;
    default:
      if (!back.empty()) {
        ASSERT_TRUE(sender.grant(back.front()));
        back.pop_front();
      }
    }
  EXPECT_GT(sent, 1'000u); // it never came to a stand
}

} // namespace
} // namespace tenon::cluster::link
