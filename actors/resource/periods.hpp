// What happened by the hour or by the day, in UTC: buckets with a `begun_at`, in order, as many as
// are worth keeping and only those in which something happened. Pure.
#pragma once

#include "protocols/moment.hpp"

#include <algorithm>
#include <vector>

namespace tenon::actors {

inline moment beginning_of(moment at, span width) {
  return moment{at.time_since_epoch() / width * width};
}

/// The bucket of that time; what is older than `most` buckets before the newest is let go.
template <class Bucket>
Bucket& bucket_of(std::vector<Bucket>& all, span width, std::size_t most, moment at) {
  const auto start = beginning_of(at, width);
  const auto window = width * static_cast<span::rep>(most);
  // What lies a whole window ahead was counted while the clock was wrong.
  if (!all.empty() && start <= all.back().begun_at - window)
    all.clear();
  auto it = std::ranges::lower_bound(all, start, {}, &Bucket::begun_at);
  if (it == all.end() || it->begun_at != start)
    it = all.insert(it, Bucket{.begun_at = start});
  const auto kept_from = all.back().begun_at - window;
  const auto old = std::ranges::upper_bound(all, kept_from, {}, &Bucket::begun_at);
  const auto index = it - old;
  all.erase(all.begin(), old);
  return all[static_cast<std::size_t>(index)];
}

} // namespace tenon::actors
