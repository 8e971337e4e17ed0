// A partition as every thread sees it: who leads it, how far it is confirmed, and, while this node
// owns it, the place where entries get their index and wait for the loop. Nothing is appended to
// the partition's log but what was taken from here, so the indices given are right.
//
//   closed ──open──▶ open ⇄ paused (the leadership is being handed over) ──close──▶ closed
#pragma once

#include "cluster/raft/update.hpp"
#include "runtime/journal.hpp"

#include <atomic>
#include <deque>
#include <mutex>
#include <vector>

namespace tenon::cluster::replication {

using runtime::partition_number;

struct front_limits {
  std::size_t entry_bytes = 15u << 20;   // of the largest entry: it must fit into a frame
  std::size_t most_waiting = 16u << 20;  // bytes of a partition that are not confirmed
  std::size_t most_together = 64u << 20; // of all partitions
  span retry_after{10};                  // told to who is refused: a few group commits
  span retry_paused{5};
};

class front {
public:
  /// `together`: what waits in all partitions. Both stay alive as long as the front.
  front(partition_number p, const front_limits& l, std::atomic<std::size_t>& together)
      : partition_{p}, limits_{l}, together_{together} {}
  ~front() { forget(); }

  // Any thread.
  struct place {
    std::uint64_t index = 0;
    bool first = false; // of what waits to be taken: somebody has to be woken
  };
  /// As `journal::append`.
  result<place> append(std::uint64_t term, blob entry, runtime::durable_listener&);
  std::uint64_t term() const { return term_.load(std::memory_order_acquire); }
  std::uint64_t committed() const { return committed_.load(std::memory_order_acquire); }
  raft::node_id leader() const { return leader_.load(std::memory_order_relaxed); }

  // The loop.
  using hold = std::unique_lock<std::mutex>;
  /// While it is held, nobody is given an index.
  hold stop() { return hold{mutex_}; }

  void open(const hold&, std::uint64_t term, std::uint64_t next);
  /// Who waits for what was appended is told nothing.
  void close(const hold&);
  void pause(const hold&, bool on) { paused_ = on; }
  /// Other entries than those of here were put at the end of the log.
  void go_on(const hold&, std::uint64_t next) { next_ = next; }

  struct batch {
    std::uint64_t first = 0; // the index of the first one
    std::vector<blob> entries;
  };
  /// Everything that waits, in order.
  batch take(const hold&);

  /// Everything up to this index is confirmed. Who waits for it is told, each listener once for
  /// entries that follow each other. Answers how many entries were waited for.
  std::size_t confirm(std::uint64_t committed);
  void set_committed(std::uint64_t index) { committed_.store(index, std::memory_order_release); }
  void set_leader(raft::node_id n) { leader_.store(n, std::memory_order_relaxed); }

private:
  struct queued {
    blob bytes;
    runtime::durable_listener* listener = nullptr;
  };
  struct awaited {
    std::uint64_t index = 0;
    std::size_t weight = 0;
    runtime::durable_listener* listener = nullptr;
  };
  void forget();

  const partition_number partition_;
  const front_limits limits_;
  std::atomic<std::size_t>& together_;
  std::atomic<std::uint64_t> term_ = 0;
  std::atomic<std::uint64_t> committed_ = 0;
  std::atomic<raft::node_id> leader_ = 0;
  std::atomic<std::size_t> waiting_ = 0; // bytes

  std::mutex mutex_; // guards what follows, and changes of term_
  bool paused_ = false;
  std::uint64_t next_ = 0;
  std::vector<queued> queue_;

  std::deque<awaited> awaited_; // the loop's own
};

} // namespace tenon::cluster::replication
