// Whether and when to ask again: a pure decision about one finished attempt. Time and randomness
// are parameters. It repeats only what can be better the next time, and only when repeating cannot
// do the thing twice.
#pragma once

#include "runtime/outbound/message.hpp"

#include <optional>
#include <string_view>

namespace tenon::runtime::outbound {

struct retry_policy {
  unsigned attempts = 3; // in all, the first included
  span first{500};       // the longest delay after the first attempt; doubles with each
  span longest = std::chrono::seconds{30};
  /// A server that asks for more than this is not waited for: the caller should plan, not hold on.
  span longest_asked = std::chrono::minutes{2};
};

/// The delay before attempt number `attempt` + 1, where `attempt` (from 1) has just ended; nothing
/// when it is not to be repeated. `repeatable` says that doing it twice is doing it once: an
/// idempotent method, or an idempotency key. `random` is uniform in [0, 1).
std::optional<span> next_delay(const retry_policy&, unsigned attempt, const result<response>&,
                               bool repeatable, moment now, double random);

/// Seconds or an HTTP date (all three forms of RFC 9110), as a wait from `now`; never negative.
std::optional<span> parse_retry_after(std::string_view, moment now);

} // namespace tenon::runtime::outbound
