// The rule at the end of a TZif file: a POSIX TZ text such as "CET-1CEST,M3.5.0,M10.5.0/3".
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace tenon::actors {

struct zone_rule {
  /// A day of the year and a time on it, by the clock that is in force until then.
  struct date {
    enum class form : unsigned char {
      month_week_day, // M3.5.0: the last Sunday of March
      julian,         // J60: the 60th day, 29 February not counted
      ordinal,        // 59: days after 1 January
    } form;
    int month = 0, week = 0, day = 0;
    std::chrono::seconds time{7200};

    std::chrono::sys_seconds in(std::chrono::year) const; // as if the clock showed UTC
  };
  struct summer {
    std::chrono::seconds offset;
    date begins, ends;
  };

  std::chrono::seconds offset{0};
  std::optional<summer> daylight;
};

/// Nothing when it cannot be read.
std::optional<zone_rule> parse_zone_rule(std::string_view text);

} // namespace tenon::actors
