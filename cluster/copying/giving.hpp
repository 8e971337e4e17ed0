// Which of the nodes that ask is given a copy of a partition's stored state, and how fast: one at a
// time, in the order they asked. Pure: what happens comes in with its moment, what follows is taken
// out and done by the host.
//
//   asked ─▶ waiting ─▶ begun ─▶ offered ─▶ chunks, as many as the receiver allows ─▶ done
//                any of these ─▶ over, when the receiver is lost, gives up, or says nothing more
#pragma once

#include "cluster/raft/update.hpp"
#include "protocols/state_copy.hpp"
#include "runtime/store/copy_stream.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace tenon::cluster::copying {

using raft::node_id;
using runtime::partition_number;
using runtime::store::copy_chunk;

namespace say = protocols::state_copy_types;

struct outgoing {
  node_id to = 0;
  say::message message;
};

struct giving_limits {
  std::size_t most_waiting = 1024;    // copies; who asks beyond that is told when to ask again
  std::uint32_t most_ahead = 32;      // chunks on their way, whatever the receiver allows
  span patience{30'000};              // with a receiver that is to say something
  span reminder{3'000};               // how often who waits is told that it does
  std::uint64_t bytes_per_second = 0; // 0: as fast as it is taken
};

/// A copy that was begun, as its reader says.
struct offer {
  std::uint64_t index = 0;
  blob stamp;
};

/// What to do, in the order of the members.
struct giving_todo {
  struct beginning {
    partition_number partition = 0;
    std::uint64_t copy = 0;
  };
  bool end = false;                 // the copy that was begun last is over
  std::optional<beginning> begin{}; // another one; answered by `begun`
  bool read = false;                // its next chunk; answered by `read`
  std::vector<outgoing> messages{};
};

class giving {
public:
  explicit giving(giving_limits l) : limits_{l} {}

  void receive(node_id from, const say::message&, span now);
  void lost(node_id, span now);
  void begun(const result<offer>&, span now);
  void read(result<copy_chunk>, span now);
  /// Called when `due` has come; earlier does no harm.
  void tick(span now);
  span due() const;
  giving_todo take();

private:
  struct asker {
    node_id node = 0;
    std::uint64_t copy = 0;
    partition_number partition = 0;
    std::uint64_t at_least = 0;
    std::uint32_t chunks = 0;
  };
  struct current {
    asker of;
    bool offered = false;
    bool reading = false;
    bool all_sent = false;
    std::uint32_t next = 0;
    std::uint32_t before = 0; // allowed are chunks with lower numbers
    span free_at{};           // when the next one may leave, by the bound on bytes
    span since{};             // when the receiver last said something, or something was left to it
  };

  void receive_from(node_id, std::uint64_t copy, const say::ask&, span now);
  void receive_from(node_id, std::uint64_t copy, const say::more&, span now);
  template <class Which> void forget(const Which&, span now);
  void begin_next(span now);
  void send_next(span now);
  void refuse(const failure&, span now);
  bool waits_for_receiver() const;
  void tell(node_id, std::uint64_t copy, say::said);

  giving_limits limits_;
  std::deque<asker> waiting_;
  span reminded_at_{};
  std::optional<current> current_;
  giving_todo todo_;
};

} // namespace tenon::cluster::copying
