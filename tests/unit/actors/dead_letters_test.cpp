#include "actors/dead_letters.hpp"

#include "tests/support/given.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;
using tenon::blob;
using tenon::code;
using tenon::actors::dead_letters;
using tenon::tests::at;
using tenon::tests::given;

namespace {

dead_letters::park parked(std::string command, std::string actor = "acme/sync/orders") {
  return {.actor = std::move(actor),
          .name = "sync.run",
          .command = blob::from(std::move(command)),
          .crash = "it fell"};
}

std::vector<std::uint64_t> numbers(const dead_letters::page& shown) {
  std::vector<std::uint64_t> all;
  for (const auto& letter : shown.letters)
    all.push_back(letter.number);
  return all;
}

TEST(dead_letters, keep_what_was_parked_in_order) {
  auto box = given<dead_letters>();
  box.at(1s).when(parked("one"));
  box.at(2s).when(parked("two"));
  const auto shown = box.when(dead_letters::list{});
  ASSERT_EQ(shown.reply->letters.size(), 2u);
  EXPECT_EQ(shown.reply->letters[0], (dead_letters::letter{.number = 1,
                                                           .actor = "acme/sync/orders",
                                                           .name = "sync.run",
                                                           .command = blob::copy_of("one"),
                                                           .crash = "it fell",
                                                           .parked_at = at(1s)}));
  EXPECT_EQ(shown.reply->letters[1].number, 2u);
  EXPECT_EQ(shown.reply->next, 0u);
  EXPECT_EQ(box.state.waiting, 2u);
}

TEST(dead_letters, are_listed_page_by_page) {
  auto box = given<dead_letters>();
  for (int i = 0; i < 300; ++i)
    box.when(parked("x"));
  const auto first = box.when(dead_letters::list{.limit = 2});
  EXPECT_EQ(numbers(*first.reply), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(first.reply->next, 2u);
  const auto rest = box.when(dead_letters::list{.after = 254, .limit = 2});
  EXPECT_EQ(numbers(*rest.reply), (std::vector<std::uint64_t>{255, 256})) << "by number";
  const auto last = box.when(dead_letters::list{.after = 298, .limit = 2});
  EXPECT_EQ(numbers(*last.reply), (std::vector<std::uint64_t>{299, 300}));
  EXPECT_EQ(last.reply->next, 0u);
  EXPECT_EQ(box.when(dead_letters::list{.limit = 0}).reply->letters.size(), 1u);
  EXPECT_EQ(box.when(dead_letters::list{.limit = ~0u}).reply->letters.size(), 300u);
}

TEST(dead_letters, a_page_of_large_letters_ends_early) {
  auto box = given<dead_letters>();
  for (int i = 0; i < 4; ++i)
    box.when(parked(std::string(3u << 20, 'x')));
  const auto shown = box.when(dead_letters::list{});
  EXPECT_EQ(shown.reply->letters.size(), 2u);
  EXPECT_EQ(shown.reply->next, 2u);
}

TEST(dead_letters, a_replayed_one_goes_back_byte_for_byte_and_is_forgotten) {
  auto box = given<dead_letters>();
  const std::string bytes{"\0\xff raw", 6};
  box.when(parked(bytes));
  box.when(parked("other"));
  const auto done = box.when(dead_letters::replay{1});
  EXPECT_EQ(done.reply->number, 1u);
  ASSERT_EQ(done.sends.size(), 1u);
  EXPECT_EQ(done.sends.front().to, (tenon::identity{"acme", "sync", "orders"}));
  EXPECT_EQ(done.sends.front().command.view(), bytes);
  EXPECT_TRUE(done.sends.front().durable);
  EXPECT_EQ(box.state.waiting, 1u);
  EXPECT_EQ(box.when(dead_letters::replay{1}).refusal->code, code::not_found);
  EXPECT_EQ(numbers(*box.when(dead_letters::list{}).reply), (std::vector<std::uint64_t>{2}));
}

TEST(dead_letters, a_discarded_one_goes_nowhere) {
  auto box = given<dead_letters>();
  box.when(parked("one"));
  const auto done = box.when(dead_letters::discard{1});
  EXPECT_EQ(done.reply->command.view(), "one");
  EXPECT_TRUE(done.sends.empty());
  EXPECT_EQ(box.state.waiting, 0u);
  EXPECT_EQ(box.when(dead_letters::discard{1}).refusal->code, code::not_found);
}

TEST(dead_letters, numbers_are_never_used_twice) {
  auto box = given<dead_letters>();
  box.when(parked("one"));
  box.when(dead_letters::discard{1});
  box.when(parked("two"));
  EXPECT_EQ(numbers(*box.when(dead_letters::list{}).reply), (std::vector<std::uint64_t>{2}));
}

TEST(dead_letters, one_for_no_possible_actor_stays_until_it_is_discarded) {
  auto box = given<dead_letters>();
  box.when(parked("one", "nobody"));
  const auto refused = box.when(dead_letters::replay{1});
  ASSERT_TRUE(refused.refusal);
  EXPECT_EQ(refused.refusal->code, code::conflict);
  EXPECT_EQ(box.state.waiting, 1u);
  EXPECT_FALSE(box.when(dead_letters::discard{1}).refusal);
}

TEST(dead_letters, a_long_crash_is_cut_between_characters) {
  auto box = given<dead_letters>();
  auto letter = parked("x");
  letter.crash = std::string(4095, 'a') + "é and more";
  box.when(letter);
  EXPECT_EQ(box.when(dead_letters::list{}).reply->letters[0].crash, std::string(4095, 'a'));
}

} // namespace
