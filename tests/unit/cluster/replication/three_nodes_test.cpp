// Three nodes on real sockets and real logs: what is confirmed is everywhere, and goes on when the
// one that owned it is gone.
#include "tests/unit/cluster/replication/replicating_cluster.hpp"

namespace tenon::tests {

namespace {

using cluster_of_three = replicating_cluster;

bool is_at_all(cluster_of_three& c, std::uint64_t index, const std::string& text) {
  return replicating_cluster::becomes([&] {
    for (auto& [id, node] : c.nodes) {
      if (!node)
        continue;
      const auto all = entries_of(*node->operator->(), 0);
      const auto found = all.find(index);
      if (found == all.end() || found->second != text)
        return false;
    }
    return true;
  });
}

TEST(three_nodes, agree_on_one_owner_and_have_what_it_confirmed) {
  cluster_of_three c{{1, 2, 3}};
  const auto owner = c.owner();
  ASSERT_NE(owner, 0u);
  const auto index = c.confirmed(0, "decided");
  ASSERT_NE(index, 0u);
  EXPECT_TRUE(is_at_all(c, index, "decided")) << "also where it is not owned";
  for (const raft::node_id id : {1, 2, 3}) {
    EXPECT_TRUE(replicating_cluster::becomes([&] { return c.at(id)->leader(0) == owner; })) << id;
    EXPECT_EQ(c.at(id)->term(0) != 0, id == owner);
  }
  const auto refused =
      c.at(owner % 3 + 1)->append(0, c.at(owner)->term(0), blob::from("x"), c.at(owner).told);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, code::unavailable);
}

TEST(three_nodes, go_on_without_the_owner_with_everything_it_confirmed) {
  cluster_of_three c{{1, 2, 3}};
  std::map<std::uint64_t, std::string> ledger;
  for (int i = 0; i < 100; ++i)
    ledger[c.confirmed(0, std::to_string(i))] = std::to_string(i);
  const auto first = c.owner();
  const auto term = c.at(first)->term(0);
  c.stop(first);
  const auto next = c.owner();
  ASSERT_NE(next, 0u);
  const auto gained = c.at(next).owned->of(0).back();
  EXPECT_TRUE(gained.gained);
  EXPECT_GT(gained.term, term);
  EXPECT_GE(gained.durable, ledger.rbegin()->first);
  EXPECT_EQ(entries_of(*c.at(next).operator->(), 0), ledger);
  ledger[c.confirmed(0, "after")] = "after";
  c.start(first);
  EXPECT_TRUE(replicating_cluster::becomes([&] {
    return entries_of(*c.at(first).operator->(), 0) == ledger;
  })) << "who comes back gets what it missed";
}

TEST(three_nodes, tell_the_old_owner_that_it_lost_and_never_that_its_last_entries_are_confirmed) {
  cluster_of_three c{{1, 2, 3}};
  const auto old = c.owner();
  const auto index = c.confirmed(0, "confirmed");
  ASSERT_NE(index, 0u);
  auto& cut = c.at(old);
  const auto term = cut->term(0);
  cut.cut_off();
  const auto calls = cut.told.calls();
  const auto durable = cut->durable(0);
  std::uint64_t last = 0;
  for (int i = 0; i < 10; ++i) // until it has noticed, it takes them
    if (const auto taken = cut->append(0, term, blob::from("lost"), cut.told))
      last = *taken;
  ASSERT_GT(last, index);
  const auto next = c.owner(0, old);
  ASSERT_NE(next, 0u);
  ASSERT_NE(c.confirmed(0, "of the next"), 0u);
  ASSERT_TRUE(replicating_cluster::becomes([&] { return cut->term(0) == 0; }));
  const auto told = cut.owned->of(0);
  ASSERT_EQ(told.size(), 2u);
  EXPECT_FALSE(told.back().gained);
  EXPECT_EQ(told.back().term, term);
  EXPECT_EQ(told.back().durable, durable);
  EXPECT_EQ(cut.told.calls(), calls);
  EXPECT_EQ(cut->append(0, term, blob::from("x"), cut.told).error().code, code::unavailable);
  EXPECT_FALSE(entries_of(*cut.operator->(), 0).contains(last));
}

TEST(three_nodes, hand_a_partition_over_under_load_without_losing_what_was_confirmed) {
  cluster_of_three c{{1, 2, 3}};
  const auto old = c.owner();
  ASSERT_NE(c.confirmed(0, "0"), 0u);
  std::map<std::uint64_t, std::string> ledger = entries_of(*c.at(old).operator->(), 0);
  const raft::node_id next = old % 3 + 1;
  std::promise<result<void>> handed;
  bool asked = false, over = false;
  std::size_t refused = 0;
  auto answer = handed.get_future();
  for (int i = 1; i < 3000; ++i) {
    auto& owner = c.at(over ? next : old);
    const auto text = std::to_string(i);
    const auto index = owner->append(0, owner->term(0), blob::copy_of(text), owner.told);
    if (index)
      ledger[*index] = text;
    else
      ++refused;
    if (i == 1000)
      c.at(old)->transfer(0, next, [&](result<void> done) { handed.set_value(std::move(done)); });
    asked = asked || i >= 1000;
    if (asked && !over && c.at(next)->term(0)) {
      over = true;
      std::erase_if(ledger, [&](const auto& e) { return e.first > c.at(old).told.last(); });
    }
    std::this_thread::yield();
  }
  const auto done = answer.get();
  ASSERT_TRUE(done) << done.error().why;
  ASSERT_EQ(c.owner(), next);
  const auto last = c.confirmed(0, "last");
  ASSERT_NE(last, 0u);
  const auto all = entries_of(*c.at(next).operator->(), 0);
  for (const auto& [index, text] : ledger) {
    const auto found = all.find(index);
    ASSERT_NE(found, all.end()) << index;
    EXPECT_EQ(found->second, text);
  }
}

TEST(three_nodes, give_who_was_away_too_long_the_state_in_the_place_of_the_log) {
  replicating_cluster c{{1, 2, 3}, 1, [](auto& o) { o.trailing.entries = 1; }};
  const raft::node_id away = c.owner() % 3 + 1;
  ASSERT_NE(c.confirmed(0, "seen by all"), 0u);
  c.stop(away);
  std::uint64_t last = 0;
  for (int i = 0; i < 50; ++i)
    last = c.confirmed(0, std::to_string(i));
  ASSERT_NE(last, 0u);
  for (auto& [id, node] : c.nodes)
    if (node) {
      ASSERT_TRUE(replicating_cluster::becomes([&] { return (*node)->durable(0) >= last; }));
      (*node)->trim(0, last - 10);
    }
  ASSERT_TRUE(replicating_cluster::becomes([&] {
    return std::ranges::all_of(c.nodes, [&](const auto& n) {
      return !n.second || !entries_of(*n.second->operator->(), 0).contains(last - 20);
    });
  }));
  c.start(away);
  const auto more = c.confirmed(0, "more");
  ASSERT_NE(more, 0u);
  ASSERT_TRUE(replicating_cluster::becomes([&] { return c.at(away)->durable(0) >= more; }));
  EXPECT_GE(c.at(away).fetches, 2) << "what failed is asked for again";
  const auto all = entries_of(*c.at(away).operator->(), 0);
  EXPECT_EQ(all.rbegin()->second, "more");
  EXPECT_GE(all.begin()->first, last - 10);
}

TEST(three_nodes, grow_from_one_by_learners_while_it_goes_on) {
  replicating_cluster c{{1}, 2};
  ASSERT_EQ(c.owner(0), 1u);
  std::map<std::uint64_t, std::string> ledger;
  for (int i = 0; i < 2000; ++i) // more than a learner may lack and vote
    ledger[c.at(1)
               ->append(0, c.at(1)->term(0), blob::copy_of(std::to_string(i)), c.at(1).told)
               .value()] = std::to_string(i);
  ASSERT_TRUE(c.at(1).told.wait_for(ledger.rbegin()->first));
  c.start(2);
  c.start(3);
  const auto changed = [&](raft::node_id node, raft::role role) {
    return until(
        [&] {
          ledger[c.confirmed(0, "x")] = "x";
          std::promise<result<void>> done;
          c.at(1)->change(0, {.node = node, .role = role},
                          [&](result<void> made) { done.set_value(std::move(made)); });
          return done.get_future().get();
        },
        [](const result<void>& made) { return made.has_value(); });
  };
  for (const raft::node_id node : {2, 3}) {
    const auto learns = changed(node, raft::role::learner);
    ASSERT_TRUE(learns) << learns.error().why;
    const auto votes = changed(node, raft::role::voter);
    ASSERT_TRUE(votes) << votes.error().why;
  }
  ASSERT_TRUE(replicating_cluster::becomes([&] {
    const auto view = c.at(1).views().at(0);
    return view.members.size() == 3 && view.members[1].caught_up && view.members[2].caught_up;
  }));
  c.stop(1);
  ASSERT_NE(c.owner(0), 0u);
  EXPECT_EQ(entries_of(*c.at(c.owner(0)).operator->(), 0), ledger);
  EXPECT_EQ(c.at(2)->leader(1), 0u) << "the other partition was not moved";
}

} // namespace

} // namespace tenon::tests
