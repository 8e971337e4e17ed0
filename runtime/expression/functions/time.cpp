// Functions on moments and lengths of time, all in UTC.
#include "runtime/expression/evaluation/operators.hpp"
#include "runtime/expression/function.hpp"

#include "protocols/utf8.hpp"

#include <array>
#include <chrono>
#include <cmath>

namespace tenon::runtime::expression {
namespace {

using std::chrono::days;

struct calendar {
  std::chrono::year_month_day date;
  std::chrono::weekday weekday;
  std::int64_t day_of_year = 0; // from 1
  std::chrono::hh_mm_ss<span> time;
};

result<calendar> calendar_of(moment at) {
  // Where a date has four digits for its year.
  if (at < parse_moment("0000-01-01").value() || at >= parse_moment("9999-12-31").value() + days{1})
    return refuse("the moment is outside the years 0 to 9999");
  const auto day = std::chrono::floor<days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::sys_days first{date.year() / std::chrono::January / 1};
  return calendar{date, std::chrono::weekday{day}, (day - first).count() + 1,
                  std::chrono::hh_mm_ss{at - day}};
}

constexpr std::array<std::string_view, 12> months{"January",   "February", "March",    "April",
                                                  "May",       "June",     "July",     "August",
                                                  "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> weekdays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};

void put(std::string& onto, std::int64_t n, std::size_t width) {
  auto digits = std::to_string(n);
  onto.append(width - std::min(width, digits.size()), '0').append(digits);
}

bool put_part(std::string& onto, char what, const calendar& c, moment at) {
  const auto month = static_cast<unsigned>(c.date.month());
  switch (what) {
  case 'Y':
    put(onto, static_cast<int>(c.date.year()), 4);
    return true;
  case 'y':
    put(onto, static_cast<int>(c.date.year()) % 100, 2);
    return true;
  case 'm':
    put(onto, month, 2);
    return true;
  case 'd':
    put(onto, static_cast<unsigned>(c.date.day()), 2);
    return true;
  case 'j':
    put(onto, c.day_of_year, 3);
    return true;
  case 'H':
    put(onto, c.time.hours().count(), 2);
    return true;
  case 'M':
    put(onto, c.time.minutes().count(), 2);
    return true;
  case 'S':
    put(onto, c.time.seconds().count(), 2);
    return true;
  case 'L':
    put(onto, c.time.subseconds().count(), 3);
    return true;
  case 'B':
    onto += months[month - 1];
    return true;
  case 'b':
    onto += months[month - 1].substr(0, 3);
    return true;
  case 'A':
    onto += weekdays[c.weekday.c_encoding()];
    return true;
  case 'a':
    onto += weekdays[c.weekday.c_encoding()].substr(0, 3);
    return true;
  case 'u':
    put(onto, c.weekday.iso_encoding(), 1);
    return true;
  case 's':
    onto += std::to_string(std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
    return true;
  case '%':
    onto += '%';
    return true;
  default:
    return false;
  }
}

result<operand> write_by(workspace& work, moment at, std::string_view pattern) {
  const auto c = calendar_of(at);
  if (!c)
    return c.error();
  std::string text;
  for (std::size_t i = 0; i < pattern.size() && text.size() <= max_text_bytes; ++i) {
    if (pattern[i] != '%') {
      text += pattern[i];
      continue;
    }
    const char what = ++i < pattern.size() ? pattern[i] : '\0';
    if (what == 'F')
      (put_part(text, 'Y', *c, at), text += '-', put_part(text, 'm', *c, at), text += '-',
       put_part(text, 'd', *c, at));
    else if (what == 'T')
      (put_part(text, 'H', *c, at), text += ':', put_part(text, 'M', *c, at), text += ':',
       put_part(text, 'S', *c, at));
    else if (!put_part(text, what, *c, at))
      return refuse("the pattern has '%" + std::string(what == '\0' ? 0 : 1, what) +
                        "', which means nothing",
                    "Use %Y %y %m %d %j %H %M %S %L %B %b %A %a %u %s %F %T or %%.");
  }
  return work.keep(std::move(text));
}

result<moment> moment_of(const operand& o) {
  if (o.is_text())
    return parse_moment(o.text);
  return o.as_moment();
}

result<span> span_of(const operand& o) {
  if (o.is_text())
    return parse_span(o.text);
  return o.as_span();
}

result<operand> now(workspace& work, arguments) {
  auto at = work.now();
  if (!at)
    return std::move(at).error();
  return operand::of(*at);
}

result<operand> format(workspace& work, arguments args) {
  auto at = moment_of(args[0]);
  if (!at)
    return std::move(at).error();
  return write_by(work, *at, args[1].text);
}

result<operand> date(workspace& work, arguments args) {
  if (args.size() > 1)
    return format(work, args);
  auto at = moment_of(args[0]);
  if (!at)
    return std::move(at).error();
  return operand::of(*at);
}

result<operand> duration(workspace&, arguments args) {
  auto length = span_of(args[0]);
  if (!length)
    return std::move(length).error();
  return operand::of(*length);
}

template <std::int64_t Unit> result<operand> to_epoch(workspace&, arguments args) {
  auto at = moment_of(args[0]);
  if (!at)
    return std::move(at).error();
  const auto ms = at->time_since_epoch().count();
  return operand::of(ms / Unit - (ms % Unit < 0 ? 1 : 0));
}

template <std::int64_t Unit> result<operand> from_epoch(workspace&, arguments args) {
  constexpr double most = 9.2e15; // milliseconds; far beyond the year 9999
  const auto ms = args[0].number() * static_cast<double>(Unit);
  if (!(std::fabs(ms) < most))
    return refuse("no moment is that far away");
  if (args[0].what == operand::kind::integer)
    return operand::of(moment{span{args[0].integer * Unit}});
  return operand::of(moment{span{std::llround(ms)}});
}

result<operand> rfc3339(workspace& work, arguments args) {
  auto at = moment_of(args[0]);
  if (!at)
    return std::move(at).error();
  return work.keep(tenon::to_text(*at));
}

result<operand> add(workspace& work, arguments args) {
  auto at = moment_of(args[0]);
  if (!at)
    return std::move(at).error();
  return calculate(operation::add, operand::of(*at), args[1], work);
}

result<operand> add_days(workspace& work, arguments args) {
  auto at = moment_of(args[0]);
  if (!at)
    return std::move(at).error();
  const auto count = args[1].number();
  if (!(std::fabs(count) < 4e6))
    return refuse("no moment is that far away");
  const span length{std::llround(count * 86'400'000)};
  return calculate(operation::add, operand::of(*at), operand::of(length), work);
}

result<operand> truncate_moment(const operand& o, const operand& to) {
  auto at = moment_of(o);
  if (!at)
    return std::move(at).error();
  const auto c = calendar_of(*at);
  if (!c)
    return c.error();
  using namespace std::chrono;
  const auto unit = to.text;
  if (unit == "second")
    return operand::of(moment{floor<seconds>(*at)});
  if (unit == "minute")
    return operand::of(moment{floor<minutes>(*at)});
  if (unit == "hour")
    return operand::of(moment{floor<hours>(*at)});
  const auto day = floor<days>(*at);
  if (unit == "day")
    return operand::of(moment{day});
  if (unit == "week")
    return operand::of(moment{day - days{c->weekday.iso_encoding() - 1}});
  if (unit == "month")
    return operand::of(moment{sys_days{c->date.year() / c->date.month() / 1}});
  if (unit == "year")
    return operand::of(moment{sys_days{c->date.year() / January / 1}});
  return refuse("a moment cannot be truncated to '" + std::string{unit.substr(0, 40)} + "'",
                "Use second, minute, hour, day, week, month or year.");
}

result<operand> truncate(workspace& work, arguments args) {
  if (!args[1].is_number())
    return truncate_moment(args[0], args[1]);
  const auto most = args[1].number();
  if (!args[0].is_text() || !(most >= 1))
    return refuse("only a text can be truncated to a length, and that to one character at least");
  auto text = args[0].text;
  if (static_cast<double>(utf8_length(text)) <= most)
    return args[0];
  std::size_t at = 0;
  for (double kept = 1; kept < most; ++kept)
    at += std::max<std::size_t>(utf8_sequence_length(text.substr(at)), 1);
  return work.keep(std::string{text.substr(0, at)} + "\u2026");
}

constexpr std::array<function_entry, 12> entries{{
    {"now() -> moment", "The present moment, the same all through an evaluation.", now},
    {"date(x: text|moment, pattern: text?) -> moment|text",
     "The moment that a text says; with a pattern, the moment written by it.", date},
    {"duration(x: text|span) -> span", "The length of time that a text says: 1h30m.", duration},
    {"format(x: text|moment, pattern: text) -> text",
     "The moment written by a pattern: %Y-%m-%d %H:%M:%S.", format},
    {"epoch_s(x: text|moment) -> number", "Seconds since 1970.", to_epoch<1000>},
    {"epoch_ms(x: text|moment) -> number", "Milliseconds since 1970.", to_epoch<1>},
    {"from_epoch_s(x: number) -> moment", "The moment so many seconds after 1970.",
     from_epoch<1000>},
    {"from_epoch_ms(x: number) -> moment", "The moment so many milliseconds after 1970.",
     from_epoch<1>},
    {"rfc3339(x: text|moment) -> text", "The moment as 2026-11-21T09:00:00Z.", rfc3339},
    {"add(x: text|moment, length: text|span) -> moment", "The moment that much later: \"1h30m\".",
     add},
    {"add_days(x: text|moment, count: number) -> moment", "The moment so many days later.",
     add_days},
    {"truncate(x: text|moment, to: text|number) -> moment|text",
     "The start of the second, minute, hour, day, week, month or year; or a text cut to a length.",
     truncate},
}};

} // namespace

std::span<const function_entry> time_functions() {
  return entries;
}

} // namespace tenon::runtime::expression
