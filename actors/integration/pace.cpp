#include "actors/integration/pace.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

// All places are under way: one comes back when an answer comes.
constexpr span look{5};

} // namespace

span pace::begin(const std::vector<rule>& rules, time_point now) {
  const std::lock_guard hold{guard_};
  span longest{0};
  for (const auto& r : rules) {
    auto& t = tracks_[r.key];
    while (!t.ended.empty() && t.ended.front() + r.period < now)
      t.ended.pop_front();
    if (t.under_way + t.ended.size() < r.most)
      continue;
    const auto free = t.ended.empty()
                          ? look
                          : std::chrono::ceil<span>(t.ended.front() + r.period - now) + span{1};
    longest = std::max(longest, free);
  }
  if (longest == span{0})
    for (const auto& r : rules)
      ++tracks_[r.key].under_way;
  return longest;
}

void pace::end(const std::vector<rule>& rules, time_point now) {
  const std::lock_guard hold{guard_};
  for (const auto& r : rules) {
    auto& t = tracks_[r.key];
    --t.under_way;
    t.ended.push_back(now);
  }
}

} // namespace tenon::actors::connectors
