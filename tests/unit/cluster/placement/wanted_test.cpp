#include "cluster/placement/wanted.hpp"
#include "tests/unit/cluster/members.hpp"

#include <chrono>
#include <map>
#include <random>
#include <set>

namespace tenon::tests {

namespace {

namespace placement = tenon::cluster::placement;
using membership::node_id;
using membership::node_ids;
using wishes = std::vector<words::wish>;

struct counted {
  std::map<node_id, int> replicas;
  std::map<node_id, int> leads;

  counted(const membership::state& s, const wishes& w) {
    for (const auto& n : s.nodes)
      if (membership::takes_replicas(n))
        replicas[n.id] = leads[n.id] = 0;
    for (const auto& one : w) {
      ++leads[one.preferred_leader];
      for (const auto id : one.wanted)
        ++replicas[id];
    }
  }
  static int range(const std::map<node_id, int>& of) {
    const auto [least, most] =
        std::ranges::minmax_element(of, {}, [](const auto& e) { return e.second; });
    return most->second - least->second;
  }
};

/// Of replicas: how many are where they were not.
std::size_t moved(const membership::state& s, const wishes& w) {
  std::size_t moves = 0;
  for (const auto& one : w)
    for (const auto id : one.wanted)
      moves += membership::contains(s.assignments[one.partition].wanted, id) ? 0 : 1;
  return moves;
}

void follow(members& m, const wishes& w) {
  m.obey(words::place{w});
  m.settle();
}

members placed_cluster(unsigned nodes, std::uint16_t partitions, std::uint32_t factor = 3,
                       unsigned zones = 0) {
  members m;
  m.checks = false; // after each of thousands of applies; below once
  auto first = described("n1");
  if (zones > 0)
    first.zone = "z0";
  m.init(partitions, factor, first);
  for (unsigned i = 2; i <= nodes; ++i) {
    auto n = described("n" + std::to_string(i));
    if (zones > 0)
      n.zone = "z" + std::to_string((i - 1) % zones);
    m.join(n);
  }
  follow(m, placement::wanted(m.state));
  EXPECT_EQ(membership::broken_in(m.state), "");
  return m;
}

void expect_even(const members& m, const wishes& w, std::size_t factor) {
  const counted c{m.state, w};
  EXPECT_LE(counted::range(c.replicas), 1);
  EXPECT_LE(counted::range(c.leads), 1);
  for (const auto& one : w) {
    ASSERT_EQ(one.wanted.size(), std::min(factor, c.replicas.size()));
    ASSERT_TRUE(membership::contains(one.wanted, one.preferred_leader));
  }
}

TEST(placement, is_even_moves_one_share_for_a_node_more_or_less_and_nothing_when_asked_again) {
  for (unsigned nodes = 3; nodes <= 9; ++nodes)
    for (const std::uint16_t partitions : std::initializer_list<std::uint16_t>{16, 64, 256, 1024}) {
      SCOPED_TRACE(std::to_string(nodes) + " nodes, " + std::to_string(partitions));
      auto m = placed_cluster(nodes, partitions);
      expect_even(m, placement::wanted(m.state), 3);
      EXPECT_EQ(moved(m.state, placement::wanted(m.state)), 0u);

      m.join(described("more"));
      const auto grown = placement::wanted(m.state);
      expect_even(m, grown, 3);
      // A share is rounded up; 1.2/N of the replicas is the bound for any number of partitions.
      const auto total = 3.0 * partitions;
      EXPECT_LE(static_cast<double>(moved(m.state, grown)), 1.2 * total / (nodes + 1) + 1);
      follow(m, grown);

      m.obey(words::leave{2});
      const auto shrunk = placement::wanted(m.state);
      expect_even(m, shrunk, 3);
      EXPECT_LE(static_cast<double>(moved(m.state, shrunk)), 1.2 * total / (nodes + 1) + 1);
      follow(m, shrunk);
      for (const auto& w : placement::wanted(m.state))
        ASSERT_EQ(w.wanted, m.state.assignments[w.partition].wanted);
    }
}

TEST(placement, of_a_hundred_nodes_and_4096_partitions_is_even_and_quick) {
  auto m = placed_cluster(100, 4096);
  const auto before = std::chrono::steady_clock::now();
  const auto same = placement::wanted(m.state);
  const auto took = std::chrono::steady_clock::now() - before;
  RecordProperty("microseconds", static_cast<int>(took / std::chrono::microseconds{1}));
  std::printf("wanted() of 100 x 4,096: %lld us\n",
              static_cast<long long>(took / std::chrono::microseconds{1}));
  expect_even(m, same, 3);
  EXPECT_EQ(moved(m.state, same), 0u);

  m.join(described("more"));
  const auto grown = placement::wanted(m.state);
  expect_even(m, grown, 3);
  EXPECT_LE(moved(m.state, grown), static_cast<std::size_t>(1.2 * 3 * 4096 / 101));
  follow(m, grown);
  m.miss(50);
  m.obey(words::remove{50});
  const auto shrunk = placement::wanted(m.state);
  expect_even(m, shrunk, 3);
  EXPECT_LE(moved(m.state, shrunk), static_cast<std::size_t>(1.2 * 3 * 4096 / 101));
}

TEST(placement, spreads_what_a_lost_node_held_over_all_others) {
  auto m = placed_cluster(10, 1024);
  std::set<node_id> heirs;
  const auto after = placement::wanted(m.state, {.gone = {4}});
  for (const auto& w : after)
    for (const auto id : w.wanted)
      if (!membership::contains(m.state.assignments[w.partition].wanted, id))
        heirs.insert(id);
  EXPECT_EQ(heirs.size(), 9u);
}

TEST(placement, survives_the_loss_of_a_zone) {
  for (const unsigned zones : {2u, 3u, 5u})
    for (const std::uint32_t factor : {3u, 5u}) {
      SCOPED_TRACE(std::to_string(zones) + " zones, factor " + std::to_string(factor));
      const auto m = placed_cluster(15, 256, factor, zones);
      const auto w = placement::wanted(m.state);
      const auto most = (factor + zones - 1) / zones;
      for (const auto& one : w) {
        std::map<std::string, unsigned> in;
        for (const auto id : one.wanted)
          ++in[m.node(id).zone];
        for (const auto& [zone, count] : in)
          ASSERT_LE(count, most) << zone;
      }
      if (zones != 2)
        expect_even(m, w, factor);
    }
}

TEST(placement, gives_a_small_zone_what_it_can_hold_and_the_others_the_rest_evenly) {
  members m;
  m.checks = false;
  auto lone = described("n1");
  lone.zone = "a";
  m.init(64, 3, lone);
  for (unsigned i = 2; i <= 7; ++i) {
    auto n = described("n" + std::to_string(i));
    n.zone = "b";
    m.join(n);
  }
  auto w = placement::wanted(m.state);
  auto replicas = counted{m.state, w}.replicas;
  EXPECT_EQ(replicas[1], 64) << "two zones: one replica of each partition must be there";
  replicas.erase(1);
  EXPECT_LE(counted::range(replicas), 1);
  follow(m, w);
  EXPECT_EQ(moved(m.state, placement::wanted(m.state)), 0u);
}

TEST(placement, moves_out_of_a_zone_that_turns_out_to_hold_too_many) {
  auto m = placed_cluster(6, 64);
  for (const node_id id : {1u, 2u, 3u, 4u, 5u, 6u})
    m.obey(words::set_zone{id, id <= 2 ? "a" : id <= 4 ? "b" : "c"});
  const auto w = placement::wanted(m.state);
  for (const auto& one : w) {
    std::set<std::string> zones;
    for (const auto id : one.wanted)
      zones.insert(m.node(id).zone);
    EXPECT_EQ(zones.size(), 3u);
  }
  expect_even(m, w, 3);
  follow(m, w);
  EXPECT_EQ(moved(m.state, placement::wanted(m.state)), 0u);
}

TEST(placement, gives_edges_joining_and_leaving_nodes_nothing) {
  auto m = placed_cluster(4, 64);
  auto edge = described("edge");
  edge.worker = false;
  const auto idle = m.join(edge);
  const auto joining = m.obey(words::join{"prod", m.token(), described("later"), false});
  m.obey(words::leave{2});
  for (const auto& one : placement::wanted(m.state))
    for (const auto id : {idle, joining, 2u})
      ASSERT_FALSE(membership::contains(one.wanted, id));
}

TEST(placement, leaves_replicas_and_preferences_of_a_node_that_drains_for_an_upgrade) {
  auto m = placed_cluster(4, 64);
  const auto before = placement::wanted(m.state);
  m.obey(words::drain{2});
  EXPECT_EQ(placement::wanted(m.state), before);
}

TEST(placement, keeps_the_dead_where_nobody_can_take_their_place) {
  auto m = placed_cluster(3, 16);
  const auto after = placement::wanted(m.state, {.gone = {2}});
  for (const auto& one : after) {
    EXPECT_EQ(one.wanted, (node_ids{1, 2, 3}));
    EXPECT_NE(one.preferred_leader, 2u);
  }
  const auto nobody = placement::wanted(m.state, {.gone = {1, 2, 3}});
  for (const auto& one : nobody)
    EXPECT_EQ(one.wanted, (node_ids{1, 2, 3}));
}

TEST(placement, grows_from_one_node_to_three_and_follows_the_factor) {
  auto m = placed_cluster(1, 16);
  m.join(described("n2"));
  follow(m, placement::wanted(m.state));
  for (const auto& a : m.state.assignments) // of two, both would be needed for a majority
    EXPECT_EQ(a.wanted.size(), 1u);
  m.join(described("n3"));
  follow(m, placement::wanted(m.state));
  for (const auto& a : m.state.assignments)
    EXPECT_EQ(a.wanted, (node_ids{1, 2, 3}));
  m.obey(words::set_factor{1});
  const auto single = placement::wanted(m.state);
  expect_even(m, single, 1);
  for (const auto& one : single)
    EXPECT_EQ(one.wanted, node_ids{m.state.assignments[one.partition].preferred_leader});
}

TEST(placement, keeps_two_replicas_of_three_where_no_third_node_is_left) {
  auto m = placed_cluster(3, 16);
  m.miss(3);
  m.obey(words::remove{3});
  for (const auto& one : placement::wanted(m.state))
    EXPECT_EQ(one.wanted, (node_ids{1, 2}));
}

TEST(placement, leaves_what_was_moved_by_hand_until_its_node_goes) {
  auto m = placed_cluster(5, 64);
  const auto& a = m.state.assignments[7];
  node_id to = 1;
  while (membership::contains(a.wanted, to))
    ++to;
  m.obey(words::move{7, a.wanted.front(), to});
  const auto pinned = a.wanted;
  EXPECT_EQ(placement::wanted(m.state)[7].wanted, pinned);
  m.join(described("n6"));
  EXPECT_EQ(placement::wanted(m.state)[7].wanted, pinned);
  m.obey(words::leave{pinned.back()});
  EXPECT_FALSE(membership::contains(placement::wanted(m.state)[7].wanted, pinned.back()));
}

TEST(placement, evens_nothing_out_with_what_was_moved_by_hand) {
  auto m = placed_cluster(5, 10);
  for (std::uint16_t p = 0; p < 10; ++p) { // all of it to node 1
    const auto wanted = m.state.assignments[p].wanted;
    node_id to = 1;
    while (membership::contains(wanted, to))
      ++to;
    m.obey(words::move{p, wanted.back(), to});
  }
  const auto crowded = placement::wanted(m.state);
  EXPECT_EQ(counted(m.state, crowded).replicas[1], 10);
  EXPECT_EQ(moved(m.state, crowded), 0u);
  for (std::uint16_t p = 0; p < 10; ++p)
    m.obey(words::unpin{p});
  expect_even(m, placement::wanted(m.state), 3);
}

TEST(placement, lets_different_nodes_lead_the_busiest_partitions) {
  auto m = placed_cluster(3, 48);
  std::vector<double> rates(48, 1.0);
  int hot = 0; // all led by node 1
  for (const auto& a : m.state.assignments)
    if (a.preferred_leader == 1 && hot < 6) {
      rates[a.partition] = 1000;
      ++hot;
    }
  const auto w = placement::wanted(m.state, {.rates = rates});
  std::map<node_id, int> leads_hot;
  for (const auto& one : w)
    leads_hot[one.preferred_leader] += rates[one.partition] > 1 ? 1 : 0;
  for (const node_id id : {1u, 2u, 3u})
    EXPECT_EQ(leads_hot[id], 2) << "node " << id;
  EXPECT_LE(counted::range(counted{m.state, w}.leads), 1);
  EXPECT_EQ(moved(m.state, w), 0u) << "who leads changes, not who holds";
  follow(m, w);
  EXPECT_EQ(placement::wanted(m.state, {.rates = rates}), w) << "and then it rests";
  rates[w[0].partition] *= 1.03;
  EXPECT_EQ(placement::wanted(m.state, {.rates = rates}), w) << "also when rates waver";
}

TEST(placement, exchanges_no_leaders_for_a_small_gain) {
  auto m = placed_cluster(3, 48);
  std::vector<double> rates(48, 10);
  int warm = 0; // both led by node 1
  for (const auto& a : m.state.assignments)
    if (a.preferred_leader == 1 && warm < 2) {
      rates[a.partition] = 11;
      ++warm;
    }
  EXPECT_EQ(placement::wanted(m.state, {.rates = rates}), placement::wanted(m.state));
}

TEST(placement, stays_even_and_possible_through_random_changes) {
  const std::uint64_t first = std::random_device{}();
  for (std::uint64_t seed = first; seed < first + 30; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random{seed};
    auto m = placed_cluster(static_cast<unsigned>(1 + random() % 6),
                            static_cast<std::uint16_t>(1 + random() % 200), random() % 2 ? 3 : 5);
    for (int i = 0; i < 40; ++i) {
      const auto node = static_cast<node_id>(1 + random() % (m.state.next_node - 1));
      switch (random() % 5) {
      case 0:
        (void)m.ask(words::set_zone{
            node, std::string(random() % 2, static_cast<char>('a' + random() % 3))});
        break;
      case 1:
        (void)m.ask(words::leave{node});
        break;
      case 2:
        m.miss(node);
        (void)m.ask(words::remove{node});
        m.hear(node);
        break;
      default:
        m.join(described("r" + std::to_string(i)));
      }
      const auto w = placement::wanted(m.state);
      ASSERT_EQ(w, placement::wanted(m.state)) << "the same answer to the same question";
      follow(m, w);
      ASSERT_EQ(membership::broken_in(m.state), "");
      ASSERT_EQ(moved(m.state, placement::wanted(m.state)), 0u) << "change " << i;
      const counted c{m.state, w};
      const auto most = std::min<std::size_t>(m.state.factor, c.replicas.size());
      for (const auto& one : w) { // an even number is not grown to, and not shrunk from
        ASSERT_LE(one.wanted.size(), most);
        ASSERT_GE(one.wanted.size(), most - (most % 2 == 0 && most > 0 ? 1 : 0));
      }
    }
  }
}

} // namespace

} // namespace tenon::tests
