#include "cluster/placement/plan.hpp"
#include "tests/unit/cluster/members.hpp"

#include <set>

namespace tenon::tests {

namespace {

namespace placement = tenon::cluster::placement;

members placed(unsigned nodes, std::uint16_t partitions) {
  members m;
  m.init(partitions, 3);
  for (unsigned i = 2; i <= nodes; ++i)
    m.join(described("n" + std::to_string(i)));
  m.obey(placement::rebalance(m.state, {}).command);
  m.settle();
  return m;
}

/// What the rows say, done to what is there, is what the command wants.
void expect_rows_tell_all(const members& m, const placement::plan& p) {
  auto after = m.state.assignments;
  for (const auto& r : p.rows) {
    EXPECT_FALSE(r.why.empty());
    auto& a = after[r.partition];
    if (r.leads) {
      EXPECT_EQ(a.preferred_leader, r.from);
      a.preferred_leader = r.to;
      continue;
    }
    if (r.from != 0) {
      EXPECT_EQ(std::erase(a.wanted, r.from), 1u);
    }
    if (r.to != 0)
      a.wanted.insert(std::ranges::lower_bound(a.wanted, r.to), r.to);
  }
  for (const auto& w : p.command.wishes) {
    EXPECT_EQ(after[w.partition].wanted, w.wanted);
    EXPECT_EQ(after[w.partition].preferred_leader, w.preferred_leader);
    after[w.partition] = m.state.assignments[w.partition];
  }
  EXPECT_EQ(after, m.state.assignments) << "a row about what the command leaves";
}

std::set<std::string> reasons(const placement::plan& p, bool leads) {
  std::set<std::string> found;
  for (const auto& r : p.rows)
    if (r.leads == leads)
      found.insert(r.why);
  return found;
}

TEST(plans, say_when_there_is_nothing_to_do) {
  const auto m = placed(3, 16);
  const auto p = placement::rebalance(m.state, {});
  EXPECT_TRUE(p.rows.empty());
  EXPECT_TRUE(p.command.wishes.empty());
  EXPECT_NE(to_text(p, m.state).find("Nothing to move"), std::string::npos);
}

TEST(plans, name_each_move_and_why) {
  auto m = placed(4, 16);
  m.join(described("n5"));
  const auto grown = placement::rebalance(m.state, {}, std::vector<std::uint64_t>(16, 2'000'000));
  expect_rows_tell_all(m, grown);
  EXPECT_TRUE(reasons(grown, false).contains("balance: n1 holds 12, n5 0"));
  std::size_t moved = 0;
  for (const auto& r : grown.rows)
    if (!r.leads) {
      EXPECT_EQ(r.bytes, 2'000'000u);
      EXPECT_EQ(r.to, 5u);
      ++moved;
    }
  EXPECT_EQ(moved, 9u) << "a fifth of 48, rounded down";
  const auto text = to_text(grown, m.state);
  EXPECT_NE(text.find("2000 KB"), std::string::npos) << text;
  EXPECT_NE(text.find("9 replicas and "), std::string::npos) << text;
  EXPECT_NE(text.find(", 18 MB.\n"), std::string::npos) << text;
}

TEST(plans, tell_the_dead_from_those_that_leave) {
  auto m = placed(5, 16);
  const auto dead = placement::rebalance(m.state, {.gone = {2}});
  expect_rows_tell_all(m, dead);
  EXPECT_EQ(reasons(dead, false), std::set<std::string>{"n2 is dead"});
  EXPECT_TRUE(reasons(dead, true).contains("n2 is dead"));
  m.obey(words::leave{3});
  const auto leaves = placement::rebalance(m.state, {});
  expect_rows_tell_all(m, leaves);
  EXPECT_EQ(reasons(leaves, false), std::set<std::string>{"n3 is leaving"});
}

TEST(plans, say_what_is_missing_what_is_too_much_and_what_stands_too_close) {
  auto m = placed(1, 4);
  m.join(described("n2"));
  m.join(described("n3"));
  auto p = placement::rebalance(m.state, {});
  expect_rows_tell_all(m, p);
  EXPECT_EQ(reasons(p, false), std::set<std::string>{"1 of 3 replicas"});
  m.obey(p.command);
  m.obey(words::set_factor{1});
  p = placement::rebalance(m.state, {});
  expect_rows_tell_all(m, p);
  EXPECT_EQ(reasons(p, false), std::set<std::string>{"the factor is 1"});

  auto z = placed(6, 16);
  for (const membership::node_id id : {1u, 2u, 3u, 4u, 5u, 6u})
    z.obey(words::set_zone{id, id <= 2 ? "a" : id <= 4 ? "b" : "c"});
  p = placement::rebalance(z.state, {});
  expect_rows_tell_all(z, p);
  EXPECT_TRUE(reasons(p, false).contains("2 replicas in zone a") ||
              reasons(p, false).contains("2 replicas in zone b") ||
              reasons(p, false).contains("2 replicas in zone c"));
}

TEST(plans, show_which_partitions_are_too_busy_to_stand_together) {
  auto m = placed(3, 12);
  std::vector<double> rates(12, 10);
  for (const auto& a : m.state.assignments)
    if (a.preferred_leader == 2)
      rates[a.partition] = 500;
  const auto p = placement::rebalance(m.state, {.rates = rates});
  expect_rows_tell_all(m, p);
  EXPECT_TRUE(reasons(p, false).empty());
  EXPECT_TRUE(reasons(p, true).contains("busy: 500/s of 2000/s on n2")) << to_text(p, m.state);
  EXPECT_TRUE(reasons(p, true).contains("in exchange for a busier one"));
}

TEST(plans, show_a_move_by_hand) {
  auto m = placed(4, 16);
  const auto& a = m.state.assignments[5];
  membership::node_id to = 1;
  while (membership::contains(a.wanted, to))
    ++to;
  const words::move move{5, a.preferred_leader, to};
  const auto p = placement::by_hand(m.state, move, std::vector<std::uint64_t>(16, 100));
  ASSERT_EQ(p.rows.size(), 2u);
  EXPECT_EQ(p.rows[0].why, "by hand");
  EXPECT_TRUE(p.rows[1].leads);
  m.obey(move);
  EXPECT_EQ(a.preferred_leader, p.rows[1].to);
  EXPECT_TRUE(membership::contains(a.wanted, p.rows[0].to));
}

} // namespace

} // namespace tenon::tests
