#include "actors/integration/health/tally.hpp"

#include <algorithm>
#include <limits>

namespace tenon::actors::connectors::health {
namespace {

using count = std::uint32_t;

count sum(count a, count b) {
  return b > std::numeric_limits<count>::max() - a ? std::numeric_limits<count>::max() : a + b;
}

count tally::*outcome_of(const result<http_response>& r) {
  if (!r)
    return &tally::unreached;
  if (r->status >= 500)
    return &tally::broken;
  if (r->status == 429)
    return &tally::throttled;
  if (r->status == 401 || r->status == 403)
    return &tally::denied;
  return r->status >= 400 ? &tally::refused : &tally::succeeded;
}

constexpr std::array outcomes{&tally::succeeded, &tally::throttled, &tally::denied,
                              &tally::refused,   &tally::broken,    &tally::unreached};

} // namespace

void add(tally& t, const result<http_response>& r, span took) {
  auto& counted = t.*outcome_of(r);
  counted = sum(counted, 1);
  if (!r)
    return;
  const auto place = std::ranges::lower_bound(latency_bounds, took.count());
  const auto index = static_cast<std::size_t>(place - latency_bounds.begin());
  if (t.latencies.size() <= index)
    t.latencies.resize(index + 1);
  t.latencies[index] = sum(t.latencies[index], 1);
}

void merge(tally& into, const tally& more) {
  for (const auto outcome : outcomes)
    into.*outcome = sum(into.*outcome, more.*outcome);
  const auto known = std::min(more.latencies.size(), latency_bounds.size() + 1);
  into.latencies.resize(std::max(into.latencies.size(), known));
  for (std::size_t i = 0; i < known; ++i)
    into.latencies[i] = sum(into.latencies[i], more.latencies[i]);
}

std::uint64_t requests_in(const tally& t) {
  std::uint64_t all = 0;
  for (const auto outcome : outcomes)
    all += t.*outcome;
  return all;
}

std::uint64_t answered_in(const tally& t) {
  return requests_in(t) - t.unreached;
}

tally total(const std::vector<tally>& all, moment from, moment until) {
  tally sum{.begun_at = from};
  for (const auto& one : all)
    if (one.begun_at >= from && one.begun_at < until)
      merge(sum, one);
  return sum;
}

std::optional<span> quantile(const tally& t, double part) {
  std::uint64_t all = 0;
  for (const auto n : t.latencies)
    all += n;
  if (all == 0)
    return std::nullopt;
  const auto wanted = std::clamp(part, 0.0, 1.0) * static_cast<double>(all);
  double before = 0;
  for (std::size_t i = 0; i < t.latencies.size(); ++i) {
    const auto here = static_cast<double>(t.latencies[i]);
    if (here > 0 && before + here >= wanted) {
      if (i >= latency_bounds.size())
        return span{latency_bounds.back()};
      // As if those in between were spread evenly.
      const auto low = static_cast<double>(i == 0 ? 0 : latency_bounds[i - 1]);
      const auto high = static_cast<double>(latency_bounds[i]);
      return span{static_cast<span::rep>(low + (high - low) * (wanted - before) / here + 0.5)};
    }
    before += here;
  }
  return span{latency_bounds.back()};
}

} // namespace tenon::actors::connectors::health
