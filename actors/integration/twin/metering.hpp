// What a platform counts of one bucket, in its own way: not the quota's arithmetic again, so that
// one shows what the other does wrong.
#pragma once

#include "actors/integration/limits.hpp"

#include <deque>
#include <utility>

namespace tenon::actors::connectors {

/// A time as platforms write when a limit is over.
std::string written_as(clock, moment at, moment now);

class meter {
public:
  /// Whether so many more are allowed; otherwise when they will be.
  std::optional<span> wait_for(const bucket&, std::int64_t units, moment now);
  void count(const bucket&, std::int64_t units, moment now);

  std::int64_t left(const bucket&, moment now);
  /// When there will be as many as there may be, at the latest.
  moment full_at(const bucket&, moment now) const;

private:
  void pass(const bucket&, moment now);

  double points_ = -1; // token and cost: left; none counted yet
  moment at_{};
  std::deque<std::pair<moment, std::int64_t>> counted_{}; // sliding, and any 24 hours
  moment window_{};                                       // fixed, and a day somewhere
  std::int64_t in_window_ = 0;
};

} // namespace tenon::actors::connectors
