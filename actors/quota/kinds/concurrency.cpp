// concurrency: places, each given back when its request is over.
//
//     at most amount at a time, counting places that were never given back until their lease is
//     over, or, where their sender has died, until the platform no longer works at the request
//
// A place whose sender has died is not free at once: the platform was asked, and nobody told it
// that the asker is gone. It works on for as long as the answer would have been waited for, counted
// from when the sender was surely dead.
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

void refresh(level& l, moment, moment life) {
  for (auto& p : l.places)
    if (p.patience > span{} && has_died(p, life))
      p.until_at = std::min(p.until_at, life + p.patience);
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

const kind concurrency{1'000,    false,    wait,  take,         keep_all, left,   same_shape,
                       is_ahead, catch_up, rests, longest_wait, nullptr,  refresh};

} // namespace tenon::actors::buckets
