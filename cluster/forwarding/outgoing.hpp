// Messages of this node for actors that live elsewhere. Each goes to the node that owns the
// partition, waits while there is none or it takes no more, and follows when the owner has moved.
// Each is answered exactly once, at latest at its deadline, whatever happens to nodes and network.
//
//              ┌──── moved, or not sent ────┐
//              ▼                            │
//   take ─▶ waiting ─▶ ready ─▶ out ────────┴─▶ answered
//              └───────────────▶ answered: nothing has happened, or the owner is this node now
//
// What was out when its connection was lost may have happened. A durable message is `unavailable`
// then: its sender repeats it and its receiver knows the repetition. The outcome of a call goes out
// again by itself, because its receiver knows it by the call's number. Anything else is `timed_out`
// and not repeated, because a question cannot be told from an order here: for that a command would
// have to say that it only reads, or carry a number that its receiver remembers.
//
// Pure: inputs are told, decisions are taken, and time is given.
#pragma once

#include "cluster/forwarding/parcel.hpp"

#include <deque>
#include <map>
#include <set>
#include <vector>

namespace tenon::cluster::forwarding {

class outgoing {
public:
  struct options {
    std::size_t most_waiting = 10'000; // on this node, without those that come back
    std::size_t waiting_bytes = 32u << 20;
    std::size_t most_out = 16'384; // to one node, not answered
    std::size_t out_bytes = 8u << 20;
    span patience{10'000}; // of what has no deadline, until it is sent
    span longest{300'000}; // of what has no deadline, from when it was taken
  };

  struct answer {
    runtime::answer_once to;
    result<blob> with;
  };
  struct returned {
    identity to;
    std::unique_ptr<runtime::envelope> message;
    partition_number partition = 0;
  };
  /// What the host is to do, in this order.
  struct decisions {
    std::vector<answer> answers;
    std::vector<returned> returns; // this node owns them now
    std::vector<double> seconds;   // what those took that had been out
  };
  struct tally { // so far
    std::uint64_t forwarded = 0, moved = 0, refused = 0, repeated = 0;
  };

  outgoing(node_id self, partition_number partitions, options);

  void take(partition_number, identity to, std::unique_ptr<runtime::envelope>, steady_point now);
  /// As this node knows it; told again whenever it may have changed.
  void owned(partition_number, node_id owner);
  void up(node_id);
  /// The connection is gone, and what was on its way with it; `up`: there is another one already.
  void lost(node_id, bool up, steady_point now);
  void heard(node_id from, words::parcel&, steady_point now);
  /// Time has passed: those whose time is over are answered.
  void look(steady_point now);
  /// Whoever waits and may go is made ready. Before parcels are filled.
  void stir(steady_point now);
  /// Nothing is sent any more; everybody is answered.
  void close();

  bool due(node_id) const;
  void fill(node_id, words::parcel&, std::size_t& weight, steady_point now);
  /// Whether the parcel was taken; when not, its asks have not left and wait.
  void left(node_id, words::parcel&, bool, steady_point now);

  /// What was decided since; `into` is emptied before, and its memory used again.
  void decided(decisions& into);
  const tally& counted() const { return tally_; }
  std::size_t waiting() const { return waiting_; }
  std::size_t waiting_bytes() const { return waiting_bytes_; }
  std::size_t open() const { return asks_.size() - free_.size(); }
  std::size_t out(node_id) const;
  std::size_t held_bytes() const; // of all that may have to be sent, or sent again
  const std::set<partition_number>& waited_for() const { return waited_for_; }

private:
  using number = std::uint64_t;
  enum class place : std::uint8_t { nowhere, waiting, ready, out };
  struct ask {
    std::uint32_t use = 0; // of this slot so far; with its index the ask's number
    outgoing::place place = place::nowhere;
    partition_number partition = 0;
    std::uint16_t moves = 0;
    node_id at = 0;
    std::size_t cost = 0; // bytes that are held for it; 0 once it need not be sent again
    std::uint64_t order = 0;
    identity to;
    std::unique_ptr<runtime::envelope> message;
    steady_point taken_at, until, waits_until;
  };
  struct partition {
    node_id owner = 0;
    node_id denied = 0; // this node said that it is not the owner
    node_id hint = 0;   // and that this one is
    bool doubtful = false;
    steady_point rests; // until then nothing is sent
    std::map<std::uint64_t, number> waiting;
  };
  struct peer {
    bool up = false;
    std::size_t asks = 0; // ready and out
    std::size_t bytes = 0;
    std::uint64_t parcels = 0;
    steady_point rests; // it took nothing more
    std::deque<number> ready;
    std::vector<number> packed;
    std::deque<std::pair<std::uint64_t, std::vector<number>>> untaken;
  };

  number admit(partition_number, identity, std::unique_ptr<runtime::envelope>, steady_point now);
  ask* find(number);
  node_id target(const partition&, steady_point now) const;
  bool has_room(node_id, std::size_t cost, steady_point now) const;
  void make_ready(number, node_id);
  void wait(number, steady_point now);
  void unplace(ask&);
  void let_go(ask&);
  void finish(number, result<blob>, steady_point now);
  void hand_back(number);
  void release(number);
  void give_up(number, steady_point now);
  void lose(number, steady_point now);
  void follow(number, node_id from, node_id hint, steady_point now);
  void stir(partition_number, steady_point now);
  void refuse(std::unique_ptr<runtime::envelope>, failure);
  std::vector<number> placed(place, node_id at) const; // at anybody: 0

  const node_id self_;
  const options options_;
  std::vector<partition> partitions_;
  std::set<partition_number> waited_for_; // in which somebody waits
  std::map<node_id, peer> peers_;
  std::vector<ask> asks_;
  std::vector<std::uint32_t> free_;
  std::uint64_t order_ = 0;
  std::size_t waiting_ = 0;
  std::size_t waiting_bytes_ = 0;
  partition_number first_ = 0; // to be looked at, next time
  bool closed_ = false;
  decisions decisions_;
  tally tally_;
};

} // namespace tenon::cluster::forwarding
