// sliding: each is free again a whole period after its request was over.
//
//     at most amount in any stretch of length period, by the clock of whoever counts when requests
//     arrive
//
// A platform counts a request when it arrives: some time between the grant and the answer, which
// may be late by as much as a request waits to be sent and is on its way. So it counts from its
// answer; what was under way when its sender died arrived at the latest before the next life began.
// Where nobody says when it is over, it counts from the grant.
//
// A log of what was granted; nothing shorter keeps the promise exactly.
#include "actors/quota/kinds/kind.hpp"

#include <algorithm>

namespace tenon::actors::buckets {
namespace {

constexpr units most = 10'000;
// A moment is rounded down.
constexpr span rounding{1};

std::int64_t ms(moment t) {
  return t.time_since_epoch().count();
}

units under_way(const level& l) {
  units all = 0;
  for (const auto& p : l.places)
    all += p.units;
  return all;
}

units left(const level& l, moment now) {
  const auto& over = l.granted_at_ms;
  const auto first =
      std::ranges::upper_bound(over, ms(now - l.bucket.period)); // those that still count
  const auto counted = static_cast<units>(over.end() - first) + under_way(l);
  return l.bucket.amount - std::min(counted, l.bucket.amount);
}

/// Those of `amount` takes ago must be over for a whole period.
span wait(const level& l, moment now, units n) {
  const auto& over = l.granted_at_ms;
  const auto all = over.size() + under_way(l) + n;
  if (all <= l.bucket.amount)
    return span{};
  const auto awaited = all - l.bucket.amount;
  if (awaited > over.size()) // still under way: if it ended now, this would be the wait
    return l.bucket.period + rounding;
  const moment last{span{over[awaited - 1]}};
  return std::max(last + l.bucket.period - now, span{});
}

void count(level& l, moment at, units n) {
  auto& over = l.granted_at_ms;
  // Those beyond the amount stay while they count: the bucket may be made larger again.
  over.erase(over.begin(), std::ranges::upper_bound(over, ms(at - l.bucket.period)));
  const auto when = over.empty() ? ms(at) : std::max(ms(at), over.back());
  over.insert(over.end(), std::min(n, most), when);
  if (over.size() > most)
    over.erase(over.begin(), over.end() - static_cast<std::ptrdiff_t>(most));
}

void take(level& l, const place& p) {
  if (p.life_at == moment{})
    count(l, p.since_at, p.units);
  else
    l.places.push_back(p);
}

void refresh(level& l, moment now, moment life) {
  for (auto& p : l.places)
    if (has_died(p, life))
      p.until_at = std::min(p.until_at, std::max(life, p.since_at));
  std::ranges::stable_sort(l.places, {}, &place::until_at);
  const auto still =
      std::ranges::find_if(l.places, [&](const place& p) { return p.until_at > now; });
  for (auto p = l.places.begin(); p != still; ++p)
    count(l, p->until_at + rounding, p->units);
  l.places.erase(l.places.begin(), still);
}

void ended(level& l, moment at, units n) {
  count(l, at + rounding, n);
}

void give_back(level& l, moment taken_at, moment, units n) {
  auto& granted = l.granted_at_ms;
  const auto same = std::ranges::equal_range(granted, ms(taken_at));
  const auto back = std::min<std::ptrdiff_t>(n, std::ranges::ssize(same));
  granted.erase(same.begin(), same.begin() + back);
}

bool is_ahead(const level& l, moment now) {
  return (!l.granted_at_ms.empty() && l.granted_at_ms.back() > ms(now + rounding)) ||
         std::ranges::any_of(l.places, [&](const place& p) { return p.since_at > now; });
}

void catch_up(level& l, moment now) {
  for (auto& granted : l.granted_at_ms)
    granted = std::min(granted, ms(now));
  for (auto& p : l.places)
    if (const auto ahead = p.since_at - now; ahead > span{}) {
      p.since_at -= ahead;
      p.until_at -= ahead;
    }
}

bool rests(const level& l, moment now) {
  const auto is_free = [&](moment over) { return over + l.bucket.period <= now; };
  return (l.granted_at_ms.empty() || is_free(moment{span{l.granted_at_ms.back()}})) &&
         std::ranges::all_of(l.places,
                             [&](const place& p) { return is_free(p.until_at + rounding); });
}

span longest_wait(const bucket& b) {
  return b.period + rounding;
}

} // namespace

const kind sliding{most,     true,     wait,  take,         give_back, left,    same_shape,
                   is_ahead, catch_up, rests, longest_wait, nullptr,   refresh, ended};

} // namespace tenon::actors::buckets
