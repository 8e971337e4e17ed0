// Reads that are never stale, and what they cost.
#include "tests/unit/cluster/raft/replicas.hpp"

namespace tenon::tests {

namespace {

TEST(raft_reading, is_allowed_by_a_majority_at_what_was_committed) {
  replicas all{voters({1, 2, 3})};
  const auto leader = all.elect();
  const auto index = all.submit(leader, "a");
  ASSERT_TRUE(all.at(leader).read(7, all.now));
  EXPECT_TRUE(all.nodes[leader].reads.empty());
  all.settle();
  ASSERT_EQ(all.nodes[leader].reads.size(), 1u);
  EXPECT_EQ(all.nodes[leader].reads[0].token, 7u);
  EXPECT_EQ(all.nodes[leader].reads[0].index, index);
}

TEST(raft_reading, is_allowed_at_once_to_who_is_alone) {
  replicas all{voters({1})};
  all.settle();
  ASSERT_TRUE(all.at(1).read(1, all.now));
  EXPECT_EQ(all.at(1).take().reads.size(), 1u);
}

TEST(raft_reading, is_not_allowed_to_a_leader_that_was_replaced_without_knowing) {
  replicas all{voters({1, 2, 3})};
  const auto old = all.elect();
  all.cut_off(old);
  for (auto& [node, r] : all.nodes)
    if (node != old)
      r.group->lost(old, all.now);
  all.settle();
  const auto next = all.leader();
  ASSERT_NE(next, old);
  ASSERT_EQ(all.at(old).standing().part, raft::part::leader);
  all.submit(next, "newer");
  ASSERT_TRUE(all.at(old).read(1, all.now));
  all.settle();
  EXPECT_TRUE(all.nodes[old].reads.empty());
  all.cuts.clear();
  all.pass(span{1000});
  EXPECT_TRUE(all.nodes[old].reads.empty());
  EXPECT_EQ(all.nodes[old].refused_reads, std::vector<std::uint64_t>{1});
}

TEST(raft_reading, asks_again_when_answers_are_lost) {
  replicas all{voters({1, 2, 3})};
  const auto leader = all.elect();
  all.cut_off(leader);
  ASSERT_TRUE(all.at(leader).read(1, all.now));
  all.settle();
  EXPECT_TRUE(all.nodes[leader].reads.empty());
  all.cuts.clear();
  all.pass(span{100});
  EXPECT_EQ(all.nodes[leader].reads.size(), 1u);
}

TEST(raft_reading, of_many_at_once_takes_two_rounds) {
  replicas all{voters({1, 2, 3})};
  const auto leader = all.elect();
  all.pass(span{100});
  all.sent.clear();
  for (std::uint64_t token = 0; token < 1000; ++token)
    ASSERT_TRUE(all.at(leader).read(token, all.now));
  all.settle();
  EXPECT_EQ(all.nodes[leader].reads.size(), 1000u);
  EXPECT_LE(all.sent.size(), 8u) << "two questions and two answers a round";
}

TEST(raft_reading, is_refused_where_nobody_leads_and_when_too_many_wait) {
  raft::options few;
  few.waiting_reads = 3;
  replicas all{voters({1, 2, 3}), few};
  const auto leader = all.elect();
  EXPECT_EQ(all.at(leader % 3 + 1).read(1, all.now).error().code, code::unavailable);
  for (std::uint64_t token = 0; token < 3; ++token)
    ASSERT_TRUE(all.at(leader).read(token, all.now));
  EXPECT_EQ(all.at(leader).read(4, all.now).error().code, code::overloaded);
}

} // namespace

} // namespace tenon::tests
