#include "actors/schedule/zone_rule.hpp"

namespace tenon::actors {

namespace {

using std::chrono::seconds;
using date = zone_rule::date;

/// Reads from the front of a text; once something is wrong, everything after it is too.
class reader {
public:
  explicit reader(std::string_view text) : rest_{text} {}

  bool ok() const { return ok_; }
  bool done() const { return rest_.empty(); }
  bool next_is(char c) const { return !rest_.empty() && rest_.front() == c; }

  bool take(char c) {
    if (!next_is(c))
      return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) { ok_ = take(c) && ok_; }

  void name() {
    const bool quoted = take('<');
    std::size_t size = 0;
    while (size < rest_.size() && (quoted ? rest_[size] != '>' : is_letter(rest_[size])))
      ++size;
    ok_ = ok_ && size >= 1;
    rest_.remove_prefix(size);
    if (quoted)
      expect('>');
  }

  int number(int least, int most) {
    int n = 0;
    std::size_t digits = 0;
    for (; digits < rest_.size() && digits < 4 && is_digit(rest_[digits]); ++digits)
      n = n * 10 + (rest_[digits] - '0');
    rest_.remove_prefix(digits);
    ok_ = ok_ && digits > 0 && n >= least && n <= most;
    return ok_ ? n : least;
  }

  /// "[+-]hh[:mm[:ss]]".
  seconds time(int most_hours) {
    const bool negative = take('-');
    if (!negative)
      take('+');
    seconds t = std::chrono::hours{number(0, most_hours)};
    if (take(':')) {
      t += std::chrono::minutes{number(0, 59)};
      if (take(':'))
        t += seconds{number(0, 59)};
    }
    return negative ? -t : t;
  }

private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

  std::string_view rest_;
  bool ok_ = true;
};

date read_date(reader& in) {
  date d{.form = date::form::ordinal};
  if (in.take('M')) {
    d.form = date::form::month_week_day;
    d.month = in.number(1, 12);
    in.expect('.');
    d.week = in.number(1, 5);
    in.expect('.');
    d.day = in.number(0, 6);
  } else if (in.take('J')) {
    d.form = date::form::julian;
    d.day = in.number(1, 365);
  } else {
    d.day = in.number(0, 365);
  }
  if (in.take('/'))
    d.time = in.time(167);
  return d;
}

} // namespace

std::chrono::sys_seconds date::in(std::chrono::year y) const {
  using namespace std::chrono;
  sys_days on = sys_days{y / January / 1};
  if (form == form::month_week_day) {
    const auto m = y / std::chrono::month{static_cast<unsigned>(month)};
    const weekday wanted{static_cast<unsigned>(day)};
    on = week == 5 ? sys_days{m / wanted[last]} : sys_days{m / wanted[static_cast<unsigned>(week)]};
  } else if (form == form::julian) {
    on += days{day - 1 + (y.is_leap() && day >= 60 ? 1 : 0)};
  } else {
    on += days{day};
  }
  return on + time;
}

std::optional<zone_rule> parse_zone_rule(std::string_view text) {
  reader in{text};
  zone_rule rule;
  in.name();
  rule.offset = -in.time(24); // POSIX counts westwards
  if (in.ok() && !in.done()) {
    in.name();
    auto offset = rule.offset + std::chrono::hours{1};
    if (!in.next_is(','))
      offset = -in.time(24);
    in.expect(',');
    const auto begins = read_date(in);
    in.expect(',');
    rule.daylight = zone_rule::summer{offset, begins, read_date(in)};
  }
  if (!in.ok() || !in.done())
    return std::nullopt;
  return rule;
}

} // namespace tenon::actors
