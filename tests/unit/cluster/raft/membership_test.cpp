// Who belongs to a group: from one node to three and back, without stopping.
#include "tests/unit/cluster/raft/replicas.hpp"

namespace tenon::tests {

namespace {

using raft::role;

/// Until the change is made, or it is refused for more than a moment.
result<std::uint64_t> change(replicas& all, const raft::wanted_change& wanted) {
  for (int i = 0; i < 100; ++i) {
    const auto done = all.at(all.elect()).change(wanted, all.now);
    if (done || !done.error().retry_after)
      return done;
    all.pass(span{50});
  }
  return failure{.code = code::timed_out, .why = "it never came about"};
}

TEST(raft_membership, grows_from_one_voter_to_three_through_learners_while_it_works) {
  replicas all{voters({1}), {}, {2, 3}};
  all.settle();
  for (int i = 0; i < 20; ++i)
    all.submit(1, "before");
  for (const raft::node_id node : {2, 3}) {
    ASSERT_TRUE(change(all, {node, role::learner}));
    all.submit(1, "meanwhile");
    ASSERT_TRUE(change(all, {node, role::voter}));
  }
  all.submit(1, "after");
  all.pass(span{200});
  EXPECT_EQ(raft::voters_of(*all.at(3).members()), 3u);
  EXPECT_EQ(all.texts(2), all.texts(1));
  EXPECT_EQ(all.texts(3), all.texts(1));
  all.crash(1);
  const auto next = all.elect();
  EXPECT_NE(next, 1u);
  all.submit(next, "without the first");
  EXPECT_EQ(all.nodes[next].applied, all.at(next).last());
}

TEST(raft_membership, shrinks_again_and_goes_on_alone) {
  replicas all{voters({1, 2, 3})};
  all.elect();
  all.lead(2);
  ASSERT_TRUE(change(all, {1}));
  all.pass(span{100});
  ASSERT_TRUE(change(all, {3}));
  all.pass(span{100});
  all.crash(1);
  all.crash(3);
  all.submit(2, "alone");
  EXPECT_EQ(all.nodes[2].applied, all.at(2).last());
  all.crash(2);
  all.start(2);
  all.settle();
  EXPECT_EQ(all.leader(), 2u);
}

TEST(raft_membership, does_not_let_the_leader_leave) {
  replicas all{voters({1, 2, 3})};
  const auto leader = all.elect();
  for (const auto& wanted : {raft::wanted_change{leader}, {leader, role::learner}}) {
    const auto done = change(all, wanted);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, code::conflict);
    EXPECT_NE(done.error().remedy.find("transfer"), std::string::npos);
  }
}

TEST(raft_membership, lets_nobody_vote_who_was_no_learner) {
  replicas all{voters({1}), {}, {2}};
  all.settle();
  EXPECT_EQ(change(all, {2, role::voter}).error().code, code::conflict);
  ASSERT_TRUE(change(all, {2, role::spare}));
  EXPECT_EQ(change(all, {2, role::voter}).error().code, code::conflict);
}

TEST(raft_membership, lets_nobody_vote_who_lacks_too_much) {
  raft::options strict;
  strict.nearly_caught_up = 5;
  replicas all{voters({1}), strict, {2}};
  all.settle();
  all.cut(1, 2);
  ASSERT_TRUE(change(all, {2, role::learner}));
  for (int i = 0; i < 20; ++i)
    all.submit(1, "x");
  const auto early = all.at(1).change({2, role::voter}, all.now);
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, code::unavailable);
  EXPECT_TRUE(early.error().retry_after);
  all.cuts.clear();
  EXPECT_TRUE(change(all, {2, role::voter}));
}

TEST(raft_membership, makes_one_change_at_a_time) {
  replicas all{voters({1, 2, 3})};
  all.elect();
  all.lead(1);
  all.pass(span{100});
  all.cut_off(1);
  ASSERT_TRUE(all.at(1).change({4, role::spare}, all.now));
  const auto second = all.at(1).change({5, role::spare}, all.now);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, code::conflict);
  EXPECT_TRUE(second.error().retry_after);
}

TEST(raft_membership, does_not_change_before_the_leaders_term_has_begun) {
  raft::node_id early = 0;
  replicas all{voters({1, 2, 3})};
  // The very step in which votes make a leader: nothing of its term is committed yet.
  for (int i = 0; i < 400 && !early; ++i) {
    all.now += span{5};
    for (auto& [node, r] : all.nodes) {
      r.group->tick(all.now);
      if (r.group->standing().part == raft::part::candidate) {
        const auto term = r.group->standing().term + 1;
        r.group->receive(node % 3 + 1, 1, {term, raft::say::vote{true, true}}, all.now);
        r.group->receive(node % 3 + 1, 1, {term, raft::say::vote{true, false}}, all.now);
        early = node;
        break;
      }
    }
  }
  ASSERT_EQ(all.at(early).standing().part, raft::part::leader);
  const auto done = all.at(early).change({4, role::spare}, all.now);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, code::unavailable);
}

TEST(raft_membership, takes_a_change_back_that_was_not_decided) {
  replicas all{voters({1, 2, 3})};
  all.elect();
  all.lead(1);
  all.pass(span{100});
  all.cut_off(1);
  ASSERT_TRUE(all.at(1).change({4, role::spare}, all.now));
  all.pass(span{1500});
  all.elect();
  all.cuts.clear();
  all.pass(span{500});
  EXPECT_EQ(all.at(1).members()->members.size(), 3u);
  EXPECT_TRUE(change(all, {5, role::spare}));
}

TEST(raft_membership, has_nothing_to_do_where_it_is_so_already) {
  replicas all{voters({1, 2, 3})};
  all.elect();
  all.pass(span{100});
  const auto last = all.at(all.leader()).last();
  EXPECT_TRUE(change(all, {2, role::voter}));
  EXPECT_TRUE(change(all, {9}));
  EXPECT_EQ(all.at(all.leader()).last(), last);
}

} // namespace

} // namespace tenon::tests
