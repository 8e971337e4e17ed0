#include "runtime/hosting/alarms.hpp"

#include <algorithm>

namespace tenon::runtime {

alarms::alarms(const clock& c) : clock_{c}, thread_{[this] { run(); }} {}

alarms::~alarms() {
  stop();
}

void alarms::at(moment when, std::function<void()> what) {
  add(dates_, when, span{0}, std::move(what));
}

void alarms::after(span delay, std::function<void()> what) {
  add(delays_, clock_.steady() + delay, span{0}, std::move(what));
}

void alarms::every(span interval, std::function<void()> what) {
  add(delays_, clock_.steady() + interval, interval, std::move(what));
}

template <class Point>
void alarms::add(waiting_list<Point>& list, Point when, span interval, std::function<void()> what) {
  const std::lock_guard hold{guard_};
  const bool sooner = list.empty() || when < list.top().when;
  list.push({when, ++order_, interval, std::move(what)});
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

template <class Point>
bool alarms::run_first(waiting_list<Point>& list, std::unique_lock<std::mutex>& hold) {
  constexpr bool steady = std::is_same_v<Point, steady_point>;
  const auto now = [this] {
    if constexpr (steady)
      return clock_.steady();
    else
      return clock_.now();
  };
  if (list.empty() || list.top().when > now())
    return false;
  auto first = list.top();
  list.pop();
  hold.unlock();
  first.what();
  hold.lock();
  if (first.interval > span{0}) {
    // From now, not from when it was due: after a pause it runs once, not once for each interval.
    first.when = now() + first.interval;
    first.order = ++order_;
    list.push(std::move(first));
  }
  return true;
}

void alarms::run() {
  std::unique_lock hold{guard_};
  while (!stopping_) {
    if (run_first(delays_, hold) || run_first(dates_, hold))
      continue;
    std::chrono::nanoseconds wait = std::chrono::seconds{1};
    if (!delays_.empty())
      wait = std::min<std::chrono::nanoseconds>(wait, delays_.top().when - clock_.steady());
    if (!dates_.empty())
      wait = std::min<std::chrono::nanoseconds>(wait, dates_.top().when - clock_.now());
    changed_.wait_for(hold, std::max(wait, std::chrono::nanoseconds{0}));
  }
}

} // namespace tenon::runtime
