// fixed: begins anew at each multiple of its period, by UTC.
//
//     at most amount in each period that starts at a multiple of it
//
// A window counter, as in X's fifteen minutes: docs.x.com/x-api/fundamentals/rate-limits.
#include "actors/quota/kinds/kind.hpp"

#include <algorithm>

namespace tenon::actors::buckets {
namespace {

moment begin_of(moment t, span period) {
  const auto into = t.time_since_epoch().count() % period.count();
  return t - span{into < 0 ? into + period.count() : into};
}

/// Never an earlier one than has been seen.
moment window_of(const level& l, moment now) {
  return std::max(l.window_at, begin_of(now, l.bucket.period));
}

units taken_in(const level& l, moment window) {
  return window == l.window_at ? l.taken : 0;
}

units left(const level& l, moment now) {
  const auto taken = taken_in(l, window_of(l, now));
  return l.bucket.amount - std::min(taken, l.bucket.amount);
}

span wait(const level& l, moment now, units n) {
  return left(l, now) >= n ? span{} : window_of(l, now) + l.bucket.period - now;
}

void take(level& l, const place& p) {
  const auto window = window_of(l, p.since_at);
  l.taken = taken_in(l, window) + p.units;
  l.window_at = window;
}

void give_back(level& l, moment taken_at, moment, units n) {
  if (begin_of(taken_at, l.bucket.period) == l.window_at)
    l.taken -= std::min(l.taken, n);
}

bool is_ahead(const level& l, moment now) {
  return l.window_at > now;
}

void catch_up(level& l, moment now) {
  l.window_at = begin_of(now, l.bucket.period);
}

bool rests(const level& l, moment now) {
  return taken_in(l, window_of(l, now)) == 0;
}

} // namespace

const kind fixed{1'000'000'000, true,     wait,     take,  give_back, left,
                 same_shape,    is_ahead, catch_up, rests, a_period};

} // namespace tenon::actors::buckets
