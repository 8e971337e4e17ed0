#include "nodes/edge/admission.hpp"

#include <algorithm>

namespace tenon::nodes::edge {
namespace {

constexpr double nanoseconds = 1e9;
// Bounds that keep sums of times far from overflowing: an hour between requests, years of burst.
constexpr double longest_interval = 3600 * nanoseconds;
constexpr double longest_burst = 1e17;
// How soon to come back when too much is in flight: nobody knows, so soon.
constexpr span busy{100};

failure overloaded(std::string why, span wait) {
  return {code::overloaded, std::move(why), {}, "Wait, then repeat the request as it is.", wait};
}

} // namespace

gate::gate(const allowance& a)
    : interval_{static_cast<std::int64_t>(
          std::min(nanoseconds / std::max(a.per_second, 1e-9), longest_interval))},
      tolerance_{static_cast<std::int64_t>(
          std::min(static_cast<double>(interval_) * (std::max(a.burst, 1u) - 1), longest_burst))},
      most_in_flight_{a.in_flight} {}

result<std::shared_ptr<void>> gate::enter(time now) {
  if (in_flight_.fetch_add(1, std::memory_order_relaxed) >= most_in_flight_) {
    in_flight_.fetch_sub(1, std::memory_order_relaxed);
    return overloaded("the tenant has too many requests in flight", busy);
  }
  const std::int64_t t =
      std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();
  auto on_time = on_time_.load(std::memory_order_relaxed);
  do {
    const auto early = on_time - t - tolerance_;
    if (on_time > t && early > 0) {
      in_flight_.fetch_sub(1, std::memory_order_relaxed);
      const auto wait = std::chrono::ceil<span>(std::chrono::nanoseconds{early});
      return overloaded("the tenant has sent too many requests in a short time", wait);
    }
  } while (!on_time_.compare_exchange_weak(on_time, std::max(on_time, t) + interval_,
                                           std::memory_order_relaxed));
  // The place is this object under another reference count, so that taking it allocates little.
  return std::shared_ptr<void>{
      this, [self = shared_from_this()](void*) { self->in_flight_.fetch_sub(1); }};
}

std::shared_ptr<gate> admission::of(std::string_view tenant) {
  const std::lock_guard lock{guard_};
  std::string name{tenant};
  if (const auto at = gates_.find(name); at != gates_.end())
    return at->second;
  if (gates_.size() >= most_tenants)
    std::erase_if(gates_, [](const auto& g) { return g.second->in_flight() == 0; });
  const auto own = own_.find(name);
  auto made = std::make_shared<gate>(own == own_.end() ? for_all_ : own->second);
  gates_.emplace(std::move(name), made);
  return made;
}

void admission::allow(std::string_view tenant, allowance a) {
  const std::lock_guard lock{guard_};
  const std::string name{tenant};
  own_.insert_or_assign(name, a);
  gates_.erase(name); // requests in flight keep the old gate until they are answered
}

} // namespace tenon::nodes::edge
