// A whole cluster in one thread under one seed: time, network, disks and processes are played, the
// groups are the real ones. Faults come at random for a while; then everything heals, and has to
// come together.
#pragma once

#include "tests/simulation/cluster/chance.hpp"
#include "tests/simulation/cluster/checks.hpp"
#include "tests/simulation/cluster/node.hpp"

#include <functional>
#include <memory>
#include <queue>
#include <set>

namespace tenon::tests::simulation {

struct outcome {
  std::string wrong; // empty: nothing was
  std::uint64_t hash = 0;
  std::uint64_t milliseconds = 0;
  std::uint64_t applied = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t reads = 0;
  std::uint64_t elections = 0;
  std::uint64_t fetches = 0;
};

class world {
public:
  world(std::uint64_t seed, simulation::mistake);

  outcome run();

  span now() const { return span{static_cast<std::int64_t>(time)}; }
  node& of(raft::node_id id) { return *nodes_.at(id - 1); }
  std::vector<std::unique_ptr<node>>& nodes() { return nodes_; }
  node& any_node() { return *nodes_[chance.below(nodes_.size())]; }
  std::uint16_t any_group() { return static_cast<std::uint16_t>(chance.below(groups)); }
  node* leader_of(std::uint16_t group);

  /// Does it at the node after so long, unless that life of it is over; later, if it is paused.
  void at_node(raft::node_id, std::uint64_t delay, std::function<void()>);
  void after(std::uint64_t delay, std::function<void()>);

  void send(std::uint16_t group, raft::node_id from, const raft::outgoing&);
  void cut(raft::node_id from, raft::node_id to) { cuts_.insert({from, to}); }
  void mend(raft::node_id from, raft::node_id to) { cuts_.erase({from, to}); }
  bool is_cut(raft::node_id from, raft::node_id to) const { return cuts_.contains({from, to}); }
  /// A new connection: what is under way on the old one may still arrive, in any order.
  void reconnect(raft::node_id from, raft::node_id to) { ++epochs_[{from, to}]; }

  std::uint64_t time = 1000;
  simulation::chance chance;
  simulation::mistake mistake;
  simulation::checks checks;
  raft::options chosen;
  std::uint16_t groups = 2;
  std::uint64_t trailing = 5;
  std::uint64_t loss = 0; // percent
  std::uint64_t fetches = 0;

private:
  struct event {
    std::uint64_t at = 0;
    std::uint64_t number = 0;
    std::function<void()> what;

    bool operator<(const event& other) const { // the earliest on top
      return std::pair{at, number} > std::pair{other.at, other.number};
    }
  };

  void found();
  void run_until(std::uint64_t end);
  void ask();
  void heal();
  bool is_together();
  void compare();

  std::vector<std::unique_ptr<node>> nodes_;
  std::priority_queue<event> events_;
  std::uint64_t scheduled_ = 0;
  std::uint64_t asked_ = 0;
  bool healing_ = false;
  std::set<std::pair<raft::node_id, raft::node_id>> cuts_;
  std::map<std::pair<raft::node_id, raft::node_id>, std::uint64_t> epochs_;
  std::map<std::pair<raft::node_id, raft::node_id>, std::uint64_t> arrives_; // in order
};

} // namespace tenon::tests::simulation
