// Points and lengths of time as every layer says them: wall-clock milliseconds since the Unix
// epoch. Nothing here reads a clock; that is the port in runtime/clock.hpp.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace tenon {

using span = std::chrono::milliseconds;
using moment = std::chrono::sys_time<span>;

template <class T> class result; // protocols/failure.hpp, which needs this header, completes it

/// RFC 3339 in UTC: "2026-11-21T09:00:00.250Z"; the fraction is left out when it is zero. Years
/// outside 0–9999 have no such text and are written as the nearest moment that has one.
std::string to_text(moment);

/// RFC 3339 with any offset, a fraction of up to nine digits (cut to milliseconds), or a date alone
/// (midnight UTC). A leap second is the first second of the next minute.
result<moment> parse_moment(std::string_view text);

/// "1d2h3m4s5ms" without the parts that are zero; "0s", "-5m".
std::string to_text(span);

/// Whole numbers with units w, d, h, m, s and ms, each at most once and from large to small:
/// "500ms", "1h30m", "-2d".
result<span> parse_span(std::string_view text);

} // namespace tenon
