// Asks of other nodes that this one works at. Each is delivered, or refused at once: `moved` when
// this node does not take it because the partition is not its own, and never handed on, so that an
// ask cannot wander between two nodes that each believe the other; `overloaded` when too much of
// that node is in work already. What becomes of a delivered one is told as long as the connection
// lasts on which it came.
//
//   arrived ──▶ delivered ──▶ answered or moved ──▶ in a parcel ──▶ gone
//      └──────▶ refused ─────────────────────────────▶ ┘
//
// Pure: inputs are told, decisions are taken, and time is given.
#pragma once

#include "cluster/forwarding/parcel.hpp"

#include <map>
#include <vector>

namespace tenon::cluster::forwarding {

class incoming {
public:
  struct options {
    std::size_t most_in_work = 16'384; // of one node
    std::size_t in_work_bytes = 32u << 20;
    std::size_t answer_bytes = 32u << 20; // that wait for one node
    std::size_t untold_bytes = 64u << 10; // then it is told that they arrived, answered or not
  };

  /// By which an answer finds its way back.
  struct ticket {
    node_id from = 0;
    std::uint64_t connection = 0;
    std::uint64_t number = 0;
    std::size_t cost = 0;
    bool operator==(const ticket&) const = default;
  };
  struct delivery {
    ticket back;
    partition_number partition = 0;
    identity to;
    std::unique_ptr<runtime::envelope> message;
  };

  incoming(node_id self, partition_number partitions, options);

  /// What is to be delivered, in the order in which it was sent.
  std::vector<delivery> arrived(node_id from, std::uint64_t epoch, words::parcel&,
                                steady_point now);
  /// One of both, once for each delivery. `owner` is a hint; 0 when there is none.
  void answered(const ticket&, result<blob>);
  void moved(const ticket&, node_id owner);
  /// The connection is gone: what was on its way is lost.
  void lost(node_id);

  /// Whether something is to be said to it.
  bool due(node_id) const;
  /// Puts it into the parcel, as long as there is room.
  void fill(node_id, words::parcel&, std::size_t& weight);
  /// Whether the parcel was taken. What was not comes again in the next one.
  void left(node_id, words::parcel&, bool);

  std::size_t in_work() const { return in_work_; }
  std::uint64_t refused() const { return refused_; } // so far, for being too much

private:
  struct peer {
    std::uint64_t epoch = 0;
    std::uint64_t connection = 1;
    std::size_t in_work = 0; // of all its connections: what is in memory
    std::size_t in_work_bytes = 0;
    std::vector<words::answer> answers;
    std::size_t answer_bytes = 0;
    std::size_t in_parcel = 0; // of the answers, in the parcel that is being sent
    std::uint64_t taken = 0;
    std::size_t untold = 0; // bytes of asks since it was told
  };

  result<identity> check(const words::ask&, const peer&);
  void finish(const ticket&, words::said);
  void say(peer&, std::uint64_t number, words::said);
  static void forget(peer&);

  const node_id self_;
  const partition_number partitions_;
  const options options_;
  std::map<node_id, peer> peers_;
  std::size_t in_work_ = 0;
  std::uint64_t refused_ = 0;
};

} // namespace tenon::cluster::forwarding
