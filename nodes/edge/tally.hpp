// Counts of requests by route, method and class of status, with their latencies. Each io thread
// counts for itself and adds to the shared meters once per loop turn, so counting costs no lock.
#pragma once

#include "nodes/edge/router.hpp"
#include "runtime/telemetry/metrics.hpp"

#include <array>
#include <chrono>
#include <deque>
#include <vector>

namespace tenon::nodes::edge {

class tally {
public:
  tally(const router&, runtime::meters&, unsigned lanes);

  /// `route` null: nothing matched; `status` 0: the client went before the answer.
  void count(unsigned lane, const compiled_route* route, unsigned status,
             std::chrono::steady_clock::duration took);
  void turn_ended(unsigned lane);

private:
  static constexpr std::size_t classes = 6; // gone, 1xx, …, 5xx

  struct route_meters {
    std::array<runtime::counter*, classes> requests{};
    runtime::histogram* latency = nullptr;
  };
  struct pending {
    std::array<unsigned, classes> requests{};
    std::vector<double> buckets;
    double seconds = 0;
    unsigned observed = 0;
    bool dirty = false;
  };
  struct alignas(64) lane_counts {
    std::vector<pending> routes;
    std::vector<std::size_t> dirty;
  };

  std::vector<route_meters> meters_; // by route index; the last for requests that matched none
  std::deque<lane_counts> lanes_;
};

} // namespace tenon::nodes::edge
