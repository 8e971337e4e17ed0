#include "nodes/edge/lockout.hpp"

#include <algorithm>

namespace tenon::nodes::edge {

std::optional<span> lockout::locked(const std::string& what, moment now) const {
  const std::lock_guard lock{guard_};
  const auto at = records_.find(what);
  if (at == records_.end() || at->second.count < most_failures)
    return std::nullopt;
  // The next place of the ring holds the oldest of the last five.
  const auto& r = at->second;
  const auto until = r.failures[r.count % most_failures] + window;
  return until > now ? std::optional{until - now} : std::nullopt;
}

void lockout::failed(const std::string& what, moment now) {
  const std::lock_guard lock{guard_};
  if (records_.size() >= most_tracked_ && !records_.contains(what)) {
    std::erase_if(records_, [&](const auto& r) { return r.second.last + window <= now; });
    if (records_.size() >= most_tracked_)
      records_.erase(
          std::ranges::min_element(records_, {}, [](const auto& r) { return r.second.last; }));
  }
  auto& r = records_[what];
  r.failures[r.count++ % most_failures] = now;
  r.last = now;
}

void lockout::succeeded(const std::string& what) {
  const std::lock_guard lock{guard_};
  records_.erase(what);
}

} // namespace tenon::nodes::edge
