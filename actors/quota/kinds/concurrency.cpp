// concurrency: places, each given back when its request is over.
//
//     at most amount at a time, counting places that were never given back until their lease is
//     over
//
// A counting semaphore with leases: Gray and Cheriton, "Leases", 1989.
#include "actors/quota/kinds/kind.hpp"

#include <algorithm>

namespace tenon::actors::buckets {
namespace {

units held(const level& l, moment now) {
  return static_cast<units>(
      std::ranges::count_if(l.places, [&](const auto& p) { return p.until_at > now; }));
}

units left(const level& l, moment now) {
  return l.bucket.amount - std::min(held(l, now), l.bucket.amount);
}

span wait(const level& l, moment now, units n) {
  if (left(l, now) >= n)
    return span{};
  // Nobody knows when a place is given back; a second is as good a guess as any.
  span soonest{1000};
  for (const auto& p : l.places)
    if (p.until_at > now)
      soonest = std::min(soonest, p.until_at - now);
  return soonest;
}

void take(level& l, const place& taken) {
  std::erase_if(l.places, [&](const auto& p) { return p.until_at <= taken.since_at; });
  l.places.push_back(taken);
}

bool is_ahead(const level&, moment) {
  return false; // places are given back
}

void catch_up(level&, moment) {}

bool rests(const level& l, moment now) {
  return held(l, now) == 0;
}

span longest_wait(const bucket&) {
  return span{1000};
}

} // namespace

const kind concurrency{1'000,      false,    wait,     take,  keep_all,    left,
                       same_shape, is_ahead, catch_up, rests, longest_wait};

} // namespace tenon::actors::buckets
