#include "actors/sync/sources/singer/tap.hpp"

namespace tenon::actors::singer {

kept_taps::kept_taps(std::size_t at_once, span idle_limit)
    : idle_limit_{idle_limit}, free_{std::make_shared<std::atomic<std::size_t>>(at_once)},
      reaper_{[this](const std::stop_token& stop) { end_idle(stop); }} {}

kept_taps::~kept_taps() = default;

std::shared_ptr<void> kept_taps::seat() {
  for (auto left = free_->load(); left > 0;)
    if (free_->compare_exchange_weak(left, left - 1))
      return {free_.get(), [all = free_](void*) { ++*all; }};
  return nullptr;
}

std::stop_source kept_taps::begin(const identity& sync) {
  std::stop_source reading;
  const std::lock_guard hold{guard_};
  used_.insert_or_assign(sync, reading);
  return reading;
}

std::unique_ptr<running_tap> kept_taps::take(const identity& sync) {
  const std::lock_guard hold{guard_};
  const auto it = idle_.find(sync);
  if (it == idle_.end())
    return nullptr;
  auto tap = std::move(it->second.tap);
  idle_.erase(it);
  return tap;
}

void kept_taps::end(const identity& sync, const std::stop_source& reading,
                    std::unique_ptr<running_tap> tap) {
  std::unique_ptr<running_tap> unwanted; // ended when nobody waits for the guard
  const std::lock_guard hold{guard_};
  const auto it = used_.find(sync);
  if (it != used_.end() && it->second == reading)
    used_.erase(it);
  if (!tap)
    return;
  if (tap->spent() || reading.stop_requested()) {
    unwanted = std::move(tap);
  } else {
    auto& place = idle_[sync];
    unwanted = std::exchange(place.tap, std::move(tap));
    place.since = clock::now();
  }
}

void kept_taps::drop(const identity& sync) {
  const auto idle = take(sync);
  const std::lock_guard hold{guard_};
  if (const auto it = used_.find(sync); it != used_.end())
    it->second.request_stop();
}

void kept_taps::end_idle(const std::stop_token& stop) {
  std::unique_lock hold{guard_};
  while (!stop.stop_requested()) {
    auto next = clock::now() + idle_limit_;
    std::vector<std::unique_ptr<running_tap>> old;
    for (auto it = idle_.begin(); it != idle_.end();) {
      const auto end = it->second.since + idle_limit_;
      if (end <= clock::now()) {
        old.push_back(std::move(it->second.tap));
        it = idle_.erase(it);
      } else {
        next = std::min(next, end);
        ++it;
      }
    }
    if (!old.empty()) {
      hold.unlock();
      old.clear();
      hold.lock();
      continue;
    }
    // What is kept meanwhile has its time after that.
    changed_.wait_until(hold, stop, next, [] { return false; });
  }
}

} // namespace tenon::actors::singer
