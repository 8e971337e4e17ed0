// How a transfer does not come to its end: a failure as a source or a destination tells it, and
// what the sync hears of that; and how a collection that is busy is asked.
#pragma once

#include "actors/sync/source.hpp"
#include "protocols/sync.hpp"
#include "runtime/tasks/asking.hpp"
#include "runtime/tasks/timer.hpp"

namespace tenon::actors {

inline protocols::sync::transferred in_trouble(const protocols::sync::transfer& asked,
                                               source_trouble t) {
  return {.run = asked.run,
          .page = asked.page,
          .why = t.why.why.empty() ? "unknown" : std::move(t.why.why),
          .place = std::move(t.why.where),
          .remedy = std::move(t.why.remedy),
          .transient = t.transient,
          .retry_after = t.retry_after,
          .start_over = t.start_over,
          .attempt = std::move(t.attempt),
          .counted = t.counted,
          .go_on_at = std::move(t.go_on_at)};
}

/// Whether asking the same actor again in a moment may do better.
inline bool is_busy(const failure& f) {
  return f.code == code::overloaded || f.code == code::unavailable;
}

/// What may pass is tried again, after the time that it says; what is stale begins anew.
inline source_trouble trouble_from(failure why) {
  const bool transient = is_busy(why) || why.code == code::timed_out;
  const bool stale = why.code == code::stale;
  const auto after = why.retry_after.value_or(span{0});
  return {std::move(why), transient, after, stale};
}

/// An actor may be busy with what came before: a short wait is cheaper than a failed attempt.
template <class Actor, class Command>
runtime::task<result<runtime::reply_value<typename Command::reply>>>
ask_patiently(runtime::host& host, runtime::timer& timer, identity to, Command command) {
  constexpr span look{20};
  constexpr int looks = 250;
  auto answer = co_await runtime::ask<Actor>(host, to, command);
  for (int again = 0; !answer && is_busy(answer.error()) && again < looks; ++again) {
    if (!co_await timer.wait(answer.error().retry_after.value_or(look)))
      break;
    answer = co_await runtime::ask<Actor>(host, to, command);
  }
  co_return answer;
}

} // namespace tenon::actors
