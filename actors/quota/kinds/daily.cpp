// daily: so many in a day. In a time zone, the day begins when the clocks there show `starts`: it
// has 23 or 25 hours where they change. Without one, it is any period of that length, counted in
// 96 parts, each of which is free again when its last moment is a whole period away.
//
//     in a zone      at most amount between two beginnings
//     without one    at most amount in any stretch of length period
//
// Google's units: developers.google.com/youtube/v3/getting-started#quota (midnight Pacific time);
// Salesforce's 24 hours: developer.salesforce.com, "API Request Limits and Allocations".
#include "actors/quota/kinds/kind.hpp"
#include "actors/schedule/zones.hpp"

#include <algorithm>

namespace tenon::actors::buckets {
namespace {

using std::chrono::days;
using std::chrono::seconds;

constexpr std::int64_t parts_of_a_day = 96;

// Days of a zone.

const zone& zone_of(const bucket& b) {
  static const zone utc;
  const auto named = zone_named(b.zone);
  return named ? **named : utc; // it was there when the bucket was checked
}

span offset_at(const zone& z, moment t) {
  return z.at(std::chrono::floor<seconds>(t)).offset;
}

/// When the clocks first show this; where they skip it, when they show what comes after.
moment when_clocks_show(const zone& z, moment local) {
  const auto before = local - offset_at(z, local - days{1});
  if (offset_at(z, before) == local - before)
    return before;
  const auto after = local - offset_at(z, local + days{1});
  return offset_at(z, after) == local - after ? after : std::max(before, after);
}

struct day {
  moment begins;
  moment ends;
};

day day_at(const bucket& b, moment t) {
  const auto& z = zone_of(b);
  const auto starts = b.starts;
  auto number = std::chrono::floor<days>(t + offset_at(z, t) - starts);
  const auto begin_of = [&](auto n) { return when_clocks_show(z, moment{n} + starts); };
  if (t < begin_of(number)) // they showed it already before they were set back
    number -= days{1};
  else if (t >= begin_of(number + days{1}))
    number += days{1};
  return {begin_of(number), begin_of(number + days{1})};
}

moment window_of(const level& l, moment now) {
  return std::max(l.window_at, day_at(l.bucket, now).begins);
}

units taken_in(const level& l, moment window) {
  return window == l.window_at ? l.taken : 0;
}

// Any period.

bool is_rolling(const level& l) {
  return l.bucket.zone.empty();
}

span part_of(const bucket& b) {
  return std::max(b.period / parts_of_a_day, span{1});
}

moment slot_at(const bucket& b, moment t) {
  const auto part = part_of(b).count();
  const auto into = t.time_since_epoch().count() % part;
  return t - span{into < 0 ? into + part : into};
}

moment free_at(const level& l, const protocols::quota::slot& s) {
  return s.begins_at + part_of(l.bucket) + l.bucket.period;
}

units counted(const level& l, moment now) {
  std::uint64_t all = 0;
  for (const auto& s : l.slots)
    all += free_at(l, s) > now ? s.taken : 0;
  return static_cast<units>(std::min<std::uint64_t>(all, ~units{}));
}

void take_in_slot(level& l, moment at, units n) {
  std::erase_if(l.slots, [&](const auto& s) { return free_at(l, s) <= at; });
  const auto begins = slot_at(l.bucket, at);
  if (l.slots.empty() || l.slots.back().begins_at < begins)
    l.slots.push_back({.begins_at = begins});
  l.slots.back().taken += n;
}

/// It may be free again soon, when it was used long ago: looked at again after an hour, instead of
/// when it is free for certain.
void used_elsewhere(level& l, moment at, units n) {
  constexpr span soon = std::chrono::hours{1};
  if (!is_rolling(l)) {
    l.taken = taken_in(l, window_of(l, at)) + n;
    l.window_at = window_of(l, at);
    return;
  }
  const auto begins = slot_at(l.bucket, at - std::max(l.bucket.period - soon, span{}));
  const auto later =
      std::ranges::find_if(l.slots, [&](const auto& s) { return s.begins_at >= begins; });
  if (later != l.slots.end() && later->begins_at == begins)
    later->taken += n;
  else
    l.slots.insert(later, {.begins_at = begins, .taken = n});
}

span wait_for_slots(const level& l, moment now, units n) {
  auto all = counted(l, now);
  span until{};
  for (const auto& s : l.slots) {
    if (std::uint64_t{all} + n <= l.bucket.amount)
      break;
    if (free_at(l, s) <= now)
      continue;
    all -= std::min(all, s.taken);
    until = free_at(l, s) - now;
  }
  return until;
}

// Both.

units left(const level& l, moment now) {
  const auto taken = is_rolling(l) ? counted(l, now) : taken_in(l, window_of(l, now));
  return l.bucket.amount - std::min(taken, l.bucket.amount);
}

span wait(const level& l, moment now, units n) {
  if (is_rolling(l))
    return wait_for_slots(l, now, n);
  if (left(l, now) >= n)
    return span{};
  return std::max(day_at(l.bucket, window_of(l, now)).ends - now, span{1});
}

void take(level& l, const place& p) {
  if (is_rolling(l))
    return take_in_slot(l, p.since_at, p.units);
  const auto window = window_of(l, p.since_at);
  l.taken = taken_in(l, window) + p.units;
  l.window_at = window;
}

void give_back(level& l, moment taken_at, moment, units n) {
  if (is_rolling(l)) {
    for (auto& s : l.slots)
      if (s.begins_at == slot_at(l.bucket, taken_at))
        s.taken -= std::min(s.taken, n);
  } else if (day_at(l.bucket, taken_at).begins == l.window_at) {
    l.taken -= std::min(l.taken, n);
  }
}

/// A day of one sort says nothing about one of another: what was taken of it was taken now.
void reshape(level& l, const bucket& next, moment at) {
  const bool same_days = next.zone == l.bucket.zone && next.starts == l.bucket.starts &&
                         (!next.zone.empty() || next.period == l.bucket.period);
  if (same_days)
    return;
  const auto taken = is_rolling(l) ? counted(l, at) : taken_in(l, window_of(l, at));
  l.bucket = next;
  l.slots.clear();
  l.taken = 0;
  l.window_at = {};
  if (taken > 0)
    take(l, {.since_at = at, .units = taken});
}

bool is_ahead(const level& l, moment now) {
  if (is_rolling(l))
    return !l.slots.empty() && l.slots.back().begins_at > now;
  return l.window_at > now;
}

void catch_up(level& l, moment now) {
  if (!is_rolling(l)) {
    l.window_at = day_at(l.bucket, now).begins;
    return;
  }
  for (auto& s : l.slots)
    s.begins_at = std::min(s.begins_at, slot_at(l.bucket, now));
}

bool rests(const level& l, moment now) {
  return is_rolling(l) ? counted(l, now) == 0 : taken_in(l, window_of(l, now)) == 0;
}

span longest_wait(const bucket& b) {
  return b.zone.empty() ? b.period + 2 * part_of(b) : span{days{1}} + std::chrono::hours{3};
}

} // namespace

const kind daily{1'000'000'000, true,     wait,     take,  give_back,    left,
                 reshape,       is_ahead, catch_up, rests, longest_wait, used_elsewhere};

} // namespace tenon::actors::buckets
