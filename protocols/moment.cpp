#include "protocols/moment.hpp"

#include "protocols/failure.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>

namespace tenon {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr moment first_written{
    std::chrono::sys_days{std::chrono::year{0} / std::chrono::January / 1}};
constexpr moment last_written =
    moment{std::chrono::sys_days{std::chrono::year{9999} / std::chrono::December / 31}} + days{1} -
    span{1};

void put_digits(std::string& onto, unsigned n, std::size_t width) {
  const auto at = onto.size();
  onto.append(width, '0');
  for (std::size_t i = width; i-- > 0; n /= 10)
    onto[at + i] = static_cast<char>('0' + n % 10);
}

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Takes pieces off the front of a text; after the first piece that is not there it takes nothing.
class taker {
public:
  explicit taker(std::string_view text) : rest_{text} {}

  int digits(std::size_t count) {
    if (!good_ || rest_.size() < count)
      return fail();
    int n = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (!is_digit(rest_[i]))
        return fail();
      n = n * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    return n;
  }
  char any_of(std::string_view allowed) {
    if (!good_ || rest_.empty() || allowed.find(rest_.front()) == allowed.npos)
      return static_cast<char>(fail());
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  bool next_is(char c) const { return good_ && !rest_.empty() && rest_.front() == c; }
  bool next_is_digit() const { return good_ && !rest_.empty() && is_digit(rest_.front()); }
  bool good() const { return good_; }
  bool done() const { return rest_.empty(); }

private:
  int fail() {
    good_ = false;
    return 0;
  }
  std::string_view rest_;
  bool good_ = true;
};

struct time_of_day {
  span since_midnight{};
  bool in_range = true;
};

time_of_day take_time(taker& from) {
  const int h = from.digits(2);
  from.any_of(":");
  const int m = from.digits(2);
  from.any_of(":");
  const int s = from.digits(2);
  int ms = 0;
  if (from.next_is('.')) {
    from.any_of(".");
    int place = 100;
    ms = from.digits(1) * place;
    for (int more = 0; more < 8 && from.next_is_digit(); ++more) {
      place /= 10;
      ms += from.digits(1) * place;
    }
  }
  time_of_day t{hours{h} + minutes{m} + seconds{s} + span{ms}, h < 24 && m < 60 && s <= 60};
  if (from.next_is('Z') || from.next_is('z')) {
    from.any_of("Zz");
    return t;
  }
  const bool west = from.any_of("+-") == '-';
  const int oh = from.digits(2);
  if (from.next_is(':')) // ISO 8601 lets it be left out, and several large platforms do
    from.any_of(":");
  const int om = from.digits(2);
  const span offset = hours{oh} + minutes{om};
  t.since_midnight += west ? offset : -offset;
  t.in_range = t.in_range && oh < 24 && om < 60;
  return t;
}

failure not_a_moment(std::string_view text, std::string_view why) {
  return {code::malformed, "'" + std::string{text.substr(0, 40)} + "' " + std::string{why}, "time",
          "Write it like 2026-11-21T09:00:00Z, 2026-11-21T10:00:00+01:00 or 2026-11-21."};
}

struct unit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr std::array<unit, 6> units{{{"w", 604'800'000},
                                     {"d", 86'400'000},
                                     {"h", 3'600'000},
                                     {"m", 60'000},
                                     {"s", 1'000},
                                     {"ms", 1}}};

failure not_a_span(std::string_view text, std::string_view why) {
  return {code::malformed, "'" + std::string{text.substr(0, 40)} + "' " + std::string{why},
          "duration", "Write it like 500ms, 2s, 5m, 1h30m or 2d, units from large to small."};
}

} // namespace

std::string to_text(moment at) {
  at = std::clamp(at, first_written, last_written);
  const auto day = std::chrono::floor<days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{at - day};
  std::string text;
  text.reserve(24);
  put_digits(text, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  text += '-';
  put_digits(text, static_cast<unsigned>(date.month()), 2);
  text += '-';
  put_digits(text, static_cast<unsigned>(date.day()), 2);
  text += 'T';
  put_digits(text, static_cast<unsigned>(time.hours().count()), 2);
  text += ':';
  put_digits(text, static_cast<unsigned>(time.minutes().count()), 2);
  text += ':';
  put_digits(text, static_cast<unsigned>(time.seconds().count()), 2);
  if (const auto ms = time.subseconds().count(); ms != 0) {
    text += '.';
    put_digits(text, static_cast<unsigned>(ms), 3);
  }
  text += 'Z';
  return text;
}

result<moment> parse_moment(std::string_view text) {
  taker from{text};
  const int y = from.digits(4);
  from.any_of("-");
  const int m = from.digits(2);
  from.any_of("-");
  const int d = from.digits(2);
  const std::chrono::year_month_day date{std::chrono::year{y},
                                         std::chrono::month{static_cast<unsigned>(m)},
                                         std::chrono::day{static_cast<unsigned>(d)}};
  time_of_day time;
  if (!from.done()) {
    from.any_of("Tt ");
    time = take_time(from);
  }
  if (!from.good() || !from.done())
    return not_a_moment(text, "is not a time in RFC 3339");
  if (!date.ok())
    return not_a_moment(text, "names a day that does not exist");
  if (!time.in_range)
    return not_a_moment(text, "names an hour, minute, second or offset that does not exist");
  return moment{std::chrono::sys_days{date}} + time.since_midnight;
}

std::string to_text(span length) {
  auto left = length.count();
  if (left == 0)
    return "0s";
  std::string text{left < 0 ? "-" : ""};
  // Weeks are read and not written: nobody thinks of 10 days as a week and three days.
  for (std::size_t i = 1; i < units.size(); ++i) {
    const auto& [name, milliseconds] = units[i];
    const auto n = left / milliseconds;
    left %= milliseconds;
    if (n != 0)
      text += std::to_string(n).substr(n < 0 ? 1 : 0) += name;
  }
  return text;
}

result<span> parse_span(std::string_view text) {
  auto rest = text;
  const bool negative = rest.starts_with('-');
  rest.remove_prefix(negative ? 1 : 0);
  if (rest.empty())
    return not_a_span(text, "is not a duration");
  std::int64_t total = 0;
  std::size_t next_unit = 0;
  while (!rest.empty()) {
    std::int64_t n = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), n);
    if (!is_digit(rest.front()) || error == std::errc::invalid_argument)
      return not_a_span(text, "is not a duration");
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const auto name = rest.substr(0, std::min(rest.find_first_of("0123456789"), rest.size()));
    if (name.empty())
      return not_a_span(text, "has a number without a unit");
    const auto* found =
        std::find_if(units.begin(), units.end(), [&](const unit& u) { return u.name == name; });
    if (found == units.end())
      return not_a_span(text, "has a unit other than w, d, h, m, s and ms");
    const auto index = static_cast<std::size_t>(found - units.begin());
    if (index < next_unit)
      return not_a_span(text, "has its units out of order or twice");
    next_unit = index + 1;
    std::int64_t part = 0;
    if (error == std::errc::result_out_of_range ||
        __builtin_mul_overflow(n, found->milliseconds, &part) ||
        __builtin_add_overflow(total, part, &total))
      return not_a_span(text, "is longer than 292 million years");
    rest.remove_prefix(name.size());
  }
  return span{negative ? -total : total};
}

} // namespace tenon
