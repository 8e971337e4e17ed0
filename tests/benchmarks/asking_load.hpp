// A number of questions in flight to a host's actors: each answer asks the next one, as a node's
// io threads do, so that no thread of the load's own stands in the way.
#pragma once

#include "tests/support/stored_host.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <vector>

namespace tenon::tests {

class asking_load {
public:
  using clock = std::chrono::steady_clock;
  struct outcome {
    double per_second = 0;
    double p50 = 0; // milliseconds
    double p99 = 0;
    std::uint64_t failed = 0;
  };

  /// `ask(number, done)` asks the question of that number, counted from 0, and has `done` called
  /// with whether it was answered well. Ends after `most` questions or after that time.
  using question = std::function<void(std::uint64_t, std::function<void(bool)> done)>;

  static outcome run(std::size_t in_flight, std::uint64_t most, clock::duration time,
                     const question& ask) {
    asking_load load{most, clock::now() + time, ask, in_flight};
    const auto began = clock::now();
    for (auto& l : load.lanes_)
      load.next(l);
    for (auto seen = load.running_.load(); seen > 0; seen = load.running_.load())
      load.running_.wait(seen);
    return load.sum_up(std::chrono::duration<double>(clock::now() - began).count());
  }

private:
  struct lane {
    clock::time_point began;
    std::vector<float> latencies; // milliseconds
    std::uint64_t failed = 0;
  };

  asking_load(std::uint64_t most, clock::time_point until, const question& ask, std::size_t lanes)
      : most_{most}, until_{until}, ask_{ask}, lanes_(lanes), running_{lanes} {}

  void next(lane& l) {
    l.began = clock::now();
    const auto number = asked_.fetch_add(1, std::memory_order_relaxed);
    if (number >= most_ || l.began > until_) {
      running_.fetch_sub(1);
      return running_.notify_one();
    }
    ask_(number, [this, &l](bool well) {
      l.failed += well ? 0 : 1;
      l.latencies.push_back(
          std::chrono::duration<float, std::milli>(clock::now() - l.began).count());
      next(l);
    });
  }

  outcome sum_up(double seconds) const {
    std::vector<float> all;
    outcome o;
    for (const auto& l : lanes_) {
      all.insert(all.end(), l.latencies.begin(), l.latencies.end());
      o.failed += l.failed;
    }
    const auto quantile = [&](double q) {
      const auto at = static_cast<std::ptrdiff_t>(q * static_cast<double>(all.size() - 1));
      std::nth_element(all.begin(), all.begin() + at, all.end());
      return static_cast<double>(all[static_cast<std::size_t>(at)]);
    };
    if (all.empty())
      return o;
    o.per_second = static_cast<double>(all.size()) / seconds;
    o.p50 = quantile(0.5);
    o.p99 = quantile(0.99);
    return o;
  }

  std::uint64_t most_;
  clock::time_point until_;
  const question& ask_;
  std::vector<lane> lanes_;
  std::atomic<std::uint64_t> asked_ = 0;
  std::atomic<std::size_t> running_;
};

} // namespace tenon::tests
