#include "actors/schedule/cron.hpp"

#include <algorithm>
#include <charconv>
#include <span>
#include <string>
#include <vector>

namespace tenon::actors {

using namespace std::chrono;

namespace {

// The fifth Friday of a February comes once in 28 years, or in 40 around 2100.
constexpr days looked_ahead{60 * 366};

struct word {
  std::string_view text;
  std::size_t at; // in the expression
};

struct field_kind {
  std::string_view name;
  unsigned least, most;
  std::span<const std::string_view> names; // of `least`, `least + 1`, …
};

constexpr std::array<std::string_view, 12> month_names{"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                       "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> weekday_names{"SUN", "MON", "TUE", "WED",
                                                        "THU", "FRI", "SAT"};
constexpr std::array<field_kind, 6> kinds{{{"second", 0, 59, {}},
                                           {"minute", 0, 59, {}},
                                           {"hour", 0, 23, {}},
                                           {"day", 1, 31, {}},
                                           {"month", 1, 12, month_names},
                                           {"weekday", 0, 7, weekday_names}}}; // 7 is Sunday too

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> nicknames{
    {{"@yearly", "0 0 1 1 *"},
     {"@annually", "0 0 1 1 *"},
     {"@monthly", "0 0 1 * *"},
     {"@weekly", "0 0 * * 0"},
     {"@daily", "0 0 * * *"},
     {"@midnight", "0 0 * * *"},
     {"@hourly", "0 * * * *"}}};

constexpr bool has(std::uint64_t bits, unsigned n) {
  return (bits >> n & 1) != 0;
}

/// Whether a word says this name, which is in capitals.
bool says(std::string_view word, std::string_view name) {
  return std::ranges::equal(word, name, [](char x, char capital) {
    return (x >= 'a' && x <= 'z' ? x - 'a' + 'A' : x) == capital;
  });
}

failure wrong(std::size_t at, std::string why, std::string remedy) {
  return {code::malformed, std::move(why), "character " + std::to_string(at + 1),
          std::move(remedy)};
}

/// Splits, keeping where each part was.
std::vector<word> split(word whole, char at) {
  std::vector<word> parts;
  for (std::size_t begin = 0;;) {
    const auto end = std::min(whole.text.find(at, begin), whole.text.size());
    parts.push_back({whole.text.substr(begin, end - begin), whole.at + begin});
    if (end == whole.text.size())
      return parts;
    begin = end + 1;
  }
}

std::optional<unsigned> read_number(std::string_view text) {
  unsigned n = 0;
  const auto* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, n);
  if (error != std::errc{} || stopped != end)
    return std::nullopt;
  return n;
}

result<unsigned> read_value(word w, const field_kind& kind) {
  for (std::size_t i = 0; i < kind.names.size(); ++i)
    if (says(w.text, kind.names[i]))
      return kind.least + static_cast<unsigned>(i);
  const auto n = read_number(w.text);
  if (n && *n >= kind.least && *n <= kind.most)
    return *n;
  return wrong(w.at, "\"" + std::string{w.text} + "\" is no " + std::string{kind.name},
               "Use " + std::to_string(kind.least) + " to " + std::to_string(kind.most) +
                   (kind.names.empty()
                        ? "."
                        : ", or a name such as " + std::string{kind.names.front()} + "."));
}

/// What one field says: which numbers, and for weekdays which of a month.
struct field_bits {
  std::uint64_t numbers = 0;
  std::array<std::uint64_t, 7> nth{};
  bool any = false; // begins with '*', which decides how days and weekdays go together
};

result<void> read_nth(word w, std::size_t mark, field_bits& into) {
  const auto& weekdays = kinds.back();
  const auto weekday = read_value({w.text.substr(0, mark), w.at}, weekdays);
  if (!weekday)
    return weekday.error();
  const auto which = read_number(w.text.substr(mark + 1));
  if (!which || *which < 1 || *which > 5)
    return wrong(w.at + mark + 1, "a month has no such weekday", "Use #1 to #5.");
  into.nth[*weekday % 7] |= std::uint64_t{1} << *which;
  return {};
}

result<void> read_item(word w, const field_kind& kind, field_bits& into) {
  if (w.text.empty())
    return wrong(w.at, "an item of the " + std::string{kind.name} + " is empty",
                 "Write items as in 1,15,30.");
  if (const auto mark = w.text.find('#'); mark != w.text.npos && kind.name == "weekday")
    return read_nth(w, mark, into);
  const auto slash = std::min(w.text.find('/'), w.text.size());
  const word range{w.text.substr(0, slash), w.at};
  unsigned step = 1;
  if (slash < w.text.size()) {
    const auto n = read_number(w.text.substr(slash + 1));
    if (!n || *n == 0 || *n > kind.most)
      return wrong(w.at + slash + 1, "this is not a step of the " + std::string{kind.name},
                   "Use 1 to " + std::to_string(kind.most) + '.');
    step = *n;
  }
  auto least = kind.least, most = kind.most;
  if (range.text != "*") {
    const auto ends = split(range, '-');
    if (ends.size() > 2)
      return wrong(ends[2].at - 1, "a range has two ends", "Write ranges as in 9-17.");
    const auto low = read_value(ends.front(), kind);
    auto high = read_value(ends.back(), kind);
    if (!low || !high)
      return low ? high.error() : low.error();
    if (kind.name == "weekday" && *high == 0 && *low > 0)
      high = 7; // FRI-SUN
    if (*low > *high)
      return wrong(w.at, "the range ends before it begins", "Write two ranges: 22-23,0-2.");
    least = *low;
    // "5/15" is from 5 on.
    most = ends.size() == 2 || slash == w.text.size() ? *high : kind.most;
  } else if (kind.name == "weekday") {
    most = 6; // Sunday once, so that steps come out even
  }
  for (auto n = least; n <= most; n += step)
    into.numbers |= std::uint64_t{1} << n;
  return {};
}

result<field_bits> read_field(word w, const field_kind& kind) {
  field_bits bits{.any = w.text.starts_with('*')};
  for (const auto& item : split(w, ','))
    if (auto read = read_item(item, kind, bits); !read)
      return std::move(read).error();
  return bits;
}

std::vector<word> words_of(std::string_view text) {
  std::vector<word> words;
  for (const auto& w : split({text, 0}, ' '))
    if (!w.text.empty())
      words.push_back(w);
  return words;
}

} // namespace

result<cron> cron::parse(std::string_view text) {
  constexpr std::size_t longest = 256;
  if (text.size() > longest)
    return wrong(longest, "the expression is longer than any schedule", "Use fewer items.");
  for (const auto& [nickname, meaning] : nicknames)
    if (text == nickname)
      return parse(meaning);
  auto words = words_of(text);
  if (words.size() != 5 && words.size() != 6)
    return wrong(words.empty() ? 0 : words.back().at,
                 "the expression has " + std::to_string(words.size()) + " fields",
                 "Write minute, hour, day, month and weekday, with seconds before them if needed.");
  if (words.size() == 5)
    words.insert(words.begin(), word{"0", 0});
  std::array<field_bits, kinds.size()> read;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    auto field = read_field(words[i], kinds[i]);
    if (!field)
      return std::move(field).error();
    read[i] = *field;
  }
  cron c;
  c.seconds_ = read[0].numbers;
  c.minutes_ = read[1].numbers;
  c.hours_ = read[2].numbers;
  c.days_ = read[3].numbers;
  c.months_ = read[4].numbers;
  c.weekdays_ = (read[5].numbers | read[5].numbers >> 7) & 0x7f;
  c.nth_ = read[5].nth;
  c.any_day_ = read[3].any;
  c.any_weekday_ = read[5].any;
  if (!c.next(moment{}, zone{}))
    return wrong(words[3].at, "no month has this day: the schedule would never ring",
                 "Change the day or the month.");
  return c;
}

bool cron::on(local_days d) const {
  const year_month_day date{d};
  const auto day = static_cast<unsigned>(date.day());
  const auto weekday = std::chrono::weekday{d}.c_encoding();
  if (!has(months_, static_cast<unsigned>(date.month())))
    return false;
  const bool by_day = has(days_, day);
  const bool by_weekday = has(weekdays_, weekday) || has(nth_[weekday], (day - 1) / 7 + 1);
  return any_day_ || any_weekday_ ? by_day && by_weekday : by_day || by_weekday;
}

std::optional<cron::local> cron::first_on(local_days d, local from) const {
  for (unsigned h = 0; h < 24; ++h) {
    if (!has(hours_, h) || d + hours{h + 1} <= from)
      continue;
    for (unsigned m = 0; m < 60; ++m) {
      if (!has(minutes_, m) || d + hours{h} + minutes{m + 1} <= from)
        continue;
      for (unsigned s = 0; s < 60; ++s) {
        const auto t = d + hours{h} + minutes{m} + seconds{s};
        if (has(seconds_, s) && t >= from)
          return t;
      }
    }
  }
  return std::nullopt;
}

std::optional<cron::local> cron::first(local from, local until) const {
  for (auto d = floor<days>(from); d < until; d += days{1})
    if (on(d))
      if (const auto t = first_on(d, from))
        return *t < until ? t : std::nullopt;
  return std::nullopt;
}

std::optional<cron::instant> cron::first(const zone::stretch& here, instant from,
                                         instant until) const {
  const auto with = [&](seconds offset, instant begin, instant end) -> std::optional<instant> {
    const auto shown = [&](instant t) { return local{t.time_since_epoch() + offset}; };
    const auto t = first(shown(begin), shown(end));
    if (!t)
      return std::nullopt;
    return instant{t->time_since_epoch() - offset};
  };
  const bool every_hour = hours_ == (std::uint64_t{1} << 24) - 1;
  const auto forward = here.offset - here.before;
  std::optional<instant> skipped;
  if (!every_hour && forward > seconds{0} && from < here.begin + forward)
    skipped = with(here.before, from, std::min(until, here.begin + forward));
  if (!every_hour && forward < seconds{0})
    from = std::max(from, here.begin - forward); // shown before, and rung then
  const auto own = from < until ? with(here.offset, from, until) : std::nullopt;
  return skipped && (!own || *skipped < *own) ? skipped : own;
}

std::optional<moment> cron::next(moment after, const zone& z) const {
  auto from = floor<seconds>(after) + seconds{1};
  const auto until = from + looked_ahead;
  while (from < until) {
    const auto here = z.at(from);
    const auto end = std::min(here.end, until);
    if (const auto found = first(here, from, end))
      return moment{*found};
    from = end;
  }
  return std::nullopt;
}

} // namespace tenon::actors
