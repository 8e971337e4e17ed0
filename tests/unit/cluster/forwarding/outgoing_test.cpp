// Messages for actors elsewhere: sent, bounded, and each answered once.
#include "cluster/forwarding/outgoing.hpp"

#include "tests/unit/cluster/forwarding/asking.hpp"

#include <set>

namespace tenon::tests {

namespace {

TEST(outgoing, goes_to_the_owner_and_brings_the_answer_back) {
  asking a;
  const auto first = a.ask(0, "one"), second = a.ask(0, "two");
  const auto sent = a.sent(2);
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0].command.view(), "one");
  EXPECT_EQ(sent[0].to, to_string(someone_in(0)));
  EXPECT_NE(sent[0].number, sent[1].number);
  EXPECT_EQ(sent[0].remaining_ms, 1000u);
  a.hear(2, {reply(sent[1].number, "2"), reply(sent[0].number, "1")});
  EXPECT_EQ(first->at(0)->view(), "1");
  EXPECT_EQ(second->at(0)->view(), "2");
  EXPECT_EQ(a.out.open(), 0u);
  EXPECT_EQ(a.out.held_bytes(), 0u);
  EXPECT_EQ(a.out.counted().forwarded, 2u);
}

TEST(outgoing, brings_a_refusal_back_as_it_is) {
  asking a;
  const auto got = a.ask();
  const failure no{code::stale, "changed meanwhile", "version", "Read it again.", span{5}};
  a.hear(2, {{.number = a.sent(2).at(0).number, .said = forwarding::in_words(no)}});
  EXPECT_EQ(got->at(0), result<blob>{no});
}

TEST(outgoing, rests_when_the_link_takes_no_more_and_loses_nothing) {
  asking a;
  const auto got = a.ask();
  auto refused = a.fill(2);
  a.out.left(2, refused, false, a.now);
  EXPECT_TRUE(a.sent(2).empty());
  a.pass(span{5});
  EXPECT_EQ(a.sent(2).size(), 1u);
}

TEST(outgoing, is_answered_at_its_deadline_wherever_it_is) {
  asking a;
  const auto out = a.ask(), waits = a.ask(1);
  const auto number = a.sent(2).at(0).number;
  a.pass(span{999});
  EXPECT_EQ(fate(out), "0 answers");
  a.pass(span{1});
  EXPECT_EQ(fate(out), "timed_out");
  EXPECT_EQ(fate(waits), "unavailable");
  a.hear(2, {reply(number)});
  EXPECT_EQ(fate(out), "timed_out") << "once";
  EXPECT_EQ(a.out.open(), 0u);
}

TEST(outgoing, takes_nothing_whose_time_is_over) {
  asking a;
  const auto got = no_answers();
  a.send(message(got, "late", start));
  EXPECT_EQ(fate(got), "timed_out");
  EXPECT_TRUE(a.sent(2).empty());
}

TEST(outgoing, lets_a_message_without_deadline_wait_for_a_bounded_time_too) {
  asking a{{.patience = span{10'000}, .longest = span{60'000}}};
  const auto waits = no_answers(), out = no_answers();
  a.send(durable_message(waits), 1);
  a.send(durable_message(out), 0);
  EXPECT_EQ(a.sent(2).size(), 1u);
  a.pass(span{9'999});
  EXPECT_EQ(fate(waits), "0 answers");
  a.pass(span{1});
  EXPECT_EQ(fate(waits), "unavailable");
  a.pass(span{49'999});
  EXPECT_EQ(fate(out), "0 answers");
  a.pass(span{1});
  EXPECT_EQ(fate(out), "unavailable");
}

TEST(outgoing, refuses_what_fits_into_no_frame) {
  asking a;
  const auto large = a.ask(0, std::string(forwarding::most_bytes + 1, 'x'));
  EXPECT_EQ(fate(large), "too_large");
  EXPECT_EQ(a.out.counted().refused, 1u);
  const auto largest = a.ask(0, std::string(forwarding::most_bytes, 'x'));
  EXPECT_EQ(a.sent(2).size(), 1u);
}

TEST(outgoing, refuses_more_than_may_wait_and_takes_outcomes_all_the_same) {
  asking a{{.most_waiting = 2}};
  const auto one = a.ask(1), two = a.ask(1), three = a.ask(1);
  EXPECT_EQ(fate(three), "overloaded");
  EXPECT_TRUE(three->at(0).error().retry_after);
  a.send(outcome_of_call(), 1);
  EXPECT_EQ(a.out.waiting(), 3u);
  const auto goes = a.ask(0);
  EXPECT_EQ(a.sent(2).size(), 1u) << "what need not wait is not refused";
}

TEST(outgoing, bounds_the_bytes_that_wait) {
  asking a{{.waiting_bytes = 1000}};
  const auto one = a.ask(1, std::string(600, 'x')), two = a.ask(1, std::string(600, 'x'));
  EXPECT_EQ(fate(one), "0 answers");
  EXPECT_EQ(fate(two), "overloaded");
}

TEST(outgoing, sends_no_more_to_a_node_than_it_answers) {
  asking a{{.most_out = 2}};
  const auto one = a.ask(), two = a.ask(), three = a.ask();
  const auto sent = a.sent(2);
  EXPECT_EQ(sent.size(), 2u);
  EXPECT_EQ(a.out.waiting(), 1u);
  a.hear(2, {reply(sent[0].number)});
  EXPECT_EQ(a.sent(2).size(), 1u);
}

TEST(outgoing, shares_the_room_of_a_node_among_partitions) {
  asking a{{.most_out = 1}};
  a.out.owned(1, 2);
  a.out.owned(2, 2);
  std::vector<answers> all;
  for (int i = 0; i < 5; ++i)
    for (partition_number p = 0; p < 3; ++p)
      all.push_back(a.ask(p));
  std::vector<partition_number> order;
  for (auto sent = a.sent(2); !sent.empty(); sent = a.sent(2)) {
    order.push_back(sent.at(0).partition);
    a.hear(2, {reply(sent.at(0).number)});
  }
  ASSERT_EQ(order.size(), 15u);
  EXPECT_EQ(std::set(order.begin() + 1, order.begin() + 4), (std::set<partition_number>{0, 1, 2}));
}

TEST(outgoing, holds_a_command_only_until_the_other_node_has_it) {
  asking a{{.out_bytes = 3000}};
  const auto one = a.ask(0, std::string(2000, 'x')), two = a.ask(0, std::string(2000, 'y'));
  const auto sent = a.sent(2);
  EXPECT_EQ(sent.size(), 1u);
  const auto parcel = a.last;
  EXPECT_GT(a.out.held_bytes(), 4000u);
  a.hear(2, {}, parcel);
  EXPECT_EQ(a.out.out(2), 2u) << "there is room for the next";
  EXPECT_LT(a.out.held_bytes(), 2500u);
  EXPECT_EQ(fate(one), "0 answers");
  a.hear(2, {reply(sent[0].number)});
  EXPECT_EQ(fate(one), "answered");
}

TEST(outgoing, fills_parcels_up_to_their_size) {
  asking a;
  std::vector<answers> all;
  for (int i = 0; i < 100; ++i)
    all.push_back(a.ask(0, std::string(10'000, 'x')));
  std::size_t parcels = 0, asks = 0;
  while (a.out.due(2)) {
    auto parcel = a.fill(2);
    EXPECT_LE(protocols::encode(parcel).size(), forwarding::parcel_bytes + 64);
    EXPECT_EQ(parcel.number, ++parcels);
    asks += parcel.asks.size();
    a.out.left(2, parcel, true, a.now);
  }
  EXPECT_EQ(asks, 100u);
  EXPECT_EQ(parcels, 4u);
}

TEST(outgoing, ignores_answers_of_nodes_that_were_not_asked) {
  asking a;
  const auto got = a.ask();
  const auto number = a.sent(2).at(0).number;
  a.hear(3, {reply(number), reply(0), reply(~0ull)});
  EXPECT_EQ(fate(got), "0 answers");
  a.hear(2, {reply(number), reply(number)});
  EXPECT_EQ(fate(got), "answered");
}

TEST(outgoing, answers_everybody_when_it_ends) {
  asking a;
  const auto out = a.ask();
  EXPECT_EQ(a.sent(2).size(), 1u);
  const auto waits = a.ask(1);
  a.out.close();
  a.settle();
  EXPECT_EQ(fate(out), "timed_out");
  EXPECT_EQ(fate(waits), "unavailable");
  EXPECT_EQ(fate(a.ask()), "unavailable");
  EXPECT_EQ(a.out.open(), 0u);
}

} // namespace

} // namespace tenon::tests
