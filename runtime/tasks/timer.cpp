#include "runtime/tasks/timer.hpp"

#include <algorithm>

namespace tenon::runtime {

timer::timer() : thread_{[this] { run(); }} {}

timer::~timer() {
  close();
}

task<bool> timer::wait(span length) {
  const auto stop = co_await stop_token_of_task{};
  // A century is for ever; more would overflow the clock's nanoseconds.
  const span bounded = std::clamp(length, span{0}, span{std::chrono::hours{24 * 36'500}});
  key k{std::chrono::steady_clock::now() + bounded, 0};
  {
    std::lock_guard lock{mutex_};
    k.second = ++last_;
  }
  std::optional<std::stop_callback<std::function<void()>>> on_stop;
  // Registered first: once added, the wait may end and take this frame with it. A stop in between
  // finds nothing to end, and is seen by `add`.
  on_stop.emplace(stop, [this, k] { this->stop(k); });
  const auto passed =
      co_await callback<bool>([&, this](completion<bool> done) { add(k, std::move(done), stop); });
  co_return passed&&* passed;
}

void timer::add(key k, completion<bool> done, const std::stop_token& stop) {
  {
    std::lock_guard lock{mutex_};
    if (!closed_ && !stop.stop_requested()) {
      waits_.emplace(k, std::move(done));
      changed_.notify_one();
      return;
    }
  }
  done(false);
}

void timer::stop(key k) {
  std::unique_lock lock{mutex_};
  const auto at = waits_.extract(k);
  lock.unlock();
  if (!at.empty())
    at.mapped()(false);
}

void timer::close() {
  std::unique_lock lock{mutex_};
  closed_ = true;
  auto left = std::exchange(waits_, {});
  changed_.notify_one();
  lock.unlock();
  for (auto& [k, done] : left)
    done(false);
}

void timer::run() {
  std::unique_lock lock{mutex_};
  while (!closed_) {
    if (waits_.empty()) {
      changed_.wait(lock);
      continue;
    }
    if (const auto first = waits_.begin()->first.first; std::chrono::steady_clock::now() < first) {
      changed_.wait_until(lock, first);
      continue;
    }
    const auto due = waits_.extract(waits_.begin());
    lock.unlock();
    due.mapped()(true);
    lock.lock();
  }
}

} // namespace tenon::runtime
