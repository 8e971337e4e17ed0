// When a cron expression comes true. Five fields (minute hour day month weekday), or six with
// seconds first; numbers, names (JAN, SUN), ranges, steps, lists, the n-th weekday of a month
// (FRI#2), and @yearly, @monthly, @weekly, @daily, @hourly. When both the day and the weekday are
// restricted, either is enough, as in Vixie's cron.
//
// Where clocks change, an expression of every hour goes by the time that passes. All others go by
// what clocks show: a time that clocks skip rings as if they had not been changed yet, and a time
// that they show twice rings the first time.
#pragma once

#include "actors/schedule/zone.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tenon::actors {

class cron {
public:
  /// `malformed` with "character N" as the place; an expression that never comes true is.
  static result<cron> parse(std::string_view text);

  /// The first time after this one, to the second.
  std::optional<moment> next(moment after, const zone&) const;

  struct fields;

private:
  using local = std::chrono::local_seconds;
  using instant = zone::instant;

  bool on(std::chrono::local_days) const;
  std::optional<local> first_on(std::chrono::local_days, local from) const;
  std::optional<local> first(local from, local until) const;
  std::optional<instant> first(const zone::stretch&, instant from, instant until) const;

  std::uint64_t seconds_ = 0, minutes_ = 0, hours_ = 0, days_ = 0, months_ = 0, weekdays_ = 0;
  std::array<std::uint64_t, 7> nth_{}; // by weekday: which of them in the month, as bits
  bool any_day_ = false;
  bool any_weekday_ = false;
};

} // namespace tenon::actors
