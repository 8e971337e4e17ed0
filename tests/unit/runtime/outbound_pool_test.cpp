#include "runtime/outbound/pool.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace tenon::runtime::outbound {
namespace {

using namespace std::chrono_literals;

/// A connection that counts itself.
class counted final : public pooled {
public:
  explicit counted(int& open, bool alive = true) : open_{open}, alive_{alive} { ++open_; }
  ~counted() override { --open_; }
  bool alive() override { return alive_; }

private:
  int& open_;
  bool alive_;
};

const origin here{true, "here.example", 443};
const origin there{true, "there.example", 443};
const pool::time_point start{};

std::unique_ptr<pool::wish> wish(unsigned per_host) {
  auto w = std::make_unique<pool::wish>();
  w->per_host = per_host;
  return w;
}

TEST(pool, grants_new_connections_up_to_the_bound_of_an_origin_then_queues) {
  pool p{{}};
  auto one = wish(2), two = wish(2), three = wish(2);
  EXPECT_TRUE(p.ask(here, *one) && p.ask(here, *two) && p.ask(here, *three));
  EXPECT_TRUE(one->is_granted && two->is_granted);
  EXPECT_FALSE(three->is_granted);
  EXPECT_EQ(p.waiting(), 1u);
  p.forget(here);
  EXPECT_TRUE(three->is_granted);
  EXPECT_EQ(p.open(), 2u);
  EXPECT_EQ(p.waiting(), 0u);
}

TEST(pool, hands_a_connection_that_is_given_back_to_the_first_in_line) {
  int open = 0;
  pool p{{}};
  auto one = wish(1), two = wish(1), three = wish(1);
  ASSERT_TRUE(p.ask(here, *one) && p.ask(here, *two) && p.ask(here, *three));
  p.give_back(here, std::make_unique<counted>(open), start);
  EXPECT_TRUE(two->is_granted && two->given);
  EXPECT_FALSE(three->is_granted);
  EXPECT_EQ(open, 1);
}

TEST(pool, prefers_the_connection_that_was_used_last_and_skips_dead_ones) {
  int living = 0, dead = 0;
  pool p{{}};
  auto one = wish(2), two = wish(2);
  ASSERT_TRUE(p.ask(here, *one) && p.ask(here, *two));
  p.give_back(here, std::make_unique<counted>(living), start);
  p.give_back(here, std::make_unique<counted>(dead, false), start);
  EXPECT_EQ(p.idle(), 2u);
  auto three = wish(2);
  ASSERT_TRUE(p.ask(here, *three));
  EXPECT_TRUE(three->given);
  EXPECT_EQ(dead, 0);
  EXPECT_EQ(p.open(), 1u);
}

TEST(pool, at_the_bound_of_all_serves_who_waits_longest_across_origins) {
  int open = 0;
  pool p{{.connections = 1}};
  auto busy = wish(8), other = wish(8), again = wish(8);
  ASSERT_TRUE(p.ask(here, *busy) && p.ask(there, *other) && p.ask(here, *again));
  p.give_back(here, std::make_unique<counted>(open), start);
  EXPECT_TRUE(other->is_granted) << "it has waited longer than the second of the busy origin";
  EXPECT_FALSE(other->given);
  EXPECT_FALSE(again->is_granted);
  EXPECT_EQ(open, 0) << "its place was needed";
}

TEST(pool, evicts_the_connection_that_was_idle_longest_when_another_origin_needs_its_place) {
  int old = 0, young = 0;
  pool p{{.connections = 2}};
  auto one = wish(1), two = wish(1), three = wish(1);
  ASSERT_TRUE(p.ask(here, *one) && p.ask(there, *two));
  p.give_back(here, std::make_unique<counted>(old), start + 1s);
  p.give_back(there, std::make_unique<counted>(young), start + 2s);
  ASSERT_TRUE(p.ask({false, "third.example", 80}, *three));
  EXPECT_TRUE(three->is_granted);
  EXPECT_EQ(old, 0);
  EXPECT_EQ(young, 1);
}

TEST(pool, refuses_with_a_time_to_retry_when_its_lines_are_full) {
  pool p{{.waiting = 1}};
  auto one = wish(1), two = wish(1), three = wish(1);
  ASSERT_TRUE(p.ask(here, *one) && p.ask(here, *two));
  const auto refused = p.ask(here, *three);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, code::overloaded);
  EXPECT_TRUE(refused.error().retry_after);
}

TEST(pool, closes_what_was_idle_for_too_long_or_died_and_nothing_else) {
  int old = 0, young = 0, dead = 0;
  pool p{{.idle = 10s}};
  auto one = wish(3), two = wish(3), three = wish(3);
  ASSERT_TRUE(p.ask(here, *one) && p.ask(here, *two) && p.ask(here, *three));
  p.give_back(here, std::make_unique<counted>(old), start);
  p.give_back(here, std::make_unique<counted>(young), start + 1s);
  p.give_back(here, std::make_unique<counted>(dead, false), start + 1s);
  p.sweep(start + 10s);
  EXPECT_EQ(old + dead, 0);
  EXPECT_EQ(young, 1);
  EXPECT_EQ(p.open(), 1u);
}

TEST(pool, keeps_its_counts_and_bounds_through_any_sequence) {
  std::mt19937 random{20261121};
  int open = 0;
  constexpr std::size_t bound = 5;
  pool p{{.connections = bound, .waiting = 20, .idle = 50ms}};
  struct asked {
    origin from;
    std::unique_ptr<pool::wish> wish;
  };
  std::vector<asked> all;
  auto now = start;
  for (int i = 0; i < 50'000; ++i) {
    now += 1ms;
    const auto pick = all.empty() ? 0 : random() % all.size();
    switch (random() % 5) {
    case 0:
    case 1: {
      asked a{random() % 2 ? here : there, wish(1 + random() % 4)};
      if (p.ask(a.from, *a.wish))
        all.push_back(std::move(a));
      break;
    }
    case 2:
      if (!all.empty()) {
        auto a = std::move(all[pick]);
        all.erase(all.begin() + static_cast<std::ptrdiff_t>(pick));
        if (!a.wish->is_granted)
          p.withdraw(a.from, *a.wish);
        else if (random() % 3 == 0)
          p.forget(a.from);
        else
          p.give_back(a.from,
                      a.wish->given ? std::move(a.wish->given)
                                    : std::make_unique<counted>(open, random() % 8 != 0),
                      now);
      }
      break;
    case 3:
      p.sweep(now);
      break;
    default:
      if (random() % 50 == 0)
        p.drop_idle(here);
    }
    std::size_t granted = 0, waiting = 0;
    for (const auto& a : all)
      ++(a.wish->is_granted ? granted : waiting);
    ASSERT_EQ(p.waiting(), waiting) << i;
    ASSERT_EQ(p.open(), granted + p.idle()) << i;
    ASSERT_LE(p.open(), bound) << i;
    if (waiting > 0 && p.open() < bound) { // then every waiting wish is at its origin's own bound
      std::map<origin, std::size_t> in_use;
      for (const auto& a : all)
        in_use[a.from] += a.wish->is_granted;
      std::set<origin> seen;
      for (const auto& a : all)
        if (!a.wish->is_granted && seen.insert(a.from).second) {
          ASSERT_GE(in_use[a.from] + p.idle(), a.wish->per_host) << i;
        }
    }
  }
}

} // namespace
} // namespace tenon::runtime::outbound
