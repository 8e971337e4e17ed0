#include "actors/integration/health/watch.hpp"

#include "actors/resource/periods.hpp"

namespace tenon::actors::connectors::health {
namespace {

constexpr span told_again = std::chrono::minutes{1};
constexpr span hour = std::chrono::hours{1};
constexpr span day = 24 * hour;
constexpr std::size_t most_syncs = 64;

} // namespace

std::optional<watch::count> watch::told(pending& p, moment now) {
  p.told_at = now;
  if (requests_in(p.counted) == 0)
    return std::nullopt;
  count all{.tally = std::move(p.counted), .syncs = {p.syncs.begin(), p.syncs.end()}};
  p.counted = {};
  p.syncs.clear();
  return all;
}

std::optional<watch::count> watch::hear(const identity& integration,
                                        const result<http_response>& answer, span took,
                                        const std::string& sync, moment now) {
  const std::lock_guard hold{guard_};
  if (!all_.contains(integration)) // those that were removed are never heard of again
    std::erase_if(all_, [&](const auto& one) { return now - one.second.told_at > day; });
  auto& p = all_[integration];
  const auto begun = beginning_of(now, hour);
  std::optional<count> earlier;
  if (p.counted.begun_at != begun && requests_in(p.counted) > 0)
    earlier = told(p, now);
  p.counted.begun_at = begun;
  add(p.counted, answer, took);
  if (!sync.empty() && p.syncs.size() < most_syncs)
    p.syncs.insert(sync);
  if (earlier)
    return earlier;
  const bool late = now >= p.told_at + told_again || now < p.told_at;
  return late ? told(p, now) : std::nullopt;
}

std::optional<watch::count> watch::take(const identity& integration, moment now) {
  const std::lock_guard hold{guard_};
  const auto it = all_.find(integration);
  return it == all_.end() ? std::nullopt : told(it->second, now);
}

} // namespace tenon::actors::connectors::health
