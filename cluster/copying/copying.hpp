// Copies of partitions' stored state between this node and others, both ways: the cores' host. Two
// threads of its own, one that reads what others ask for and one that stages what this node wants,
// because both wait for the disk and neither may hold up the other, nor the network's thread.
//
// What carries the messages is the caller's: a channel on which those to one node arrive in order
// or not at all, best the one for what is large.
#pragma once

#include "cluster/copying/taking.hpp"
#include "runtime/clock.hpp"
#include "runtime/store/local_state.hpp"
#include "runtime/telemetry/metrics.hpp"

#include <functional>
#include <memory>

namespace tenon::cluster::copying {

struct copying_options {
  giving_limits giving{};
  taking_limits taking{};
  runtime::store::staging_limits staging{};
  std::uint64_t boot = 0;                                // random, of this start
  std::size_t most_queued_bytes = std::size_t{64} << 20; // of messages not yet looked at
};

/// Called from the threads here; none may wait for this object.
struct copying_calls {
  std::function<result<void>(node_id to, blob)> send;
  /// What the receiver's log needs to begin anew behind this index of the partition.
  std::function<result<blob>(partition_number, std::uint64_t index)> stamp;
  /// The copy is in the place of what was stored, or why not. Then want it again, if it is.
  std::function<void(partition_number, const result<offer>&)> finished;
};

class copying {
public:
  /// State and journal outlive it.
  copying(runtime::store::local_state&, const runtime::journal&, const runtime::clock&,
          runtime::meters&, copying_options, copying_calls);
  /// Waits for what is being read or put in place. Nothing is called afterwards.
  ~copying();
  copying(const copying&) = delete;
  copying& operator=(const copying&) = delete;

  /// The partition must be quiet from the call on until it is finished (`local_state::install`).
  void want(const wanted&);
  void unwanted(partition_number);

  /// `epoch` is of the connection, and grows with each.
  void received(node_id from, std::uint64_t epoch, const blob&);
  void lost(node_id);

private:
  class lane;
  class giver;
  class taker;
  struct counts {
    explicit counts(runtime::meters&);
    runtime::counter& given_bytes;
    runtime::counter& taken;
    runtime::counter& failed;
    runtime::counter& malformed;
  };

  copying_options options_;
  counts counts_;
  std::unique_ptr<giver> giver_;
  std::unique_ptr<taker> taker_;
};

} // namespace tenon::cluster::copying
