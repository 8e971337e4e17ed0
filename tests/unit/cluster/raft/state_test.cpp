// States stored beside the log, what is forgotten then, and who needs one.
#include "tests/unit/cluster/raft/replicas.hpp"

namespace tenon::tests {

namespace {

/// A follower that comes back when the leader has forgotten what it lacks.
replicas with_a_gap() {
  replicas all{voters({1, 2, 3})};
  all.elect();
  all.lead(1);
  all.pass(span{100});
  all.cut_off(3);
  for (int i = 0; i < 50; ++i)
    all.submit(1, "x");
  all.save(1, 5);
  all.save(2, 5);
  all.cuts.clear();
  all.pass(span{200});
  return all;
}

TEST(raft_state, that_is_stored_lets_the_log_forget_all_but_some) {
  replicas all{voters({1})};
  all.settle();
  for (int i = 0; i < 50; ++i)
    all.submit(1, "x");
  const auto last = all.at(1).last();
  all.save(1, 10);
  EXPECT_EQ(all.nodes[1].log->kept.first, last - 10 + 1);
  all.crash(1);
  all.start(1);
  all.settle();
  EXPECT_EQ(all.leader(), 1u);
  EXPECT_EQ(all.submit(1, "y"), last + 2) << "behind the barrier of the new term";
}

TEST(raft_state, has_a_stamp_only_where_it_is_committed_and_remembered) {
  replicas all{voters({1})};
  all.settle();
  all.submit(1, "x");
  const auto here = all.at(1).stamp_at(all.nodes[1].applied);
  ASSERT_TRUE(here);
  EXPECT_EQ(here->configuration_index, 1u);
  EXPECT_EQ(here->configuration, voters({1}));
  EXPECT_EQ(here->term, all.at(1).standing().term);
  EXPECT_EQ(all.at(1).stamp_at(here->index + 1).error().code, code::not_found);
}

TEST(raft_state, is_fetched_by_who_lacks_what_is_forgotten) {
  auto all = with_a_gap();
  auto& late = all.nodes[3];
  ASSERT_TRUE(late.fetch);
  EXPECT_EQ(late.fetch->from, 1u);
  // What was fetched may be newer than what was offered.
  all.submit(1, "y");
  const auto newer = all.at(1).stamp_at(all.nodes[1].applied);
  ASSERT_TRUE(newer);
  all.at(3).fetched(*newer, all.now);
  all.pass(span{200});
  EXPECT_EQ(late.log->kept.first, newer->index + 1);
  EXPECT_EQ(late.log->kept.state, *newer);
  const auto after = all.submit(1, "z");
  all.pass(span{100});
  EXPECT_EQ(late.log->last(), after);
  EXPECT_EQ(late.applied, after);
}

TEST(raft_state, is_offered_again_when_it_could_not_be_fetched) {
  auto all = with_a_gap();
  ASSERT_TRUE(all.nodes[3].fetch);
  all.nodes[3].fetch.reset();
  all.pass(span{500});
  EXPECT_FALSE(all.nodes[3].fetch) << "once is enough while it is being fetched";
  all.at(3).not_fetched();
  all.pass(span{500});
  EXPECT_TRUE(all.nodes[3].fetch);
}

TEST(raft_state, that_is_not_newer_changes_nothing) {
  auto all = with_a_gap();
  auto old = *all.nodes[1].log->kept.state;
  all.at(2).fetched(old, all.now);
  EXPECT_TRUE(all.at(2).take().writes.empty());
}

TEST(raft_state, goes_on_after_a_crash_in_the_middle_of_installing) {
  auto all = with_a_gap();
  auto& late = all.nodes[3];
  late.holds_writes = true;
  all.at(3).fetched(*all.nodes[1].log->kept.state, all.now);
  all.settle();
  EXPECT_FALSE(late.unwritten.empty());
  all.crash(3);
  late.holds_writes = false;
  late.fetch.reset();
  all.start(3);
  all.pass(span{500});
  ASSERT_TRUE(late.fetch);
  all.at(3).fetched(*all.nodes[1].log->kept.state, all.now);
  all.pass(span{300});
  EXPECT_EQ(late.applied, all.nodes[1].applied);
}

} // namespace

} // namespace tenon::tests
