#include "runtime/tasks/workers.hpp"

#include <algorithm>

namespace tenon::runtime {

workers::workers(limits l) : limits_{l} {
  for (unsigned i = 0; i < std::max(1u, l.threads); ++i)
    threads_.emplace_back([this] { run(); });
}

workers::~workers() {
  {
    std::unique_lock lock{mutex_};
    empty_.wait(lock, [this] { return tasks_ == 0; });
    ended_ = true;
  }
  ready_.notify_all();
}

result<void> workers::enter() {
  std::lock_guard lock{mutex_};
  if (tasks_ >= limits_.tasks)
    return failure{.code = code::overloaded,
                   .why = "all " + std::to_string(limits_.tasks) + " places for tasks are taken",
                   .remedy = "repeat later, or raise the limit on tasks",
                   .retry_after = span{1000}};
  ++tasks_;
  return {};
}

void workers::leave() noexcept {
  std::lock_guard lock{mutex_}; // as in `resume`
  if (--tasks_ == 0)
    empty_.notify_all();
}

void workers::resume(std::coroutine_handle<> task) {
  // Notified under the lock: once it is free, the task may end, and with the last one the pool.
  std::lock_guard lock{mutex_};
  queue_.push_back(task);
  ready_.notify_one();
}

std::size_t workers::tasks() const {
  std::lock_guard lock{mutex_};
  return tasks_;
}

void workers::run() {
  std::unique_lock lock{mutex_};
  for (;;) {
    ready_.wait(lock, [this] { return ended_ || !queue_.empty(); });
    if (queue_.empty())
      return;
    const auto task = queue_.front();
    queue_.pop_front();
    lock.unlock();
    task.resume();
    lock.lock();
  }
}

} // namespace tenon::runtime
