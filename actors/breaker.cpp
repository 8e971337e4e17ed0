#include "actors/breaker.hpp"

namespace tenon::actors {

breaker::decision<breaker::acquire> breaker::on(const state& s, const acquire&, moment now) {
  if (!s.open)
    return reply(granted{s.epoch});
  if (now < s.retry_at)
    return refuse(code::unavailable, "the circuit is open: the target failed repeatedly",
                  s.retry_at - now);
  // A probe that never reports must not hold the circuit open: when its lease runs out, the next
  // caller becomes the probe.
  const auto epoch = s.epoch + 1;
  return persist(probing{epoch, now + s.policy.probe_lease}).reply(granted{epoch});
}

breaker::decision<breaker::report> breaker::on(const state& s, const report& r, moment now) {
  if (r.epoch != s.epoch)
    return ignore(); // granted before the circuit last moved: says nothing about the target now
  if (r.succeeded && s.open)
    return persist(recovered{s.epoch + 1});
  if (r.succeeded)
    return s.failures > 0 ? persist(succeeded{}) : ignore();
  if (s.open || s.failures + 1 == s.policy.failure_limit)
    return persist(tripped{s.epoch + 1, now + s.policy.cooldown});
  return persist(failed{});
}

breaker::decision<breaker::configure> breaker::on(const state& s, const configure& c, moment) {
  if (auto checked = check(c.policy, "policy"); !checked)
    return refuse(std::move(checked).error());
  return c.policy == s.policy ? ignore() : persist(configured{c.policy});
}

result<void> breaker::check(const policy& p, std::string_view where) {
  constexpr span longest = std::chrono::days{1};
  const auto wrong = [&](std::string_view member, std::string remedy) {
    return failure{code::malformed, "the breaker cannot work with this " + std::string{member},
                   std::string{where} + '.' + std::string{member}, std::move(remedy)};
  };
  if (p.failure_limit == 0)
    return wrong("failure_limit", "Use 1 or more failures in a row.");
  if (p.cooldown <= span{} || p.cooldown > longest)
    return wrong("cooldown", "Use more than 0s and at most 1d.");
  if (p.probe_lease <= span{} || p.probe_lease > longest)
    return wrong("probe_lease", "Use more than 0s and at most 1d.");
  return {};
}

} // namespace tenon::actors
