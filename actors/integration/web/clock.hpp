// The eight ways in which APIs say when a limit is over.
#pragma once

#include "protocols/moment.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tenon::actors::connectors {

enum class clock : std::uint8_t {
  epoch_s,   // 1700000000, also with a fraction
  epoch_ms,  // 1700000000000
  delta_s,   // 30, from now
  delta_ms,  // 1500, from now
  minutes,   // 5, from now
  rfc3339,   // 2026-11-21T09:00:00Z
  http_date, // Sat, 21 Nov 2026 09:00:00 GMT
  duration,  // 6m0s, 120ms, 1.5s, from now
};

inline constexpr std::array<std::string_view, 8> clock_names{
    "epoch_s", "epoch_ms", "delta_s", "delta_ms", "minutes", "rfc3339", "http_date", "duration"};

/// Nothing when the text does not say a time in that way, or one further than ten years from now.
std::optional<moment> read_clock(clock, std::string_view text, moment now);

/// Retry-After: seconds, also with a fraction, or a date.
std::optional<moment> read_retry_after(std::string_view text, moment now);

} // namespace tenon::actors::connectors
