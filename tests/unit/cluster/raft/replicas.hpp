// A few replicas of one partition in memory: what is written is durable at once unless it is held
// back, what is sent arrives at once unless the way is cut. Time passes when it is told to.
#pragma once

#include "cluster/raft/group.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tenon::tests {

namespace raft = cluster::raft;

inline raft::configuration voters(std::initializer_list<raft::node_id> nodes) {
  raft::configuration all;
  for (const auto node : nodes)
    all.members.push_back({.node = node, .role = raft::role::voter});
  return all;
}

/// The log and promises of one node, and the port from which its group reads.
struct kept_log final : raft::entry_source {
  raft::durable kept;

  std::uint64_t last() const { return kept.first + kept.entries.size() - 1; }
  const raft::entry& at(std::uint64_t index) const { return kept.entries.at(index - kept.first); }

  void keep(const raft::write& w) {
    if (w.ballot)
      kept.ballot = *w.ballot;
    if (w.installed) {
      kept.state = w.installed;
      kept.first = w.installed->index + 1;
      kept.entries.clear();
    }
    if (w.entries.empty())
      return;
    kept.entries.resize(w.from - kept.first);
    kept.entries.insert(kept.entries.end(), w.entries.begin(), w.entries.end());
  }

  void forget(std::uint64_t through) {
    if (through < kept.first)
      return;
    const auto gone = static_cast<std::ptrdiff_t>(through - kept.first + 1);
    kept.entries.erase(kept.entries.begin(), kept.entries.begin() + gone);
    kept.first = through + 1;
  }

  result<std::vector<raft::entry>> read(std::uint64_t from, std::uint64_t to,
                                        std::size_t bytes) override {
    std::vector<raft::entry> found;
    for (std::size_t size = 0; from < to && from <= last() && size < bytes; ++from) {
      if (from < kept.first)
        return failure{.code = code::not_found, .why = "forgotten"};
      found.push_back(at(from));
      size += found.back().bytes.size();
    }
    return found;
  }
};

struct replica {
  std::unique_ptr<kept_log> log = std::make_unique<kept_log>();
  std::unique_ptr<raft::group> group;
  std::deque<raft::write> unwritten; // while `holds_writes`
  bool holds_writes = false;
  std::uint64_t applied = 0;
  std::vector<raft::allowed_read> reads;
  std::vector<std::uint64_t> refused_reads;
  std::optional<raft::fetch> fetch;
  std::vector<raft::standing> standings;
};

class replicas {
public:
  explicit replicas(raft::configuration founders, raft::options chosen = {},
                    std::initializer_list<raft::node_id> others = {})
      : options{chosen} {
    for (const auto& m : founders.members)
      nodes[m.node].log->kept = raft::founding(founders);
    for (const auto node : others)
      nodes[node];
    for (auto& [node, r] : nodes)
      start(node);
  }

  void start(raft::node_id node) {
    auto& r = nodes.at(node);
    auto mine = options;
    mine.seed = static_cast<std::uint32_t>(node * 7919);
    r.unwritten.clear();
    r.applied = r.log->kept.state ? r.log->kept.state->index : 0;
    r.group = std::make_unique<raft::group>(node, mine, r.log->kept, now, *r.log);
  }

  raft::group& at(raft::node_id node) { return *nodes.at(node).group; }

  /// Everything that follows without time passing.
  void settle() {
    do {
      for (auto& [node, r] : nodes)
        if (r.group)
          perform(node, r);
    } while (deliver_one() || !idle());
  }

  void pass(span time) {
    for (const auto until = now + time; now < until;) {
      now += span{5};
      for (auto& [node, r] : nodes)
        if (r.group && r.group->due() <= now)
          r.group->tick(now);
      settle();
    }
  }

  raft::node_id leader() {
    raft::node_id found = 0;
    std::uint64_t newest = 0;
    for (auto& [node, r] : nodes)
      if (r.group && r.group->standing().part == raft::part::leader &&
          r.group->standing().term > newest)
        found = node, newest = r.group->standing().term;
    return found;
  }

  raft::node_id elect() {
    for (int i = 0; i < 400 && !leader(); ++i)
      pass(span{10});
    EXPECT_NE(leader(), 0u);
    return leader();
  }

  /// Hands the leadership to this node, and waits until it has begun its term.
  void lead(raft::node_id node) {
    for (int i = 0; i < 100 && leader() != node; ++i) {
      if (leader())
        (void)at(leader()).transfer(node, now);
      pass(span{50});
    }
    ASSERT_EQ(leader(), node);
  }

  std::uint64_t submit(raft::node_id node, const std::string& text) {
    auto index = at(node).submit({blob::copy_of(text)}, now);
    EXPECT_TRUE(index) << (index ? "" : index.error().why);
    settle();
    return index ? *index : 0;
  }

  void crash(raft::node_id node) { nodes.at(node).group.reset(); }

  /// The node stores the state it has applied and forgets what comes before.
  void save(raft::node_id node, std::uint64_t trailing) {
    auto& r = nodes.at(node);
    const auto stamp = at(node).stamp_at(r.applied);
    ASSERT_TRUE(stamp);
    r.log->kept.state = *stamp;
    at(node).saved(*stamp, trailing, now);
    settle();
  }

  /// The texts of all commands in the node's log.
  std::vector<std::string> texts(raft::node_id node) {
    std::vector<std::string> all;
    for (const auto& e : nodes.at(node).log->kept.entries)
      if (e.kind == raft::kind::command)
        all.push_back(e.bytes.text());
    return all;
  }

  void cut(raft::node_id a, raft::node_id b) { cuts.insert({a, b}), cuts.insert({b, a}); }
  void cut_off(raft::node_id node) {
    for (auto& [other, r] : nodes)
      cut(node, other);
  }

  raft::options options;
  std::map<raft::node_id, replica> nodes;
  std::set<std::pair<raft::node_id, raft::node_id>> cuts;
  std::deque<std::pair<raft::node_id, raft::outgoing>> under_way;
  std::vector<std::pair<raft::node_id, raft::outgoing>> sent; // all there ever was
  span now{1000};

private:
  void perform(raft::node_id node, replica& r) {
    auto todo = r.group->take();
    for (auto& w : todo.writes)
      r.unwritten.push_back(std::move(w));
    for (; !r.holds_writes && !r.unwritten.empty(); r.unwritten.pop_front()) {
      r.log->keep(r.unwritten.front());
      if (r.unwritten.front().installed)
        r.applied = r.unwritten.front().installed->index;
      r.group->written(r.unwritten.front().number, now);
      busy_ = true;
    }
    for (auto& m : todo.messages) {
      sent.emplace_back(node, m);
      under_way.emplace_back(node, std::move(m));
    }
    if (todo.forgotten)
      r.log->forget(*todo.forgotten);
    if (todo.standing)
      r.standings.push_back(*todo.standing);
    if (todo.fetch)
      r.fetch = todo.fetch;
    r.applied = std::max(r.applied, todo.committed);
    r.reads.insert(r.reads.end(), todo.reads.begin(), todo.reads.end());
    r.refused_reads.insert(r.refused_reads.end(), todo.refused_reads.begin(),
                           todo.refused_reads.end());
  }

  bool deliver_one() {
    if (under_way.empty())
      return false;
    auto [from, m] = std::move(under_way.front());
    under_way.pop_front();
    const auto to = nodes.find(m.to);
    if (to != nodes.end() && to->second.group && !cuts.contains({from, m.to}))
      to->second.group->receive(from, 1, m.message, now);
    return true;
  }

  bool idle() { return !std::exchange(busy_, false); }

  bool busy_ = false;
};

} // namespace tenon::tests
