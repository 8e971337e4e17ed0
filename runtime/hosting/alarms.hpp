// One thread that does things at their time. Lateness is a scheduling delay; nothing it runs may
// block.
//
// Two clocks: a date is waited for by the wall clock, because that is what somebody meant; a delay
// by the steady one, because a clock that is set back must not keep a node from trying again.
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
  /// Both clocks are looked at again at least every second, so a date is met soon after the wall
  /// clock was set to it.
  explicit alarms(const clock& clock);
  ~alarms();

  void at(moment when, std::function<void()> what);
  void after(span delay, std::function<void()> what);
  void every(span interval, std::function<void()> what);
  void stop(); // what is still waiting is dropped

private:
  template <class Point> struct waiting {
    Point when;
    std::uint64_t order; // first set, first run
    span interval;       // zero: once
    std::function<void()> what;
    bool operator<(const waiting& o) const {
      return when != o.when ? when > o.when : order > o.order;
    }
  };
  template <class Point> using waiting_list = std::priority_queue<waiting<Point>>;
  using steady_point = std::chrono::steady_clock::time_point;

  void run();
  template <class Point>
  void add(waiting_list<Point>&, Point when, span interval, std::function<void()> what);
  template <class Point> bool run_first(waiting_list<Point>&, std::unique_lock<std::mutex>&);

  const clock& clock_;
  std::mutex guard_;
  std::condition_variable changed_;
  waiting_list<moment> dates_;
  waiting_list<steady_point> delays_;
  std::uint64_t order_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace tenon::runtime
