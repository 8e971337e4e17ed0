// Asks of other nodes: each is delivered or refused, and answered on the connection it came on.
#include "cluster/forwarding/incoming.hpp"

#include "tests/unit/cluster/forwarding/asks.hpp"

#include <algorithm>

namespace tenon::tests {

namespace {

using forwarding::incoming;
constexpr node_id self = 1, peer = 2;

words::ask ask(std::uint64_t number, std::string command = "hello", partition_number p = 0) {
  return {.number = number,
          .partition = p,
          .to = to_string(someone_in(p)),
          .command = blob::from(std::move(command)),
          .remaining_ms = 500};
}

words::parcel parcel_of(std::vector<words::ask> asks, std::uint64_t number = 1) {
  return {.number = number, .asks = std::move(asks)};
}

std::vector<incoming::delivery> bring(incoming& in, std::vector<words::ask> asks,
                                      std::uint64_t epoch = 1, std::uint64_t number = 1) {
  auto parcel = parcel_of(std::move(asks), number);
  return in.arrived(peer, epoch, parcel, start);
}

/// All that there is to say, in one parcel that is taken.
words::parcel said(incoming& in, node_id to = peer) {
  words::parcel parcel;
  std::size_t weight = 0;
  in.fill(to, parcel, weight);
  in.left(to, parcel, true);
  return parcel;
}

std::string code_of(const words::answer& a) {
  const auto* const no = std::get_if<words::refused>(&a.said);
  return no ? no->code : std::holds_alternative<words::moved>(a.said) ? "moved" : "replied";
}

TEST(incoming, delivers_in_the_order_sent_and_answers_by_number) {
  incoming in{self, partitions, {}};
  const auto got = bring(in, {ask(5, "a"), ask(6, "b", 2)});
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0].message->command.view(), "a");
  EXPECT_EQ(got[0].message->expires, start + span{500});
  EXPECT_EQ(got[1].to, someone_in(2));
  EXPECT_EQ(got[1].partition, 2);
  EXPECT_EQ(in.in_work(), 2u);
  EXPECT_FALSE(in.due(peer));
  in.answered(got[1].back, blob::from("yes"));
  in.answered(got[0].back, failure{code::conflict, "no"});
  ASSERT_TRUE(in.due(peer));
  const auto answered = said(in);
  ASSERT_EQ(answered.answers.size(), 2u);
  EXPECT_EQ(answered.answers[0].number, 6u);
  EXPECT_EQ(std::get<words::replied>(answered.answers[0].said).bytes.view(), "yes");
  EXPECT_EQ(answered.answers[1].number, 5u);
  EXPECT_EQ(code_of(answered.answers[1]), "conflict");
  EXPECT_EQ(answered.taken, 1u);
  EXPECT_FALSE(in.due(peer));
  EXPECT_EQ(in.in_work(), 0u);
}

TEST(incoming, says_who_owns_what_it_does_not_take) {
  incoming in{self, partitions, {}};
  const auto got = bring(in, {ask(5)});
  in.moved(got.at(0).back, 3);
  const auto answered = said(in);
  EXPECT_EQ(std::get<words::moved>(answered.answers.at(0).said).owner, 3u);
  EXPECT_EQ(in.in_work(), 0u);
}

TEST(incoming, refuses_what_names_nobody_or_another_partition) {
  incoming in{self, partitions, {}};
  auto nobody = ask(1);
  nobody.to = "not an identity";
  auto elsewhere = ask(2);
  elsewhere.partition = 1;
  auto beyond = ask(3);
  beyond.partition = 400;
  EXPECT_TRUE(bring(in, {nobody, elsewhere, beyond}).empty());
  const auto answered = said(in);
  ASSERT_EQ(answered.answers.size(), 3u);
  for (const auto& a : answered.answers)
    EXPECT_EQ(code_of(a), "malformed");
}

TEST(incoming, works_at_no_more_of_one_node_than_the_bound_and_goes_on_afterwards) {
  incoming in{self, partitions, {.most_in_work = 2}};
  auto got = bring(in, {ask(1), ask(2), ask(3)});
  EXPECT_EQ(got.size(), 2u);
  const auto answered = said(in);
  ASSERT_EQ(answered.answers.size(), 1u);
  EXPECT_EQ(answered.answers[0].number, 3u);
  EXPECT_EQ(code_of(answered.answers[0]), "overloaded");
  EXPECT_TRUE(std::get<words::refused>(answered.answers[0].said).retry_after);
  EXPECT_EQ(in.refused(), 1u);
  auto parcel = parcel_of({ask(4)});
  EXPECT_EQ(in.arrived(3, 1, parcel, start).size(), 1u) << "another node's";
  in.answered(got[0].back, blob{});
  EXPECT_EQ(bring(in, {ask(5)}).size(), 1u);
}

TEST(incoming, bounds_the_bytes_in_work_too_and_takes_outcomes_all_the_same) {
  incoming in{self, partitions, {.in_work_bytes = 1000}};
  EXPECT_EQ(bring(in, {ask(1, std::string(2000, 'x'))}).size(), 1u) << "one always";
  auto outcome = ask(3);
  outcome.settles = 77;
  const auto got = bring(in, {ask(2), outcome});
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].message->settles, 77u);
}

TEST(incoming, answers_nothing_of_a_connection_that_is_gone) {
  incoming in{self, partitions, {.most_in_work = 2}};
  const auto old = bring(in, {ask(1), ask(2)});
  in.answered(old[0].back, blob::from("waits to be sent"));
  in.lost(peer);
  EXPECT_FALSE(in.due(peer));
  in.answered(old[1].back, blob::from("too late"));
  EXPECT_FALSE(in.due(peer));
  EXPECT_EQ(in.in_work(), 0u);
}

TEST(incoming, tells_a_restarted_node_nothing_of_what_the_former_one_asked) {
  incoming in{self, partitions, {}};
  const auto before = bring(in, {ask(1)}, 1, 40);
  const auto after = bring(in, {ask(1, "same number")}, 2, 1); // nobody said that it was lost
  in.answered(before.at(0).back, blob::from("for the former"));
  EXPECT_FALSE(in.due(peer));
  in.answered(after.at(0).back, blob::from("for this one"));
  const auto answered = said(in);
  ASSERT_EQ(answered.answers.size(), 1u);
  EXPECT_EQ(std::get<words::replied>(answered.answers[0].said).bytes.view(), "for this one");
  EXPECT_EQ(answered.taken, 1u);
}

TEST(incoming, counts_what_a_flapping_node_left_behind_as_long_as_it_is_in_work) {
  incoming in{self, partitions, {.most_in_work = 2}};
  const auto first = bring(in, {ask(1), ask(2)});
  in.lost(peer);
  EXPECT_TRUE(bring(in, {ask(3)}, 2).empty());
  in.answered(first[0].back, blob{});
  EXPECT_EQ(bring(in, {ask(4)}, 2).size(), 1u);
}

TEST(incoming, keeps_answers_that_could_not_be_sent) {
  incoming in{self, partitions, {}};
  const auto got = bring(in, {ask(1), ask(2)});
  in.answered(got[0].back, blob::from("a"));
  words::parcel refused;
  std::size_t weight = 0;
  in.fill(peer, refused, weight);
  in.answered(got[1].back, blob::from("b"));
  in.left(peer, refused, false);
  const auto answered = said(in);
  ASSERT_EQ(answered.answers.size(), 2u);
  EXPECT_EQ(std::get<words::replied>(answered.answers[0].said).bytes.view(), "a");
  EXPECT_EQ(std::get<words::replied>(answered.answers[1].said).bytes.view(), "b");
}

TEST(incoming, splits_answers_into_parcels_and_says_last_what_it_has_taken) {
  incoming in{self, partitions, {}};
  const auto got = bring(in, {ask(1), ask(2), ask(3)}, 1, 8);
  for (const auto& each : got)
    in.answered(each.back, blob::from(std::string(forwarding::parcel_bytes / 2, 'x')));
  std::vector<std::uint64_t> taken;
  std::size_t answered = 0;
  while (in.due(peer)) {
    const auto parcel = said(in);
    EXPECT_LE(protocols::encode(parcel).size(), forwarding::parcel_bytes + 64);
    answered += parcel.answers.size();
    taken.push_back(parcel.taken);
  }
  EXPECT_EQ(answered, 3u);
  EXPECT_EQ(taken, (std::vector<std::uint64_t>{0, 0, 8}));
}

TEST(incoming, says_that_much_has_arrived_before_any_of_it_is_answered) {
  incoming in{self, partitions, {.untold_bytes = 1000}};
  const auto got = bring(in, {ask(1, std::string(1001, 'x'))}, 1, 4);
  ASSERT_TRUE(in.due(peer));
  const auto parcel = said(in);
  EXPECT_TRUE(parcel.answers.empty());
  EXPECT_EQ(parcel.taken, 4u);
  EXPECT_FALSE(in.due(peer));
}

TEST(incoming, says_of_an_answer_for_which_there_is_no_room_that_it_is_lost) {
  incoming in{self, partitions, {.answer_bytes = 1000}};
  const auto got = bring(in, {ask(1), ask(2)});
  in.answered(got[0].back, blob::from(std::string(2000, 'x')));
  in.answered(got[1].back, blob::from(std::string(2000, 'x')));
  const auto parcel = said(in);
  ASSERT_EQ(parcel.answers.size(), 2u);
  EXPECT_EQ(code_of(parcel.answers[0]), "replied") << "one always";
  EXPECT_EQ(code_of(parcel.answers[1]), "timed_out");
}

} // namespace

} // namespace tenon::tests
