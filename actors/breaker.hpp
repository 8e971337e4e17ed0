// A breaker guards one target. Callers ask before each call and report how it went. Too many
// failures in a row open the circuit and callers are refused; when the cooldown is over a single
// probe goes through, and its report decides.
//
//     closed ──limit reached──▶ open ──cooldown over──▶ probing ──success──▶ closed
//                                 ▲───────────────failure──────────┘
//
// The call itself is the caller's business, and so is retrying it. When the target is no more, it
// is forgotten.
#pragma once

#include "protocols/breaker.hpp"
#include "runtime/actor.hpp"

#include <algorithm>

namespace tenon::actors {

struct breaker : runtime::actor<protocols::breaker> {
  static constexpr auto keeps = runtime::keeps::latest; // nobody reads a breaker's past

  static decision<acquire> on(const state&, const acquire&, moment now);
  static decision<report> on(const state&, const report&, moment now);
  static decision<configure> on(const state&, const configure&, moment now);
  static decision<forget> on(const state& s, const forget&, moment) {
    return gone(s) ? ignore() : persist(forgotten{});
  }
  static decision<read_standing> on(const state& s, const read_standing&, moment) {
    return reply(standing{s.open, s.failures, s.policy.failure_limit, s.retry_at});
  }

  static void apply(state& s, const failed&) { ++s.failures; }
  static void apply(state& s, const succeeded&) { s.failures = 0; }
  static void apply(state& s, const tripped& e) {
    s.open = true;
    s.epoch = e.epoch;
    s.retry_at = e.retry_at;
  }
  static void apply(state& s, const probing& e) {
    s.epoch = e.epoch;
    s.retry_at = e.retry_at;
  }
  static void apply(state& s, const recovered& e) { s = {.policy = s.policy, .epoch = e.epoch}; }
  static void apply(state& s, const configured& e) {
    s.policy = e.policy;
    s.failures = std::min(s.failures, e.policy.failure_limit - 1); // one more opens it
  }
  static void apply(state& s, const forgotten&) { s = {}; }
  static bool gone(const state& s) { return s == state{}; }
  static bool holds(const state& s) { return s.failures < s.policy.failure_limit; }

  /// What is wrong with a policy, at `where` and below.
  static result<void> check(const policy&, std::string_view where);

  struct metrics {
    explicit metrics(runtime::meters& m)
        : trips{m.count("tenon_breaker_trips_total", "Circuits opened.")} {}
    runtime::counter& trips;
  };
  static void observe(metrics& m, const tripped&) { m.trips.Increment(); }
};

} // namespace tenon::actors
