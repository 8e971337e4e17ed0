#include "cluster/replication/front.hpp"

#include <gtest/gtest.h>

namespace tenon::cluster::replication {
namespace {

class listener final : public runtime::durable_listener {
public:
  void durable(std::uint64_t index) noexcept override { told.push_back(index); }
  std::vector<std::uint64_t> told;
};

class a_front : public testing::Test {
protected:
  std::uint64_t append(const std::string& text, listener& to) {
    const auto taken = at.append(7, blob::copy_of(text), to);
    return taken ? taken->index : 0;
  }
  code refusal(std::uint64_t term, const std::string& text) {
    const auto taken = at.append(term, blob::copy_of(text), one);
    return taken ? code::internal : taken.error().code;
  }

  std::atomic<std::size_t> together = 0;
  listener one, other;
  front at{3, {.entry_bytes = 100, .most_waiting = 1000, .most_together = 1500}, together};
};

TEST_F(a_front, takes_nothing_while_it_is_closed) {
  EXPECT_EQ(refusal(0, "x"), code::unavailable);
  EXPECT_EQ(refusal(7, "x"), code::unavailable);
  EXPECT_EQ(at.term(), 0u);
}

TEST_F(a_front, gives_indices_without_gaps_from_where_it_was_opened) {
  at.open(at.stop(), 7, 12);
  EXPECT_EQ(append("a", one), 12u);
  EXPECT_EQ(append("b", one), 13u);
  const auto first = at.take(at.stop());
  EXPECT_EQ(first.first, 12u);
  EXPECT_EQ(first.entries, (std::vector<blob>{blob::copy_of("a"), blob::copy_of("b")}));
  EXPECT_EQ(append("c", one), 14u);
  EXPECT_EQ(at.take(at.stop()).first, 14u);
  at.go_on(at.stop(), 16); // something else took 15
  EXPECT_EQ(append("d", one), 16u);
  EXPECT_EQ(at.take(at.stop()).entries.size(), 1u);
  EXPECT_TRUE(at.take(at.stop()).entries.empty());
}

TEST_F(a_front, asks_to_be_looked_at_once_until_somebody_takes) {
  at.open(at.stop(), 7, 1);
  EXPECT_TRUE(at.append(7, blob::copy_of("a"), one)->first);
  EXPECT_FALSE(at.append(7, blob::copy_of("b"), one)->first);
  at.take(at.stop());
  EXPECT_TRUE(at.append(7, blob::copy_of("c"), one)->first);
}

TEST_F(a_front, tells_each_listener_the_last_of_its_entries_that_follow_each_other) {
  at.open(at.stop(), 7, 1);
  for (auto* to : {&one, &one, &other, &one, &one})
    append("x", *to);
  at.take(at.stop());
  EXPECT_EQ(at.confirm(4), 4u);
  EXPECT_EQ(one.told, (std::vector<std::uint64_t>{2, 4}));
  EXPECT_EQ(other.told, std::vector<std::uint64_t>{3});
  EXPECT_EQ(at.committed(), 4u);
  EXPECT_EQ(at.confirm(4), 0u);
  EXPECT_EQ(at.confirm(9), 1u);
  EXPECT_EQ(one.told.back(), 5u);
}

TEST_F(a_front, tells_nobody_anything_of_what_was_appended_before_it_was_closed) {
  at.open(at.stop(), 7, 1);
  append("taken", one);
  at.take(at.stop());
  append("waiting", one);
  at.close(at.stop());
  EXPECT_EQ(together, 0u);
  at.open(at.stop(), 8, 5);
  EXPECT_TRUE(at.take(at.stop()).entries.empty());
  EXPECT_EQ(at.confirm(9), 0u);
  EXPECT_TRUE(one.told.empty());
  EXPECT_EQ(refusal(7, "x"), code::unavailable) << "the term is over";
}

TEST_F(a_front, refuses_while_it_is_paused_and_takes_again_afterwards) {
  at.open(at.stop(), 7, 1);
  at.pause(at.stop(), true);
  const auto refused = at.append(7, blob::copy_of("x"), one);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, code::overloaded);
  EXPECT_GT(refused.error().retry_after, span{0});
  at.pause(at.stop(), false);
  EXPECT_EQ(append("x", one), 1u);
}

TEST_F(a_front, counts_what_waits_until_it_is_confirmed) {
  at.open(at.stop(), 7, 1);
  const std::string large(100, 'x');
  EXPECT_EQ(refusal(7, large + "x"), code::too_large);
  std::uint64_t last = 0;
  while (const auto index = append(large, one))
    last = index;
  EXPECT_EQ(last, 6u) << "each weighs a little more than its bytes";
  EXPECT_EQ(refusal(7, large), code::overloaded);
  at.take(at.stop());
  EXPECT_EQ(refusal(7, large), code::overloaded) << "taken is not confirmed";
  at.confirm(last);
  EXPECT_EQ(together, 0u);
  EXPECT_EQ(append(large, one), last + 1);
  together = 1500; // others
  EXPECT_EQ(refusal(7, large), code::overloaded);
}

TEST(a_small_front, takes_one_entry_that_is_larger_than_all_that_may_wait) {
  std::atomic<std::size_t> together = 0;
  listener one;
  front at{0, {.entry_bytes = 100, .most_waiting = 1, .most_together = 1}, together};
  at.open(at.stop(), 1, 1);
  EXPECT_TRUE(at.append(1, blob::copy_of("one"), one));
  EXPECT_FALSE(at.append(1, blob::copy_of("two"), one));
}

} // namespace
} // namespace tenon::cluster::replication
