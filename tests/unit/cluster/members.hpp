// A cluster of so many workers for tests: made by commands alone, every event applied, every state
// checked.
#pragma once

#include "cluster/membership/membership.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace tenon::tests {

namespace membership = tenon::cluster::membership;
using words = membership::words;

inline blob token_hash(unsigned number) {
  std::string bytes(32, 'h');
  bytes.replace(0, sizeof number, reinterpret_cast<const char*>(&number), sizeof number);
  return blob::from(std::move(bytes));
}

inline words::node described(std::string name, std::uint64_t boot = 1) {
  words::node n;
  n.name = std::move(name);
  n.addresses = {n.name + ":7000"};
  n.worker = n.edge = true;
  n.version = "1.0";
  n.speaks_from = 1;
  n.speaks_to = 1;
  n.boot_id = boot;
  return n;
}

struct members {
  membership::state state{};
  membership::sight seen{.self = 1};
  moment now{span{1'800'000'000'000}};
  unsigned tokens = 0;
  bool checks = true; // after every apply

  result<membership::decided> ask(const membership::command& c) {
    auto decided = membership::decide(state, c, seen, now);
    if (decided)
      for (const auto& e : decided->events)
        take(e);
    return decided;
  }

  void take(const membership::event& e) {
    membership::apply(state, e);
    if (checks) {
      ASSERT_EQ(membership::broken_in(state), "");
    }
  }

  /// Expects it to be obeyed.
  membership::node_id obey(const membership::command& c) {
    const auto decided = ask(c);
    EXPECT_TRUE(decided) << decided.error().why;
    return decided ? decided->node : 0;
  }

  /// Expects it to be refused, with a remedy, and nothing to change.
  failure refusal(const membership::command& c) {
    const auto before = state;
    const auto decided = ask(c);
    EXPECT_FALSE(decided) << "was obeyed";
    EXPECT_EQ(state, before);
    if (decided)
      return {};
    EXPECT_FALSE(decided.error().remedy.empty()) << decided.error().why;
    EXPECT_FALSE(decided.error().where.empty()) << decided.error().why;
    return decided.error();
  }

  void init(std::uint16_t partitions = 16, std::uint32_t factor = 3,
            words::node first = described("n1")) {
    obey(words::init{"id-1", "prod", partitions, factor, std::move(first)});
  }

  blob token() {
    const auto hash = token_hash(++tokens);
    obey(words::issue_token{hash});
    return hash;
  }

  /// Joins and starts; heard from then on.
  membership::node_id join(words::node n) {
    const auto id = obey(words::join{"prod", token(), n, false});
    start(id, n.boot_id);
    return id;
  }

  void start(membership::node_id id, std::uint64_t boot) {
    const auto n = *membership::find(state, id);
    obey(words::start{state.id, id, boot, n.addresses, n.version, n.speaks_from, n.speaks_to});
    hear(id);
  }

  void hear(membership::node_id id) {
    if (!membership::contains(seen.alive, id))
      seen.alive.insert(std::ranges::lower_bound(seen.alive, id), id);
  }
  void miss(membership::node_id id) { std::erase(seen.alive, id); }

  /// As if the groups had got there: voters are who is wanted.
  void settle() {
    for (const auto& a : state.assignments)
      obey(words::observe{a.partition, a.wanted, {}});
  }

  void want(std::uint16_t partition, membership::node_ids wanted) {
    const auto leader = wanted.front();
    words::place plan;
    plan.wishes.push_back({partition, std::move(wanted), leader});
    obey(plan);
  }

  const words::node& node(membership::node_id id) const { return *membership::find(state, id); }
};

/// n1, n2, … all up, and each partition on the first `factor` of them.
inline members cluster_of(unsigned nodes, std::uint16_t partitions = 16, std::uint32_t factor = 3) {
  members m;
  m.init(partitions, factor);
  for (unsigned i = 2; i <= nodes; ++i)
    m.join(described("n" + std::to_string(i)));
  membership::node_ids first;
  for (membership::node_id id = 1; id <= std::min(nodes, factor); ++id)
    first.push_back(id);
  for (std::uint16_t p = 0; p < partitions; ++p)
    m.want(p, first);
  m.settle();
  return m;
}

} // namespace tenon::tests
