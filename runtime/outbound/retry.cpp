#include "runtime/outbound/retry.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace tenon::runtime::outbound {

namespace {

bool transient(unsigned status) {
  return status == 408 || status == 425 || status == 429 || status >= 500;
}

/// 501 and 505 will be said again.
bool lasting(unsigned status) {
  return status == 501 || status == 505;
}

/// The server said that it did not take the request: even what must not happen twice may be sent.
bool untaken(unsigned status) {
  return status == 408 || status == 425 || status == 429 || status == 503;
}

/// Whether the failure can be another the next time, and whether the server may have acted.
struct judged {
  bool transient = false;
  bool untaken = false;
};

judged judge(const failure& f) {
  if (f.code == code::overloaded)
    return {.transient = true, .untaken = true};
  if (f.code != code::unavailable && f.code != code::timed_out)
    return {};
  switch (phase_of(f).value_or(phase::url)) {
  case phase::wait:
  case phase::lookup:
  case phase::connect:
  case phase::tls:
  case phase::send:
    return {.transient = true, .untaken = true};
  case phase::answer:
  case phase::body:
    return {.transient = true, .untaken = false};
  case phase::url:
  case phase::guard:
  case phase::redirect:
    break;
  }
  return {};
}

std::optional<int> number(std::string_view text) {
  int n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty() || text[0] == '-')
    return std::nullopt;
  return n;
}

std::optional<unsigned> month(std::string_view text) {
  constexpr std::array<std::string_view, 12> names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto at = std::ranges::find(names, text);
  if (at == names.end())
    return std::nullopt;
  return static_cast<unsigned>(at - names.begin()) + 1;
}

std::optional<moment> point(std::optional<int> year, std::optional<unsigned> mon,
                            std::optional<int> day, std::string_view time) {
  if (time.size() != 8 || time[2] != ':' || time[5] != ':')
    return std::nullopt;
  const auto hour = number(time.substr(0, 2));
  const auto minute = number(time.substr(3, 2));
  const auto second = number(time.substr(6, 2));
  if (!year || !mon || !day || !hour || !minute || !second || *hour > 23 || *minute > 59 ||
      *second > 60)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{*mon},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok())
    return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
         std::chrono::seconds{*second};
}

/// "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994".
std::optional<moment> parse_http_date(std::string_view text, moment now) {
  const auto comma = text.find(", ");
  if (comma == text.npos) {
    if (text.size() != 24)
      return std::nullopt;
    const auto day = text.substr(text[8] == ' ' ? 9 : 8, text[8] == ' ' ? 1 : 2);
    return point(number(text.substr(20)), month(text.substr(4, 3)), number(day),
                 text.substr(11, 8));
  }
  if (!text.ends_with(" GMT"))
    return std::nullopt;
  const auto rest = text.substr(comma + 2, text.size() - comma - 6);
  if (rest.size() == 20)
    return point(number(rest.substr(7, 4)), month(rest.substr(3, 3)), number(rest.substr(0, 2)),
                 rest.substr(12));
  if (rest.size() != 18)
    return std::nullopt;
  // Two digits: the century that is not more than 50 years ahead.
  const std::chrono::year_month_day today{std::chrono::floor<std::chrono::days>(now)};
  const int this_year = static_cast<int>(today.year());
  auto year = number(rest.substr(7, 2));
  if (year)
    *year += this_year / 100 * 100;
  if (year && *year > this_year + 50)
    *year -= 100;
  return point(year, month(rest.substr(3, 3)), number(rest.substr(0, 2)), rest.substr(10));
}

/// Up to the doubled ceiling, evenly: the delays of many callers spread over all of it.
span full_jitter(const retry_policy& p, unsigned attempt, double random) {
  const double ceiling = std::min(static_cast<double>(p.longest.count()),
                                  std::ldexp(static_cast<double>(p.first.count()),
                                             static_cast<int>(std::min(attempt - 1, 62u))));
  return span{static_cast<span::rep>(ceiling * random)};
}

} // namespace

std::optional<span> next_delay(const retry_policy& p, unsigned attempt, const result<response>& got,
                               bool repeatable, moment now, double random) {
  if (attempt == 0 || attempt >= p.attempts)
    return std::nullopt;
  std::optional<span> asked;
  if (got) {
    if (!transient(got->status) || lasting(got->status))
      return std::nullopt;
    if (!repeatable && !untaken(got->status))
      return std::nullopt;
    if (const auto after = got->header("retry-after"))
      asked = parse_retry_after(*after, now);
  } else {
    const auto verdict = judge(got.error());
    if (!verdict.transient || (!repeatable && !verdict.untaken))
      return std::nullopt;
    asked = got.error().retry_after;
  }
  const auto delay = full_jitter(p, attempt, random);
  if (!asked)
    return delay;
  if (*asked > p.longest_asked)
    return std::nullopt;
  // All who were told the same time must not come back in the same moment.
  return *asked + std::min(delay, *asked / 4);
}

std::optional<span> parse_retry_after(std::string_view text, moment now) {
  if (!text.empty() && text[0] >= '0' && text[0] <= '9') {
    std::uint32_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (end != text.data() + text.size())
      return std::nullopt;
    return error == std::errc{} ? std::chrono::seconds{seconds} : span{std::chrono::days{36'500}};
  }
  const auto at = parse_http_date(text, now);
  if (!at)
    return std::nullopt;
  return std::max(span{0}, *at - now);
}

} // namespace tenon::runtime::outbound
