// What waits to be sent to a peer on one channel, filled by any thread and emptied by the one that
// owns the connection. It is bounded in bytes: what does not fit is refused, so a peer that is slow
// costs its own senders and nobody else.
#pragma once

#include "cluster/link/frame.hpp"

#include <deque>
#include <functional>
#include <mutex>
#include <vector>

namespace tenon::cluster::link {

/// What a frame that waits costs besides its bytes.
inline constexpr std::size_t waiting_cost = 64;

struct waiting_frame {
  link::topic topic{};
  blob bytes;
};

class outbox {
public:
  /// `wake` is called by the thread that sends, at most once until somebody takes.
  outbox(std::size_t most_bytes, std::function<void()> wake)
      : most_bytes_{most_bytes}, wake_{std::move(wake)} {}

  /// `unavailable` while closed, as it is at first; `overloaded` when it is full. One frame always
  /// fits into an empty one.
  result<void> put(topic, blob);

  /// The oldest, as long as `wanted` says so of the bytes taken so far.
  template <class Wanted> void take(std::vector<waiting_frame>& into, Wanted wanted) {
    const std::lock_guard held{mutex_};
    std::size_t taken = 0;
    while (!waiting_.empty() && wanted(taken, waiting_.front().bytes.size())) {
      taken += waiting_.front().bytes.size();
      bytes_ -= waiting_.front().bytes.size() + waiting_cost;
      into.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    awake_ = !waiting_.empty();
  }

  void open();
  void close(); // and forgets what waits
  std::size_t bytes() const;
  std::size_t refused() const;

private:
  const std::size_t most_bytes_;
  const std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::deque<waiting_frame> waiting_;
  std::size_t bytes_ = 0;
  std::size_t refused_ = 0;
  bool open_ = false;
  bool awake_ = false; // somebody will take what waits
};

} // namespace tenon::cluster::link
