// Messages for actors on other nodes, there and back: what the host of this node's actors gives to
// it because the partition is not owned here goes to the owner, and what other nodes send comes to
// the host. What is decided is decided in outgoing.hpp and incoming.hpp; this has the threads.
//
//   host ── send ──▶ outgoing ── frames ──▶ link ── frames ──▶ incoming ── deliver ──▶ host
//
// One thread, the loop, owns all of it. `send`, `changed` and answers may come from any thread:
// they are noted, and the loop works through the notes of a turn at once, so that what came
// together goes in one frame without waiting for more.
#pragma once

#include "cluster/forwarding/speaking.hpp"
#include "runtime/clock.hpp"
#include "runtime/elsewhere.hpp"
#include "runtime/telemetry/metrics.hpp"

#include <functional>
#include <memory>

namespace tenon::cluster::forwarding {

/// Who owns a partition, as this node knows it: a port, asked by any thread, cheap. 0 when nobody
/// is known.
class directory {
public:
  virtual ~directory() = default;
  virtual node_id owner_of(partition_number) const = 0;
};

struct surroundings {
  node_id self = 0;
  partition_number partitions = 0;
  const directory& owners;
  /// To another node, on the loop: refused when too much waits for it, or it is not connected.
  send_frame send;
  /// To the host of this node's actors, on the loop: whether it owns the partition and took it. It
  /// answers through the envelope, from any thread.
  std::function<bool(const identity&, std::unique_ptr<runtime::envelope>&)> deliver;
  /// Runs it on the loop, soon. Any thread.
  std::function<void(std::function<void()>)> post;
  const runtime::clock& clock;
  runtime::meters& meters;
};

struct limits {
  outgoing::options out{};
  incoming::options in{};
};

class forwarder final : public runtime::elsewhere {
public:
  explicit forwarder(surroundings, limits = {});
  ~forwarder() override; // closes; on the loop, or after it has ended
  forwarder(const forwarder&) = delete;
  forwarder& operator=(const forwarder&) = delete;

  // Any thread.
  /// A message for an actor that this node does not own. It is answered, always.
  void send(const identity& to, std::unique_ptr<runtime::envelope>) override;
  /// The owner of the partition may be another one now, as the directory has it.
  void changed(partition_number);

  // The loop.
  void up(node_id);
  void down(node_id);
  /// The node is connected, and what was on its way to and from it is lost.
  void lost(node_id);
  void arrived(node_id from, std::uint64_t epoch, const blob& frame);
  /// Every 10 ms or so: as exact as that are deadlines.
  void tick();
  /// Everybody who waits is answered, and nothing is taken any more.
  void close();

private:
  class notes;
  struct counts {
    explicit counts(runtime::meters&);
    runtime::counter &forwarded, &moved, &repeated, &refused, &malformed;
    runtime::gauge &waiting, &in_work;
    runtime::histogram& seconds;
  };

  void turn();
  void carry_out();
  void speak(steady_point now);
  void count();
  void wait_for_turn();
  void deliver(incoming::delivery&&);

  surroundings around_;
  counts counts_;
  outgoing outgoing_;
  incoming incoming_;
  std::shared_ptr<notes> notes_;
  // By the host, since the last turn.
  std::vector<std::pair<incoming::ticket, partition_number>> declined_;
  std::map<node_id, steady_point> connected_; // and until when each is left alone
  outgoing::decisions todo_;                  // its memory, between two turns
  outgoing::tally counted_;                   // what the meters know
  std::uint64_t counted_refused_ = 0;
};

} // namespace tenon::cluster::forwarding
