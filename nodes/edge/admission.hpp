// How much one tenant may ask: so many requests a second with a burst, and so many at once. The
// rate is GCRA: one number per tenant says when the next request would be on time. Pure: the time
// is handed in; safe to share between threads without a lock.
#pragma once

#include "protocols/failure.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tenon::nodes::edge {

struct allowance {
  double per_second = 2000;
  unsigned burst = 4000;
  unsigned in_flight = 1000;
};

/// One tenant's gate.
class gate : public std::enable_shared_from_this<gate> {
public:
  using time = std::chrono::steady_clock::time_point;

  explicit gate(const allowance&);

  /// A place among those in flight, which ends with the last copy; or `overloaded` with the time
  /// after which a request would pass.
  result<std::shared_ptr<void>> enter(time now);
  unsigned in_flight() const { return in_flight_.load(std::memory_order_relaxed); }

private:
  std::int64_t interval_;  // nanoseconds between requests on time
  std::int64_t tolerance_; // how far ahead of time a burst may run
  unsigned most_in_flight_;
  std::atomic<std::int64_t> on_time_{0};
  std::atomic<unsigned> in_flight_{0};
};

/// The gates of all tenants. Bounded: beyond, tenants without requests in flight are forgotten,
/// which gives them a fresh burst.
class admission {
public:
  static constexpr std::size_t most_tenants = 10'000;

  explicit admission(allowance for_all) : for_all_{for_all} {}

  std::shared_ptr<gate> of(std::string_view tenant);
  void allow(std::string_view tenant, allowance); // from now on, instead of everybody's

private:
  allowance for_all_;
  std::mutex guard_;
  std::unordered_map<std::string, allowance> own_;
  std::unordered_map<std::string, std::shared_ptr<gate>> gates_;
};

} // namespace tenon::nodes::edge
