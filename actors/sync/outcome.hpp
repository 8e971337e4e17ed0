// The outcome of a transfer that did not come to its end, as the sync hears of it.
#pragma once

#include "actors/sync/source.hpp"
#include "protocols/sync.hpp"

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
          .counted = t.counted};
}

/// Whether asking the same actor again in a moment may do better.
inline bool is_busy(const failure& f) {
  return f.code == code::overloaded || f.code == code::unavailable;
}

} // namespace tenon::actors
