#include "runtime/hosting/alarms.hpp"

#include <algorithm>

namespace tenon::runtime {

alarms::alarms(const clock& c) : clock_{c}, thread_{[this] { run(); }} {}

alarms::~alarms() {
  stop();
}

void alarms::at(moment when, std::function<void()> what) {
  add({when, 0, span{0}, std::move(what)});
}

void alarms::every(span interval, std::function<void()> what) {
  add({clock_.now() + interval, 0, interval, std::move(what)});
}

void alarms::add(waiting w) {
  const std::lock_guard hold{guard_};
  w.order = ++order_;
  const bool sooner = queue_.empty() || w.when < queue_.top().when;
  queue_.push(std::move(w));
  if (sooner)
    changed_.notify_one();
}

void alarms::stop() {
  {
    const std::lock_guard hold{guard_};
    stopping_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable())
    thread_.join();
}

void alarms::run() {
  std::unique_lock hold{guard_};
  while (!stopping_) {
    if (queue_.empty()) {
      changed_.wait(hold);
      continue;
    }
    const auto now = clock_.now();
    if (queue_.top().when > now) {
      const span wait = std::min<span>(queue_.top().when - now, std::chrono::seconds{1});
      changed_.wait_for(hold, wait);
      continue;
    }
    auto next = queue_.top();
    queue_.pop();
    hold.unlock();
    next.what();
    hold.lock();
    if (next.interval > span{0}) {
      // From now, not from when it was due: after a pause it runs once, not once for each interval.
      next.when = clock_.now() + next.interval;
      next.order = ++order_;
      queue_.push(std::move(next));
    }
  }
}

} // namespace tenon::runtime
