// What must be true of every run, looked at while it runs. The first thing that is not ends it.
#pragma once

#include "cluster/raft/update.hpp"

#include <map>
#include <string>
#include <utility>

namespace tenon::tests::simulation {

namespace raft = cluster::raft;

using place = std::pair<std::uint16_t, std::uint64_t>; // a group, and an index or a term of it

constexpr std::uint64_t mixed(std::uint64_t into, std::uint64_t value) {
  return (into ^ value) * 0x100000001b3 + (into >> 29);
}

inline std::uint64_t digest_of(const raft::entry& e) {
  auto digest = mixed(mixed(0xcbf29ce484222325, e.term), static_cast<std::uint64_t>(e.kind));
  for (const char c : e.bytes.view())
    digest = mixed(digest, static_cast<unsigned char>(c));
  return digest;
}

class checks {
public:
  const std::string& wrong() const { return wrong_; }
  std::uint64_t hash() const { return hash_; }
  std::uint64_t applied() const { return applied_.size(); }
  std::uint64_t elections() const { return leaders_.size(); }
  std::uint64_t reads() const { return reads_; }
  std::uint64_t acknowledged() const { return acknowledged_.size(); }

  void fail(std::string why) {
    if (wrong_.empty())
      wrong_ = std::move(why);
  }

  /// A term has one leader.
  void leads(std::uint16_t group, std::uint64_t term, raft::node_id node) {
    const auto [at, first] = leaders_.emplace(place{group, term}, node);
    if (!first && at->second != node)
      fail(named(group) + " has two leaders in term " + std::to_string(term));
    note(group, term, node);
  }

  /// What one node applies at an index, all nodes do, after the same history.
  void applies(std::uint16_t group, std::uint64_t index, const raft::entry& e,
               std::uint64_t history) {
    const auto [at, first] =
        applied_.emplace(place{group, index}, std::pair{digest_of(e), history});
    if (!first && at->second.first != digest_of(e))
      fail(named(group) + " has two entries at " + std::to_string(index));
    if (!first && at->second.second != history)
      fail(named(group) + " has two histories up to " + std::to_string(index));
    if (first)
      note(group, index, digest_of(e));
  }

  void acknowledges(std::uint16_t group, std::uint64_t index, std::uint64_t digest) {
    acknowledged_[{group, index}] = digest;
  }

  // Linearisable by key: writes take effect in the order of the log, so a key's newest index that
  // anybody was told of is a floor for whatever begins later.

  std::uint64_t floor(std::uint16_t group, std::uint64_t key) const {
    const auto at = floors_.find({group, key});
    return at == floors_.end() ? 0 : at->second;
  }
  void writes(std::uint16_t group, std::uint64_t key, std::uint64_t floor, std::uint64_t index) {
    if (index <= floor)
      fail(named(group) + ": a write took effect before one that it came after");
    raise(group, key, index);
  }
  void reads(std::uint16_t group, std::uint64_t key, std::uint64_t floor, std::uint64_t index) {
    ++reads_;
    if (index < floor)
      fail(named(group) + ": a read returned what had been replaced before it began");
    raise(group, key, index);
  }

  /// After the healing: everything acknowledged is there, as it was acknowledged.
  void kept_all(std::uint16_t group, std::uint64_t through) {
    for (const auto& [at, digest] : acknowledged_) {
      if (at.first != group)
        continue;
      const auto found = applied_.find(at);
      if (at.second > through || found == applied_.end() || found->second.first != digest)
        fail(named(group) + " lost what it acknowledged at " + std::to_string(at.second));
    }
  }

private:
  static std::string named(std::uint16_t group) { return "group " + std::to_string(group); }

  void raise(std::uint16_t group, std::uint64_t key, std::uint64_t index) {
    auto& floor = floors_[{group, key}];
    floor = std::max(floor, index);
  }
  void note(std::uint64_t a, std::uint64_t b, std::uint64_t c) {
    hash_ = mixed(mixed(mixed(hash_, a), b), c);
  }

  std::string wrong_;
  std::uint64_t hash_ = 0xcbf29ce484222325;
  std::uint64_t reads_ = 0;
  std::map<place, raft::node_id> leaders_;
  std::map<place, std::pair<std::uint64_t, std::uint64_t>> applied_;
  std::map<place, std::uint64_t> acknowledged_;
  std::map<place, std::uint64_t> floors_;
};

} // namespace tenon::tests::simulation
