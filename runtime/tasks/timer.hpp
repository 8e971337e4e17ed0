// Waiting without a thread: `co_await timer.wait(500ms)` inside a task. One thread of its own keeps
// all waits in order. For waits that need not survive a crash; an actor's deadlines are computed
// from its state.
#pragma once

#include "runtime/tasks/task.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>

namespace tenon::runtime {

class timer {
public:
  timer();
  /// Waits that are left end at once, as stopped.
  ~timer();

  /// True when the time has passed, false when the task was asked to stop, or the timer closed,
  /// before that. Uses the stop token of the awaiting task.
  task<bool> wait(span);

  /// Ends every wait as stopped, now and from now on.
  void close();

private:
  using time_point = std::chrono::steady_clock::time_point;
  using key = std::pair<time_point, std::uint64_t>; // the number keeps equal times apart

  void add(key, completion<bool>, const std::stop_token&);
  void stop(key);
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<key, completion<bool>> waits_; // bounded by the places of the executors that wait here
  std::uint64_t last_ = 0;
  bool closed_ = false;
  std::jthread thread_;
};

} // namespace tenon::runtime
