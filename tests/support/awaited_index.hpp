// A listener that a test can wait on.
#pragma once

#include "runtime/journal.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <vector>

namespace tenon::tests {

class awaited_index final : public runtime::durable_listener {
public:
  void durable(std::uint64_t index) noexcept override {
    const std::scoped_lock lock{mutex_};
    last_ = std::max(last_, index);
    ++calls_;
    told_.notify_all();
  }
  /// Whether the index became durable within half a minute.
  bool wait_for(std::uint64_t index) {
    std::unique_lock lock{mutex_};
    return told_.wait_for(lock, std::chrono::seconds{30}, [&] { return last_ >= index; });
  }
  std::uint64_t last() const {
    const std::scoped_lock lock{mutex_};
    return last_;
  }
  std::size_t calls() const {
    const std::scoped_lock lock{mutex_};
    return calls_;
  }

private:
  mutable std::mutex mutex_;
  std::condition_variable told_;
  std::uint64_t last_ = 0;
  std::size_t calls_ = 0;
};

} // namespace tenon::tests
