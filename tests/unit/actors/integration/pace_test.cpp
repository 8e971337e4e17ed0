// The promise of a pace, against answers that take longer and shorter: however late each request
// arrives on its way, no period holds more of them than it may.
#include "actors/integration/pace.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace {

using namespace std::chrono_literals;
using tenon::span;
using tenon::actors::connectors::pace;

const pace::time_point start{};

TEST(pace, a_place_is_free_again_a_period_after_the_answer) {
  pace p;
  const std::vector<pace::rule> one{{"a", 1, 1s}};
  EXPECT_EQ(p.begin(one, start), 0ms);
  EXPECT_GT(p.begin(one, start + 5s), 0ms) << "it is still under way";
  p.end(one, start + 6s);
  EXPECT_GT(p.begin(one, start + 7s), 0ms);
  EXPECT_EQ(p.begin(one, start + 7s + 1ms), 0ms);
}

TEST(pace, takes_a_place_of_all_rules_or_of_none) {
  pace p;
  const std::vector<pace::rule> narrow{{"a", 1, 1s}}, both{{"b", 1, 1s}, {"a", 1, 1s}};
  EXPECT_EQ(p.begin(narrow, start), 0ms);
  EXPECT_GT(p.begin(both, start), 0ms);
  EXPECT_EQ(p.begin({{"b", 1, 1s}}, start), 0ms);
}

TEST(pace, no_period_has_more_arrivals_than_it_may) {
  constexpr std::uint64_t seed = 20261121;
  std::mt19937_64 random{seed};
  pace p;
  const std::vector<pace::rule> few{{"a", 5, 100ms}};
  std::vector<pace::time_point> arrived;
  std::vector<pace::time_point> answers; // still to come
  auto now = start;
  while (arrived.size() < 2'000) {
    now += span{random() % 12};
    std::erase_if(answers, [&](auto at) {
      if (at <= now)
        p.end(few, now);
      return at <= now;
    });
    if (p.begin(few, now) > 0ms)
      continue;
    arrived.push_back(now + span{random() % 40});
    answers.push_back(arrived.back() + span{random() % 40});
  }
  std::ranges::sort(arrived);
  for (std::size_t i = 5; i < arrived.size(); ++i)
    ASSERT_GT(arrived[i] - arrived[i - 5], 99ms) << "seed " << seed;
}

} // namespace
