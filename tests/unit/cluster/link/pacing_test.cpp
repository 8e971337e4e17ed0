#include "cluster/link/pacing.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace tenon::cluster::link {
namespace {

TEST(pacing, waits_twice_as_long_after_each_failure_up_to_a_limit) {
  const auto whole = [](unsigned failures) { return back_off(failures, span{50}, span{2'000}, 0); };
  EXPECT_EQ(whole(0), span{50});
  EXPECT_EQ(whole(1), span{100});
  EXPECT_EQ(whole(5), span{1'600});
  EXPECT_EQ(whole(6), span{2'000});
  EXPECT_EQ(whole(4'000'000'000u), span{2'000});
}

TEST(pacing, takes_up_to_half_of_the_wait_away) {
  EXPECT_EQ(back_off(1, span{50}, span{2'000}, 1), span{50});
  EXPECT_EQ(back_off(1, span{50}, span{2'000}, 0.5), span{75});
}

TEST(pacing, of_two_connections_the_newer_survives_and_of_equals_the_lower_nodes) {
  EXPECT_TRUE(survives({2, false}, {1, true}));
  EXPECT_FALSE(survives({1, true}, {2, false}));
  EXPECT_TRUE(survives({1, true}, {1, false}));
  EXPECT_FALSE(survives({1, false}, {1, true}));
  EXPECT_FALSE(survives({1, true}, {1, true}));
}

TEST(pacing, both_ends_keep_the_same_connection_in_whatever_order_they_learn_of_them) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  const auto kept = [](const std::vector<contender>& order) {
    auto standing = order.front();
    for (const auto& each : order)
      if (survives(each, standing))
        standing = each;
    return standing;
  };
  for (int round = 0; round < 1'000; ++round) {
    std::vector<contender> all;
    for (auto n = 1 + random() % 6; n > 0; --n)
      all.push_back({random() % 4, random() % 2 == 0});
    const auto here = kept(all);
    std::ranges::shuffle(all, random);
    const auto there = kept(all);
    EXPECT_EQ(here.epoch, there.epoch);
    EXPECT_EQ(here.dialled_by_lower, there.dialled_by_lower);
  }
}

TEST(pacing, a_peer_is_lost_when_nothing_was_heard_of_it_for_so_long) {
  const instant start{};
  pulse heart{{span{100}, span{1'000}}, start};
  EXPECT_FALSE(heart.lost(start + span{999}));
  EXPECT_TRUE(heart.lost(start + span{1'000}));
  heart.heard(start + span{900});
  EXPECT_FALSE(heart.lost(start + span{1'899}));
  EXPECT_TRUE(heart.lost(start + span{1'900}));
}

TEST(pacing, a_receiver_is_given_up_when_its_window_does_not_move) {
  const instant start{};
  patience waits{span{10'000}};
  waits.look(true, false, start);
  EXPECT_FALSE(waits.over(start + span{9'999}));
  EXPECT_TRUE(waits.over(start + span{10'000}));
  waits.look(true, true, start + span{9'000});
  EXPECT_FALSE(waits.over(start + span{18'999}));
  waits.look(true, false, start + span{15'000});
  EXPECT_TRUE(waits.over(start + span{19'000}));
  waits.look(false, false, start + span{19'000});
  EXPECT_FALSE(waits.over(start + span{99'000}));
}

} // namespace
} // namespace tenon::cluster::link
