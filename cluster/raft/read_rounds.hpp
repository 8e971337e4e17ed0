// Linearisable reads without writing. The core has no way to say which heartbeat an answer belongs
// to, so the leader asks on its own: "am I still your leader?", in numbered rounds. A majority that
// answers a round within the leader's term proves that, when the round began, no later term had a
// leader; so everything that anybody was told of before the read is at or below the index that was
// committed then. Reads that arrive during a round wait for the next: one round serves all of them.
#pragma once

#include "cluster/raft/update.hpp"

#include <set>

namespace tenon::cluster::raft {

class read_rounds {
public:
  void ask(std::uint64_t token) { waiting_.push_back(token); }

  /// Begins a round for those who wait, unless one is under way. Says whether it began one.
  bool begin(std::uint64_t committed);

  /// The round that members still have to confirm; 0: none.
  std::uint64_t round() const { return asked_.empty() ? 0 : number_; }
  bool has_confirmed(node_id member) const { return confirmed_.contains(member); }
  std::size_t waiting() const { return waiting_.size() + asked_.size(); }

  void confirm(node_id member, std::uint64_t round);

  /// The reads of the round, once a majority of the voters stands behind it.
  std::vector<allowed_read> allowed(const configuration&, node_id self);

  /// Leadership is lost: nothing is allowed any more. Answers who asked.
  std::vector<std::uint64_t> drop();

private:
  std::vector<std::uint64_t> waiting_;
  std::vector<std::uint64_t> asked_;
  std::uint64_t number_ = 0; // never used twice, not even in another term
  std::uint64_t index_ = 0;
  std::set<node_id> confirmed_;
};

} // namespace tenon::cluster::raft
