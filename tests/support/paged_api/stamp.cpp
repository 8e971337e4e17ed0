// Times are rendered by hand: a page of 200 rows writes 200 of them.
#include "tests/support/paged_api/stamp.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace tenon::tests::paged_api {
namespace {

void digits(unsigned n, std::size_t width, std::string& onto) {
  std::array<char, 8> text;
  for (std::size_t i = width; i-- > 0; n /= 10)
    text[i] = static_cast<char>('0' + n % 10);
  onto.append(text.data(), width);
}

std::optional<int> read_digits(std::string_view text) {
  int n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size() || n < 0)
    return std::nullopt;
  return n;
}

} // namespace

void write_time(std::int64_t ms, std::string& onto) {
  using namespace std::chrono;
  const sys_time<milliseconds> at{milliseconds{ms}};
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss time{at - day};
  digits(static_cast<unsigned>(static_cast<int>(date.year())), 4, onto);
  onto += '-';
  digits(static_cast<unsigned>(date.month()), 2, onto);
  onto += '-';
  digits(static_cast<unsigned>(date.day()), 2, onto);
  onto += 'T';
  digits(static_cast<unsigned>(time.hours().count()), 2, onto);
  onto += ':';
  digits(static_cast<unsigned>(time.minutes().count()), 2, onto);
  onto += ':';
  digits(static_cast<unsigned>(time.seconds().count()), 2, onto);
  onto += '.';
  digits(static_cast<unsigned>(time.subseconds().count()), 3, onto);
  onto += 'Z';
}

std::optional<std::int64_t> read_time(std::string_view text) {
  using namespace std::chrono;
  std::int64_t plain = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), plain);
  if (error == std::errc{} && end == text.data() + text.size() && plain >= 0)
    return plain;
  if (text.ends_with("Z"))
    text.remove_suffix(1);
  else if (text.ends_with("+00:00"))
    text.remove_suffix(6);
  if (text.size() < 19 || text[4] != '-' || text[7] != '-' ||
      (text[10] != 'T' && text[10] != ' ') || text[13] != ':' || text[16] != ':')
    return std::nullopt;
  std::array<int, 6> parts{};
  constexpr std::array<std::pair<std::size_t, std::size_t>, 6> places{
      {{0, 4}, {5, 2}, {8, 2}, {11, 2}, {14, 2}, {17, 2}}};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto n = read_digits(text.substr(places[i].first, places[i].second));
    if (!n)
      return std::nullopt;
    parts[i] = *n;
  }
  const year_month_day date{year{parts[0]}, month{static_cast<unsigned>(parts[1])},
                            day{static_cast<unsigned>(parts[2])}};
  if (!date.ok())
    return std::nullopt;
  std::int64_t fraction = 0;
  if (text.size() > 20 && text[19] == '.') {
    std::string thousandths{text.substr(20, 3)};
    thousandths.resize(3, '0');
    fraction = read_digits(thousandths).value_or(0);
  }
  return milliseconds{sys_days{date}.time_since_epoch() + hours{parts[3]} + minutes{parts[4]} +
                      seconds{parts[5]}}
             .count() +
         fraction;
}

void write_stamps(std::int64_t updated_at, std::int64_t seq, bool deleted, std::string& onto) {
  onto += ",\"updated_at\":\"";
  write_time(updated_at, onto);
  onto += "\",\"seq\":";
  std::array<char, 24> text;
  onto.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), seq).ptr);
  onto += deleted ? ",\"deleted\":true" : ",\"deleted\":false";
}

std::size_t stamps_bytes(std::int64_t seq) {
  std::size_t bytes = std::string_view{",\"updated_at\":\"2024-05-01T09:30:00.250Z\",\"seq\":"
                                       ",\"deleted\":false"}
                          .size();
  do
    ++bytes;
  while ((seq /= 10) != 0);
  return bytes;
}

} // namespace tenon::tests::paged_api
