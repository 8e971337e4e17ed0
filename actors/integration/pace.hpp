// When a request may leave, so that no platform ever counts more in a period than it allows. It
// counts a request when it arrives: some time between its sending and its answer. So a place is
// free again a whole period after the answer. The quota counts the same and remembers it across
// restarts, but by the date: here it is counted by a clock that nobody can put forward. A request
// that waits here has been granted, so the quota's own count must go on until its answer.
#pragma once

#include "protocols/moment.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace tenon::actors::connectors {

class pace {
public:
  using time_point = std::chrono::steady_clock::time_point;

  struct rule {
    std::string key; // whose it is: those with the same are counted together
    std::size_t most = 1;
    span period{};
  };

  /// Zero: the request leaves now, and is under way until `end`. Otherwise it has no place yet: how
  /// long until it is worth asking again.
  span begin(const std::vector<rule>&, time_point now);
  void end(const std::vector<rule>&, time_point now);

private:
  struct track {
    std::size_t under_way = 0;
    std::deque<time_point> ended; // within the last period
  };

  std::mutex guard_;
  std::map<std::string, track> tracks_; // as many as there are buckets
};

} // namespace tenon::actors::connectors
