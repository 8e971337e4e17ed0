// One thread that does things at their time. Lateness is a scheduling delay; nothing it runs may
// block.
#pragma once

#include "runtime/clock.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <queue>
#include <thread>
#include <vector>

namespace tenon::runtime {

class alarms {
public:
  /// Wall-clock moments are turned into waiting times by `clock` when they are set, and looked at
  /// again at least every second, so a clock that is set forward or back is noticed.
  explicit alarms(const clock& clock);
  ~alarms();

  void at(moment when, std::function<void()> what);
  void every(span interval, std::function<void()> what);
  void stop(); // what is still waiting is dropped

private:
  struct waiting {
    moment when;
    std::uint64_t order; // first set, first run
    span interval;       // zero: once
    std::function<void()> what;
    bool operator<(const waiting& o) const {
      return when != o.when ? when > o.when : order > o.order;
    }
  };

  void run();
  void add(waiting);

  const clock& clock_;
  std::mutex guard_;
  std::condition_variable changed_;
  std::priority_queue<waiting> queue_;
  std::uint64_t order_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace tenon::runtime
