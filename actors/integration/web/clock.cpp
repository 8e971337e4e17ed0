#include "actors/integration/web/clock.hpp"

#include "protocols/failure.hpp"

#include <charconv>
#include <cmath>
#include <cstddef>

namespace tenon::actors::connectors {
namespace {

constexpr double ms_per_second = 1000;
constexpr double ms_per_minute = 60'000;
constexpr double ms_per_hour = 3'600'000;
constexpr span furthest = std::chrono::years{10};

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == text.npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<double> read_number(std::string_view text) {
  double number = 0;
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (read.ec != std::errc{} || read.ptr != end || !std::isfinite(number) || number < 0)
    return std::nullopt;
  return number;
}

std::optional<moment> near(double ms_since_epoch, moment now) {
  const auto from_now = ms_since_epoch - static_cast<double>(now.time_since_epoch().count());
  if (std::abs(from_now) > static_cast<double>(furthest.count()))
    return std::nullopt;
  return moment{span{static_cast<std::int64_t>(std::llround(ms_since_epoch))}};
}

std::optional<moment> from_now(std::optional<double> count, double ms, moment now) {
  if (!count)
    return std::nullopt;
  return near(static_cast<double>(now.time_since_epoch().count()) + *count * ms, now);
}

std::optional<moment> since_epoch(std::optional<double> count, double ms, moment now) {
  if (!count)
    return std::nullopt;
  return near(*count * ms, now);
}

/// Go's notation: numbers with units, "1h2m3.5s".
std::optional<double> read_duration(std::string_view text) {
  if (text.empty())
    return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    const auto unit_at = text.find_first_not_of("0123456789.");
    if (unit_at == text.npos || unit_at == 0)
      return std::nullopt;
    const auto number = read_number(text.substr(0, unit_at));
    text.remove_prefix(unit_at);
    const auto unit = text.substr(0, text.find_first_of("0123456789."));
    text.remove_prefix(unit.size());
    const double ms = unit == "h"    ? ms_per_hour
                      : unit == "m"  ? ms_per_minute
                      : unit == "s"  ? ms_per_second
                      : unit == "ms" ? 1
                      : unit == "us" ? 0.001
                                     : -1;
    if (!number || ms < 0)
      return std::nullopt;
    total += *number * ms;
  }
  return total;
}

std::optional<int> digits(std::string_view text) {
  int number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9')
      return std::nullopt;
    number = number * 10 + (c - '0');
  }
  return text.empty() ? std::nullopt : std::optional{number};
}

/// RFC 9110's preferred form; the two obsolete ones are not sent by any API we know.
std::optional<moment> read_http_date(std::string_view text, moment now) {
  using namespace std::chrono;
  constexpr std::string_view names{"JanFebMarAprMayJunJulAugSepOctNovDec"};
  if (text.size() != 29 || text.substr(3, 2) != ", " || !text.ends_with(" GMT"))
    return std::nullopt;
  const auto name = names.find(text.substr(8, 3));
  const auto day_of_month = digits(text.substr(5, 2));
  const auto year_number = digits(text.substr(12, 4));
  const auto hour = digits(text.substr(17, 2));
  const auto minute = digits(text.substr(20, 2));
  const auto second = digits(text.substr(23, 2));
  if (name == names.npos || name % 3 != 0 || !day_of_month || !year_number || !hour || !minute ||
      !second || *hour > 23 || *minute > 59 || *second > 60)
    return std::nullopt;
  const year_month_day date{year{*year_number}, month{static_cast<unsigned>(name / 3 + 1)},
                            day{static_cast<unsigned>(*day_of_month)}};
  if (!date.ok())
    return std::nullopt;
  const moment read = sys_days{date} + hours{*hour} + minutes{*minute} + seconds{*second};
  return near(static_cast<double>(read.time_since_epoch().count()), now);
}

} // namespace

std::optional<moment> read_clock(clock kind, std::string_view text, moment now) {
  text = trimmed(text);
  switch (kind) {
  case clock::epoch_s:
    return since_epoch(read_number(text), ms_per_second, now);
  case clock::epoch_ms:
    return since_epoch(read_number(text), 1, now);
  case clock::delta_s:
    return from_now(read_number(text), ms_per_second, now);
  case clock::delta_ms:
    return from_now(read_number(text), 1, now);
  case clock::minutes:
    return from_now(read_number(text), ms_per_minute, now);
  case clock::rfc3339: {
    const auto read = parse_moment(text);
    if (!read)
      return std::nullopt;
    return near(static_cast<double>(read->time_since_epoch().count()), now);
  }
  case clock::http_date:
    return read_http_date(text, now);
  case clock::duration:
    return from_now(read_duration(text), 1, now);
  }
  return std::nullopt;
}

std::optional<moment> read_retry_after(std::string_view text, moment now) {
  const auto seconds = read_clock(clock::delta_s, text, now);
  return seconds ? seconds : read_clock(clock::http_date, text, now);
}

} // namespace tenon::actors::connectors
