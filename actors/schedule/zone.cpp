#include "actors/schedule/zone.hpp"

#include "actors/schedule/zone_rule.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace tenon::actors {

namespace {

// RFC 8536 names no bounds; the largest file of the database stays far below these.
constexpr std::size_t most_changes = 4096;
constexpr std::size_t most_types = 256;
constexpr std::size_t header_bytes = 44;
constexpr std::chrono::year followed_until{2200};

failure unreadable(std::string_view why) {
  return {code::malformed,
          "the time zone file cannot be read: " + std::string{why},
          {},
          "Install the system's tzdata package again."};
}

/// Big-endian, two's complement.
template <class Integer> Integer big_endian(std::string_view bytes, std::size_t at) {
  std::uint64_t n = 0;
  for (std::size_t i = 0; i < sizeof(Integer); ++i)
    n = n << 8 | static_cast<unsigned char>(bytes[at + i]);
  return static_cast<Integer>(n);
}

} // namespace

/// Where the parts of one of the two data blocks are. The second block has 8-byte times.
struct zone::layout {
  std::size_t utc_flags, standard_flags, leaps, times, types, characters, time_bytes;

  layout(std::string_view bytes, std::size_t at, std::size_t time_size)
      : utc_flags{count(bytes, at, 0)}, standard_flags{count(bytes, at, 1)},
        leaps{count(bytes, at, 2)}, times{count(bytes, at, 3)}, types{count(bytes, at, 4)},
        characters{count(bytes, at, 5)}, time_bytes{time_size} {}

  bool bounded() const {
    return times <= most_changes && types >= 1 && types <= most_types && leaps <= most_changes &&
           characters <= most_changes && utc_flags <= types && standard_flags <= types;
  }
  std::size_t size() const {
    return times * (time_bytes + 1) + types * 6 + characters + leaps * (time_bytes + 4) +
           standard_flags + utc_flags;
  }

private:
  static std::size_t count(std::string_view bytes, std::size_t at, std::size_t which) {
    return big_endian<std::uint32_t>(bytes, at + 20 + 4 * which);
  }
};

result<zone> zone::parse(std::string_view bytes) {
  const auto starts = [&](std::size_t at) {
    return bytes.size() >= at + header_bytes && bytes.substr(at, 4) == "TZif";
  };
  if (!starts(0))
    return unreadable("it does not begin as one");
  if (bytes[4] < '2')
    return unreadable("its version is too old");
  const layout first{bytes, 0, 4};
  if (!first.bounded())
    return unreadable("it is larger than any zone");
  const auto second_at = header_bytes + first.size();
  if (!starts(second_at))
    return unreadable("it ends early");
  const layout parts{bytes, second_at, 8};
  const auto times = second_at + header_bytes;
  const auto footer = times + parts.size();
  if (!parts.bounded() || bytes.size() < footer + 2 || bytes[footer] != '\n' ||
      bytes.back() != '\n')
    return unreadable("it ends early");

  const auto indices = times + parts.times * 8;
  const auto types = indices + parts.times;
  const auto offset_of = [&](std::size_t type) {
    return seconds{big_endian<std::int32_t>(bytes, types + type * 6)};
  };
  zone z;
  z.first_ = offset_of(0);
  for (std::size_t i = 0; i < parts.times; ++i) {
    const auto type = static_cast<unsigned char>(bytes[indices + i]);
    const instant when{seconds{big_endian<std::int64_t>(bytes, times + i * 8)}};
    if (type >= parts.types || (!z.changes_.empty() && when <= z.changes_.back().when))
      return unreadable("its times are not in order");
    z.append(when, offset_of(type));
  }
  const auto rule = bytes.substr(footer + 1, bytes.size() - footer - 2);
  if (!rule.empty() && !z.follow(rule))
    return unreadable("its rule is not understood");
  return z;
}

void zone::append(instant when, seconds offset) {
  const auto present = changes_.empty() ? first_ : changes_.back().offset;
  if (offset != present) // a change of name or of law alone moves no clock
    changes_.push_back({when, offset});
}

bool zone::follow(std::string_view text) {
  using namespace std::chrono;
  const auto rule = parse_zone_rule(text);
  if (!rule)
    return false;
  if (!rule->daylight)
    return true;
  const auto last = changes_.empty() ? instant{} : changes_.back().when;
  const auto from = year_month_day{floor<days>(last)}.year();
  for (auto y = from; y < followed_until; ++y) {
    std::array<change, 2> both{
        change{rule->daylight->begins.in(y)-rule->offset, rule->daylight->offset},
        change{rule->daylight->ends.in(y)-rule->daylight->offset, rule->offset}};
    if (both[1].when < both[0].when) // the southern half of the world
      std::swap(both[0], both[1]);
    for (const auto& c : both)
      if (c.when > last)
        append(c.when, c.offset);
  }
  return true;
}

zone::stretch zone::at(instant t) const {
  const auto next = std::ranges::upper_bound(changes_, t, {}, &change::when);
  const auto end = next == changes_.end() ? instant::max() : next->when;
  if (next == changes_.begin())
    return {instant::min(), end, first_, first_};
  const auto present = std::prev(next);
  const auto before = present == changes_.begin() ? first_ : std::prev(present)->offset;
  return {present->when, end, present->offset, before};
}

} // namespace tenon::actors
