// sliding: each is free again a whole period after it was granted.
//
//     at most amount in any stretch of length period
//
// A log of what was granted; nothing shorter keeps the promise exactly.
#include "actors/quota/kinds/kind.hpp"

#include <algorithm>

namespace tenon::actors::buckets {
namespace {

constexpr units most = 10'000;

std::int64_t ms(moment t) {
  return t.time_since_epoch().count();
}

units left(const level& l, moment now) {
  const auto& granted = l.granted_at_ms;
  const auto first =
      std::ranges::upper_bound(granted, ms(now - l.bucket.period)); // those that still count
  const auto counted = static_cast<units>(granted.end() - first);
  return l.bucket.amount - std::min(counted, l.bucket.amount);
}

/// The moment of the take `amount` takes ago must be a whole period away.
span wait(const level& l, moment now, units n) {
  const auto& granted = l.granted_at_ms;
  if (granted.size() + n <= l.bucket.amount)
    return span{};
  const moment oldest{span{granted[granted.size() + n - l.bucket.amount - 1]}};
  return std::max(oldest + l.bucket.period - now, span{});
}

void take(level& l, std::uint64_t, moment at, span, units n) {
  auto& granted = l.granted_at_ms;
  // Those beyond the amount stay while they count: the bucket may be made larger again.
  granted.erase(granted.begin(), std::ranges::upper_bound(granted, ms(at - l.bucket.period)));
  const auto when = granted.empty() ? ms(at) : std::max(ms(at), granted.back());
  granted.insert(granted.end(), std::min(n, most), when);
  if (granted.size() > most)
    granted.erase(granted.begin(), granted.end() - static_cast<std::ptrdiff_t>(most));
}

void give_back(level& l, moment taken_at, moment, units n) {
  auto& granted = l.granted_at_ms;
  const auto same = std::ranges::equal_range(granted, ms(taken_at));
  const auto back = std::min<std::ptrdiff_t>(n, std::ranges::ssize(same));
  granted.erase(same.begin(), same.begin() + back);
}

bool is_ahead(const level& l, moment now) {
  return !l.granted_at_ms.empty() && l.granted_at_ms.back() > ms(now);
}

void catch_up(level& l, moment now) {
  for (auto& granted : l.granted_at_ms)
    granted = std::min(granted, ms(now));
}

bool rests(const level& l, moment now) {
  return l.granted_at_ms.empty() || moment{span{l.granted_at_ms.back()}} + l.bucket.period <= now;
}

} // namespace

const kind sliding{most,       true,     wait,     take,  give_back, left,
                   same_shape, is_ahead, catch_up, rests, a_period};

} // namespace tenon::actors::buckets
