// Time-outs of many connections at the price of a store each: a connection says in which tick it
// wants to be looked at, and when that comes decides itself whether its time is really over. Being
// early is therefore allowed, being late by one tick is the promise. Pure: the time is handed in.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

namespace tenon::nodes::edge {

class wheel {
public:
  using time = std::chrono::steady_clock::time_point;

  wheel(std::chrono::milliseconds tick, std::size_t slots, time now)
      : tick_{tick}, slots_(slots), start_{now} {}

  /// The tick at which a time is over.
  std::uint64_t tick_of(time t) const {
    return t <= start_ ? 0 : static_cast<std::uint64_t>((t - start_) / tick_) + 1;
  }

  /// Returns the tick in which `id` will be looked at: `due`, or earlier when that is too far away.
  std::uint64_t add(std::uint64_t id, std::uint64_t due) {
    due = std::clamp(due, now_ + 1, now_ + slots_.size() - 1);
    slots_[due % slots_.size()].push_back(id);
    return due;
  }

  /// Calls look(id, tick) for everything added for a tick that is over.
  template <class F> void advance(time now, F look) {
    const auto to = tick_of(now) == 0 ? 0 : tick_of(now) - 1;
    while (now_ < to) {
      ++now_;
      std::vector<std::uint64_t> due;
      due.swap(slots_[now_ % slots_.size()]);
      for (const auto id : due)
        look(id, now_);
    }
  }

  std::chrono::milliseconds tick() const { return tick_; }

private:
  std::chrono::milliseconds tick_;
  std::vector<std::vector<std::uint64_t>> slots_;
  time start_;
  std::uint64_t now_ = 0;
};

} // namespace tenon::nodes::edge
