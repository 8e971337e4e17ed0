// What was ever confirmed, by whichever node in whichever term, is in every log in the end: over
// restarts of one node after the other, and with more partitions than nodes.
#include "tests/unit/cluster/replication/replicating_cluster.hpp"

#include <random>

namespace tenon::tests {

namespace {

/// What was appended in which term of a partition, and how far it was confirmed in it.
class promises {
public:
  void append(clustered_node& by, partition_number p, const std::string& text) {
    const auto term = by->term(p);
    auto& in = terms_[{p, term}];
    if (const auto index = by->append(p, term, blob::copy_of(text), in.told))
      in.sent[*index] = text;
  }
  /// Of those that were kept: by index.
  std::map<std::uint64_t, std::string> of(partition_number wanted) const {
    std::map<std::uint64_t, std::string> kept;
    for (const auto& [place, in] : terms_)
      for (const auto& [index, text] : in.sent)
        if (place.first == wanted && index <= in.told.last())
          kept[index] = text;
    return kept;
  }

private:
  struct of_term {
    awaited_index told;
    std::map<std::uint64_t, std::string> sent;
  };
  std::map<std::pair<partition_number, std::uint64_t>, of_term> terms_;
};

bool holds_all(const runtime::journal& j, partition_number p,
               const std::map<std::uint64_t, std::string>& kept) {
  const auto all = entries_of(j, p);
  return std::ranges::all_of(kept, [&](const auto& e) {
    const auto found = all.find(e.first);
    return found != all.end() && found->second == e.second;
  });
}

/// The first entry that is in one of the logs alone, or not the same; empty when there is none.
std::string difference(const std::map<std::uint64_t, std::string>& one,
                       const std::map<std::uint64_t, std::string>& other) {
  const auto [in_one, in_other] = std::mismatch(one.begin(), one.end(), other.begin(), other.end());
  const auto shown = [](auto at, auto end) {
    return at == end ? "nothing" : std::to_string(at->first) + " " + at->second;
  };
  if (in_one == one.end() && in_other == other.end())
    return {};
  return shown(in_one, one.end()) + " beside " + shown(in_other, other.end());
}

TEST(promises, are_kept_when_one_node_after_the_other_stops_and_comes_back) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  constexpr partition_number partitions = 4;
  promises made; // outlives the nodes: they tell it
  replicating_cluster c{{1, 2, 3}, partitions};
  std::uint64_t number = 0;
  const auto work = [&](int most) {
    for (int i = 0; i < most; ++i)
      for (auto& [id, node] : c.nodes)
        for (partition_number p = 0; node && p < partitions; ++p)
          if ((*node)->term(p))
            made.append(*node, p, std::to_string(++number));
  };
  for (int round = 0; round < 6; ++round) {
    for (partition_number p = 0; p < partitions; ++p)
      ASSERT_NE(c.owner(p), 0u);
    work(static_cast<int>(random() % 300));
    const raft::node_id id = 1 + random() % 3;
    c.stop(id); // with whatever is under way
    work(100);
    for (partition_number p = 0; p < partitions; ++p)
      ASSERT_NE(c.confirmed(p, "without " + std::to_string(id)), 0u);
    work(100);
    c.start(id);
  }
  std::size_t count = 0;
  for (partition_number p = 0; p < partitions; ++p) {
    const auto last = c.confirmed(p, "last");
    ASSERT_NE(last, 0u);
    const auto kept = made.of(p);
    count += kept.size();
    const auto agreed = entries_of(*c.at(c.owner(p)).operator->(), p);
    EXPECT_EQ(agreed.rbegin()->first, last);
    for (auto& [id, node] : c.nodes) {
      auto* const j = node->operator->();
      ASSERT_TRUE(replicating_cluster::becomes([&] { return j->durable(p) == last; }));
      EXPECT_EQ(difference(entries_of(*j, p), agreed), "") << "partition " << p << " at " << id;
      EXPECT_TRUE(holds_all(*j, p, kept)) << "partition " << p << " at node " << id;
    }
  }
  EXPECT_GT(count, 500u) << "hardly anything was confirmed";
}

TEST(promises, are_made_for_many_partitions_at_once) {
  constexpr partition_number partitions = 100;
  replicating_cluster c{{1, 2, 3}, partitions};
  for (partition_number p = 0; p < partitions; ++p)
    ASSERT_NE(c.owner(p), 0u) << p;
  for (partition_number p = 0; p < partitions; ++p)
    ASSERT_NE(c.confirmed(p, std::to_string(p)), 0u) << p;
  for (auto& [id, node] : c.nodes)
    for (partition_number p = 0; p < partitions; ++p)
      EXPECT_TRUE(replicating_cluster::becomes([&, j = node->operator->()] {
        const auto all = entries_of(*j, p);
        return all.size() == 1 && all.begin()->second == std::to_string(p);
      })) << p
          << " at node " << id;
  std::size_t owned = 0;
  for (auto& [id, node] : c.nodes)
    for (partition_number p = 0; p < partitions; ++p)
      owned += (*node)->term(p) ? 1 : 0;
  EXPECT_EQ(owned, partitions);
}

} // namespace

} // namespace tenon::tests
