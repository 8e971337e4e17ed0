// Messages for actors elsewhere whose owner is unknown, has moved, or is lost.
#include "tests/unit/cluster/forwarding/asking.hpp"

namespace tenon::tests {

namespace {

TEST(following, waits_until_somebody_owns_the_partition) {
  asking a;
  const auto got = a.ask(1, "one"), other = a.ask(1, "two");
  EXPECT_EQ(a.out.waiting(), 2u);
  a.pass(span{100});
  a.out.owned(1, 3);
  const auto sent = a.sent(3);
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0].command.view(), "one");
  EXPECT_EQ(sent[0].remaining_ms, 900u) << "the wait is taken off";
  EXPECT_EQ(a.out.waiting(), 0u);
}

TEST(following, waits_until_the_owner_is_connected) {
  asking a;
  a.out.owned(0, 4);
  const auto got = a.ask();
  EXPECT_EQ(a.out.waiting(), 1u);
  a.out.up(4);
  EXPECT_EQ(a.sent(4).size(), 1u);
}

TEST(following, follows_to_whom_the_former_owner_names) {
  asking a;
  const auto got = a.ask();
  const auto first = a.sent(2).at(0);
  a.hear(2, {moved(first.number, 3)});
  EXPECT_EQ(fate(got), "0 answers");
  const auto again = a.sent(3);
  ASSERT_EQ(again.size(), 1u) << "at once";
  EXPECT_EQ(again[0].command.view(), "hello");
  a.hear(3, {reply(again[0].number)});
  EXPECT_EQ(fate(got), "answered");
  EXPECT_EQ(a.out.counted().moved, 1u);
  const auto next = a.ask();
  EXPECT_EQ(a.sent(3).size(), 1u) << "until its own view says otherwise";
}

TEST(following, trusts_its_own_view_more_than_a_hint) {
  asking a;
  const auto got = a.ask();
  const auto first = a.sent(2).at(0);
  a.out.owned(0, 3);
  a.hear(2, {moved(first.number, 4)});
  EXPECT_EQ(a.sent(3).size(), 1u);
}

TEST(following, asks_again_after_a_rest_where_nobody_knows_better) {
  asking a;
  const auto got = a.ask();
  a.hear(2, {moved(a.sent(2).at(0).number, 0)});
  EXPECT_TRUE(a.sent(2).empty());
  a.pass(span{2});
  EXPECT_EQ(a.sent(2).size(), 1u);
}

TEST(following, is_not_sent_in_circles_by_two_who_name_each_other) {
  asking a;
  const auto got = a.ask();
  int hops = 0;
  for (; a.now < start + span{990}; a.pass(span{1}))
    for (const node_id node : {2u, 3u})
      for (const auto& each : a.sent(node)) {
        ++hops;
        a.hear(node, {moved(each.number, node == 2 ? 3 : 2)});
      }
  EXPECT_LT(hops, 100);
  EXPECT_GT(hops, 20);
  a.pass(span{20});
  EXPECT_EQ(fate(got), "unavailable") << "nothing has happened";
}

TEST(following, sends_a_few_only_while_it_is_in_doubt_where_they_belong) {
  asking a;
  std::vector<answers> all;
  for (int i = 0; i < 1000; ++i)
    all.push_back(a.ask());
  for (int round = 0; round < 2; ++round) {
    for (const auto& each : a.sent(2))
      a.hear(2, {moved(each.number)});
    a.pass(span{16});
  }
  const auto sent = a.sent(2);
  EXPECT_EQ(sent.size(), 64u);
  a.hear(2, {reply(sent[0].number)});
  a.pass(span{16});
  EXPECT_EQ(a.sent(2).size(), 1000u - 64u);
}

TEST(following, keeps_the_order_of_those_that_come_back) {
  asking a;
  std::vector<answers> all;
  for (const auto* const text : {"a", "b", "c"})
    all.push_back(a.ask(0, text));
  const auto sent = a.sent(2);
  a.out.owned(0, 0);
  all.push_back(a.ask(0, "d"));
  a.hear(2, {moved(sent[2].number), moved(sent[0].number), moved(sent[1].number)});
  a.out.owned(0, 3);
  std::string order;
  for (const auto& each : a.sent(3))
    order += each.command.view();
  EXPECT_EQ(order, "abcd");
}

TEST(following, gives_back_what_this_node_owns_by_now) {
  asking a;
  const auto got = a.ask(1, "mine");
  a.out.owned(1, self);
  a.settle();
  ASSERT_EQ(a.returned.size(), 1u);
  EXPECT_EQ(a.returned[0].to, someone_in(1));
  EXPECT_EQ(a.returned[0].message->command.view(), "mine");
  EXPECT_EQ(a.out.open(), 0u);
  // A host that does not take it after all is not asked again at once.
  a.send(std::move(a.returned[0].message), 1);
  EXPECT_EQ(a.returned.size(), 1u);
  a.pass(span{1});
  EXPECT_EQ(a.returned.size(), 2u);
}

TEST(following, tells_whose_message_was_out_when_the_connection_broke_what_is_safe) {
  asking a;
  const auto outside = a.ask(), durable = no_answers();
  a.send(durable_message(durable));
  a.send(outcome_of_call());
  EXPECT_EQ(a.sent(2).size(), 3u);
  a.out.lost(2, false, a.now);
  a.settle();
  EXPECT_EQ(fate(outside), "timed_out") << "it may or may not have happened";
  EXPECT_EQ(fate(durable), "unavailable") << "its outbox repeats it";
  EXPECT_EQ(a.out.waiting(), 1u) << "nobody else would repeat the outcome";
  a.out.owned(0, 3);
  const auto again = a.sent(3);
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].settles, 9u);
  EXPECT_EQ(a.out.counted().repeated, 1u);
}

TEST(following, follows_the_new_owner_with_what_never_left) {
  asking a;
  const auto got = a.ask();
  auto refused = a.fill(2);
  EXPECT_EQ(refused.asks.size(), 1u);
  a.out.left(2, refused, false, a.now);
  EXPECT_EQ(a.out.waiting(), 1u);
  a.out.lost(2, false, a.now);
  a.out.owned(0, 3);
  EXPECT_EQ(a.sent(3).size(), 1u);
  EXPECT_EQ(fate(got), "0 answers");
}

TEST(following, does_not_send_again_what_was_let_go) {
  asking a;
  const auto outside = a.ask(), durable = no_answers();
  a.send(durable_message(durable));
  a.send(outcome_of_call());
  const auto sent = a.sent(2);
  a.hear(2, {}, a.last);
  a.hear(2, {moved(sent[0].number, 3)}); // against what it said
  EXPECT_EQ(fate(outside), "timed_out");
  a.out.lost(2, false, a.now);
  a.settle();
  EXPECT_EQ(fate(durable), "unavailable");
  EXPECT_EQ(a.out.open(), 0u);
}

} // namespace

} // namespace tenon::tests
