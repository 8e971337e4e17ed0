#include "nodes/edge/tally.hpp"

#include <algorithm>

namespace tenon::nodes::edge {

tally::tally(const router& routes, runtime::meters& m, unsigned lanes) {
  constexpr std::array<const char*, classes> names{"gone", "1xx", "2xx", "3xx", "4xx", "5xx"};
  const auto add = [&](const std::string& pattern, const std::string& method) {
    route_meters r;
    for (std::size_t i = 0; i < classes; ++i)
      r.requests[i] = &m.count("tenon_edge_requests_total", "Requests answered",
                               {{"route", pattern}, {"method", method}, {"status", names[i]}});
    r.latency =
        &m.spread("tenon_edge_request_seconds", "From the head's arrival to the answer",
                  runtime::meters::latency_bounds(), {{"route", pattern}, {"method", method}});
    meters_.push_back(r);
  };
  for (const auto& r : routes.routes())
    add(r.route.pattern, std::string{name_of(r.route.method)});
  add("none", "any");
  const auto buckets = runtime::meters::latency_bounds().size() + 1;
  for (unsigned i = 0; i < lanes; ++i) {
    auto& l = lanes_.emplace_back();
    l.routes.resize(meters_.size());
    for (auto& p : l.routes)
      p.buckets.resize(buckets);
    l.dirty.reserve(meters_.size());
  }
}

void tally::count(unsigned lane, const compiled_route* route, unsigned status,
                  std::chrono::steady_clock::duration took) {
  auto& l = lanes_[lane];
  const auto index = route != nullptr ? route->index : meters_.size() - 1;
  auto& p = l.routes[index];
  ++p.requests[std::min<std::size_t>(status / 100, classes - 1)];
  const auto seconds = std::chrono::duration<double>(took).count();
  const auto& bounds = runtime::meters::latency_bounds();
  p.buckets[static_cast<std::size_t>(std::ranges::lower_bound(bounds, seconds) - bounds.begin())] +=
      1;
  p.seconds += seconds;
  ++p.observed;
  if (!p.dirty) {
    p.dirty = true;
    l.dirty.push_back(index);
  }
}

void tally::turn_ended(unsigned lane) {
  auto& l = lanes_[lane];
  for (const auto index : l.dirty) {
    auto& p = l.routes[index];
    for (std::size_t i = 0; i < classes; ++i)
      if (p.requests[i] != 0)
        meters_[index].requests[i]->Increment(p.requests[i]);
    // Many at once touch every bucket; one alone touches its own.
    if (p.observed == 1)
      meters_[index].latency->Observe(p.seconds);
    else
      meters_[index].latency->ObserveMultiple(p.buckets, p.seconds);
    p.requests = {};
    std::ranges::fill(p.buckets, 0.0);
    p.seconds = 0;
    p.observed = 0;
    p.dirty = false;
  }
  l.dirty.clear();
}

} // namespace tenon::nodes::edge
