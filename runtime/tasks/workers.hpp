// A fixed number of threads that run tasks, with a fixed number of places. Tasks that wait hold a
// place but no thread. Not for work that blocks for long: that has threads of its own.
#pragma once

#include "runtime/tasks/task.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace tenon::runtime {

class workers final : public executor {
public:
  struct limits {
    unsigned threads = 2;
    std::size_t tasks = 10'000; // alive at once, waiting ones included; a place costs ~1 KB
  };

  explicit workers(limits);
  /// Waits until every task has ended; whatever they wait for must have been closed before, so that
  /// each hears of it.
  ~workers() override;

  result<void> enter() override;
  void leave() noexcept override;
  void resume(std::coroutine_handle<>) override;

  /// Tasks alive.
  std::size_t tasks() const;

private:
  void run();

  const limits limits_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::condition_variable empty_;
  std::deque<std::coroutine_handle<>> queue_;
  std::size_t tasks_ = 0;
  bool ended_ = false;
  std::vector<std::jthread> threads_;
};

} // namespace tenon::runtime
