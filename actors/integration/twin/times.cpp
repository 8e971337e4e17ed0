#include "actors/integration/twin/times.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace tenon::actors::connectors {
namespace {

using namespace std::chrono;

constexpr std::string_view odata{"/Date("};
constexpr std::int64_t first_ms = 100'000'000'000; // as seconds, it would be the year 5138

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc{} ? std::optional{number} : std::nullopt;
}

moment of_number(std::int64_t n) {
  return n >= first_ms ? moment{milliseconds{n}} : moment{seconds{n}};
}

std::int64_t number_like(std::int64_t written, moment at) {
  const auto since = at.time_since_epoch();
  return written >= first_ms ? since / milliseconds{1} : floor<seconds>(since) / seconds{1};
}

std::string day_of(moment at) {
  return to_text(moment{floor<days>(at)}).substr(0, 10);
}

bool is_compact_day(std::string_view text) {
  return text.size() == 8 && is_digits(text);
}

bool is_day(std::string_view text) {
  return text.size() == 10 && text[4] == '-' && text[7] == '-';
}

std::optional<moment> read(std::string text) {
  if (is_compact_day(text))
    text = text.substr(0, 4) + '-' + text.substr(4, 2) + '-' + text.substr(6, 2);
  else if (text.ends_with("+0000"))
    text.replace(text.size() - 5, 5, "Z");
  auto made = parse_moment(text);
  return made ? std::optional{*made} : std::nullopt;
}

std::optional<moment> in_text(const std::string& text) {
  if (text.starts_with(odata)) {
    const auto number = number_in(std::string_view{text}.substr(odata.size()));
    return number ? std::optional{moment{milliseconds{*number}}} : std::nullopt;
  }
  const auto whole = std::string_view{text}.substr(0, text.find('.'));
  if (is_digits(whole) && whole.size() > 8 && whole.size() < 15)
    return of_number(*number_in(whole));
  return read(text);
}

std::string text_like(const std::string& written, moment at) {
  const auto ms = at.time_since_epoch() / milliseconds{1};
  if (written.starts_with(odata)) {
    const auto end = written.find_first_not_of("0123456789", odata.size());
    return std::string{odata} + std::to_string(ms) + written.substr(end);
  }
  auto day = day_of(at);
  if (is_day(written))
    return day;
  if (is_compact_day(written)) {
    std::erase(day, '-');
    return day;
  }
  if (const auto point = written.find('.'); is_digits(std::string_view{written}.substr(0, point)))
    return std::to_string(number_like(*number_in(written), at)) +
           (point == written.npos ? "" : written.substr(point));
  auto text = to_text(at);
  if (written.ends_with("+0000") && text.ends_with('Z'))
    text.replace(text.size() - 1, 1, "+0000");
  return text;
}

std::optional<moment> in_members(const object& members) {
  const auto part = [&](std::string_view name) {
    const auto* found = members.find(name);
    const auto* number = found == nullptr ? nullptr : found->as<std::int64_t>();
    return number == nullptr ? 0 : static_cast<int>(*number);
  };
  const year_month_day day{year{part("year")}, month{static_cast<unsigned>(part("month"))},
                           std::chrono::day{static_cast<unsigned>(part("day"))}};
  return day.ok() && part("year") > 0 ? std::optional{moment{sys_days{day}}} : std::nullopt;
}

} // namespace

std::optional<moment> time_said(const value& v) {
  if (const auto* text = v.as<std::string>())
    return in_text(*text);
  if (const auto* number = v.as<std::int64_t>(); number && *number > 100'000'000)
    return of_number(*number);
  const auto* members = v.as<object>();
  return members == nullptr ? std::nullopt : in_members(*members);
}

value time_like(const value& written, moment at) {
  if (const auto* text = written.as<std::string>())
    return text_like(*text, at);
  if (const auto* number = written.as<std::int64_t>())
    return number_like(*number, at);
  if (!written.is<object>())
    return to_text(at);
  const year_month_day day{floor<days>(at)};
  return object{{"year", static_cast<int>(day.year())},
                {"month", static_cast<unsigned>(day.month())},
                {"day", static_cast<unsigned>(day.day())}};
}

bool says_a_day(const value& v) {
  const auto* text = v.as<std::string>();
  return v.is<object>() || (text != nullptr && (is_day(*text) || is_compact_day(*text)));
}

} // namespace tenon::actors::connectors
