// Elections, commits, transfer and crashes of a few replicas, step by step.
#include "tests/unit/cluster/raft/replicas.hpp"

namespace tenon::tests {

namespace {

TEST(raft_group, of_one_node_leads_at_once_and_commits_when_it_has_written) {
  replicas all{voters({1})};
  all.settle();
  ASSERT_EQ(all.leader(), 1u);
  all.nodes[1].holds_writes = true;
  const auto index = all.submit(1, "a");
  EXPECT_EQ(all.nodes[1].applied, index - 1);
  all.nodes[1].holds_writes = false;
  all.settle();
  EXPECT_EQ(all.nodes[1].applied, index);
}

TEST(raft_group, of_three_elects_one_leader_and_begins_its_term_with_a_barrier) {
  replicas all{voters({1, 2, 3})};
  const auto leader = all.elect();
  all.pass(span{100});
  for (auto& [node, r] : all.nodes) {
    EXPECT_EQ(r.group->standing().leader, leader);
    EXPECT_EQ(r.applied, 2u);
    EXPECT_EQ(r.log->at(2).kind, raft::kind::barrier);
    EXPECT_EQ(r.log->at(2).term, r.group->standing().term);
  }
}

TEST(raft_group, commits_with_a_majority_and_not_without) {
  replicas all{voters({1, 2, 3})};
  const auto leader = all.elect();
  const auto other = leader % 3 + 1;
  all.cut_off(other);
  EXPECT_EQ(all.submit(leader, "a"), all.nodes[leader].applied);
  all.cut_off(other % 3 + 1 == leader ? leader % 3 + 2 : other % 3 + 1);
  const auto alone = all.submit(leader, "b");
  all.pass(span{100});
  EXPECT_LT(all.nodes[leader].applied, alone);
  all.pass(span{2000});
  EXPECT_NE(all.at(leader).standing().part, raft::part::leader) << "it hears from no majority";
  all.cuts.clear();
  all.elect();
  all.pass(span{500});
  EXPECT_EQ(all.texts(1), all.texts(2));
  EXPECT_EQ(all.texts(2), all.texts(3));
}

TEST(raft_group, replaces_what_a_lost_leader_alone_had_written) {
  replicas all{voters({1, 2, 3})};
  const auto old = all.elect();
  all.cut_off(old);
  all.submit(old, "lost");
  all.pass(span{1500});
  const auto next = all.elect();
  ASSERT_NE(next, old);
  all.submit(next, "kept");
  all.cuts.clear();
  all.pass(span{500});
  EXPECT_EQ(all.texts(old), std::vector<std::string>{"kept"});
}

TEST(raft_group, hands_leadership_over_within_a_round_trip) {
  replicas all{voters({1, 2, 3})};
  const auto old = all.elect();
  all.submit(old, "a");
  const auto to = old % 3 + 1;
  ASSERT_TRUE(all.at(old).transfer(to, all.now));
  const auto refused = all.at(old).submit({blob::copy_of("b")}, all.now);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, code::unavailable);
  all.settle();
  EXPECT_EQ(all.leader(), to);
  all.submit(to, "b");
  EXPECT_EQ(all.texts(to), (std::vector<std::string>{"a", "b"}));
}

TEST(raft_group, refuses_a_transfer_to_who_does_not_vote) {
  replicas all{voters({1, 2, 3})};
  const auto leader = all.elect();
  const auto done = all.at(leader).transfer(9, all.now);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, code::conflict);
}

TEST(raft_group, elects_another_soon_after_the_connection_to_the_leader_broke) {
  replicas all{voters({1, 2, 3})};
  const auto old = all.elect();
  all.pass(span{200});
  all.crash(old);
  for (auto& [node, r] : all.nodes)
    if (r.group)
      r.group->lost(old, all.now);
  all.settle();
  EXPECT_NE(all.leader(), 0u) << "the first of them needs nothing but the vote of the second";
}

TEST(raft_group, does_not_mind_a_broken_connection_to_who_does_not_lead) {
  replicas all{voters({1, 2, 3})};
  const auto leader = all.elect();
  const auto term = all.at(leader).standing().term;
  all.at(leader % 3 + 1).lost(leader % 3 + 2 > 3 ? 1 : leader % 3 + 2, all.now);
  all.pass(span{1000});
  EXPECT_EQ(all.leader(), leader);
  EXPECT_EQ(all.at(leader).standing().term, term);
}

TEST(raft_group, goes_on_from_what_it_kept) {
  replicas all{voters({1, 2, 3})};
  all.submit(all.elect(), "a");
  for (const raft::node_id node : {1, 2, 3}) {
    all.crash(node);
    all.start(node);
  }
  const auto leader = all.elect();
  all.submit(leader, "b");
  all.pass(span{200});
  for (const raft::node_id node : {1, 2, 3})
    EXPECT_EQ(all.texts(node), (std::vector<std::string>{"a", "b"}));
}

TEST(raft_group, refuses_what_is_too_large_and_what_is_too_much) {
  raft::options few;
  few.entry_bytes = 100;
  few.waiting_bytes = 1000;
  few.remembered_bytes = 0;
  replicas all{voters({1}), few};
  all.settle();
  EXPECT_EQ(all.at(1).submit({blob::copy_of(std::string(101, 'x'))}, all.now).error().code,
            code::too_large);
  all.nodes[1].holds_writes = true;
  auto taken = all.at(1).submit({blob::copy_of("x")}, all.now);
  for (int i = 0; i < 100 && taken; ++i)
    taken = all.at(1).submit({blob::copy_of("x")}, all.now);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, code::overloaded);
  EXPECT_TRUE(taken.error().retry_after);
  all.nodes[1].holds_writes = false;
  all.settle();
  EXPECT_TRUE(all.at(1).submit({blob::copy_of("x")}, all.now));
}

TEST(raft_group, refuses_commands_where_it_does_not_lead_and_says_who_does) {
  replicas all{voters({1, 2, 3})};
  const auto leader = all.elect();
  const auto done = all.at(leader % 3 + 1).submit({blob::copy_of("a")}, all.now);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, code::unavailable);
  EXPECT_NE(done.error().why.find(std::to_string(leader)), std::string::npos);
}

} // namespace

} // namespace tenon::tests
