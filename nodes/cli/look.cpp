#include "nodes/cli/look.hpp"

#include "protocols/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace tenon::nodes::cli {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD"; // U+FFFD

struct character {
  std::uint32_t code = 0;
  std::size_t bytes = 1;
  bool valid = false;
};

// The first character of a text that is not empty.
character first_of(std::string_view text) {
  const auto bytes = utf8_sequence_length(text);
  if (bytes == 0)
    return {};
  const auto lead = static_cast<unsigned char>(text[0]);
  std::uint32_t code = bytes == 1 ? lead : lead & (0xffu >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i)
    code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3f);
  return {code, bytes, true};
}

struct range {
  std::uint32_t from, to;
};
template <std::size_t N> bool within(const std::array<range, N>& ranges, std::uint32_t c) {
  return std::ranges::any_of(ranges, [c](range r) { return r.from <= c && c <= r.to; });
}

// What Unicode's East Asian Width calls wide or full-width, in its large blocks, and emoji.
constexpr std::array<range, 9> wide{{{0x1100, 0x115f},
                                     {0x2e80, 0xa4cf},
                                     {0xac00, 0xd7a3},
                                     {0xf900, 0xfaff},
                                     {0xfe30, 0xfe6f},
                                     {0xff00, 0xff60},
                                     {0xffe0, 0xffe6},
                                     {0x1f300, 0x1faff},
                                     {0x20000, 0x3fffd}}};
constexpr std::array<range, 4> combining{
    {{0x300, 0x36f}, {0x200b, 0x200d}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}}};
// Control characters, and those that turn the direction of what follows.
constexpr std::array<range, 5> commanding{
    {{0, 0x1f}, {0x7f, 0x9f}, {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069}}};

std::size_t width_of(std::uint32_t c) {
  return within(wide, c) ? 2 : within(combining, c) ? 0 : 1;
}

template <class... Values> std::string formatted(const char* format, Values... values) {
  std::array<char, 64> text{};
  const int n = std::snprintf(text.data(), text.size(), format, values...);
  return {text.data(), static_cast<std::size_t>(std::max(0, n))};
}

} // namespace

std::string inked(const look& l, ink i, std::string_view text) {
  constexpr std::array<std::string_view, 7> codes{"", "1", "2", "32", "33", "31", "36"};
  if (!l.colour || i == ink::plain || text.empty())
    return std::string{text};
  std::string out = "\x1b[";
  out.append(codes[static_cast<std::size_t>(i)]).append("m").append(text).append("\x1b[0m");
  return out;
}

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const auto c = first_of(text);
    columns += c.valid ? width_of(c.code) : 1;
    text.remove_prefix(c.bytes);
  }
  return columns;
}

std::string clipped(const look& l, std::string_view text, std::size_t width) {
  if (columns_of(text) <= width)
    return std::string{text};
  const std::string_view mark = l.unicode ? "…" : "~";
  std::string out;
  std::size_t columns = width == 0 ? 0 : 1;
  while (!text.empty()) {
    const auto c = first_of(text);
    columns += c.valid ? width_of(c.code) : 1;
    if (columns > width)
      break;
    out += text.substr(0, c.bytes);
    text.remove_prefix(c.bytes);
  }
  return width == 0 ? out : out.append(mark);
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto c = first_of(text);
    if (c.valid && !within(commanding, c.code))
      out += text.substr(0, c.bytes);
    else
      out += replacement;
    text.remove_prefix(c.bytes);
  }
  return out;
}

std::string with_thousands(std::int64_t n) {
  auto text = std::to_string(n);
  const std::size_t first = n < 0 ? 1 : 0;
  for (auto at = text.size(); at > first + 3;) {
    at -= 3;
    text.insert(at, 1, ',');
  }
  return text;
}

std::string as_bytes(std::int64_t n) {
  if (n < 1000)
    return std::to_string(n) + " B";
  constexpr std::array<const char*, 5> units{"kB", "MB", "GB", "TB", "PB"};
  auto scaled = static_cast<double>(n) / 1000;
  std::size_t unit = 0;
  for (; scaled >= 999.95 && unit + 1 < units.size(); ++unit)
    scaled /= 1000;
  return formatted("%.1f %s", scaled, units[unit]);
}

std::string as_duration(span s) {
  const auto ms = std::max<span::rep>(0, s.count());
  if (ms < 9'950 && ms % 1000 != 0)
    return formatted("%.1f s", static_cast<double>(ms) / 1000);
  const auto seconds = (ms + 500) / 1000;
  if (seconds < 60)
    return formatted("%lld s", static_cast<long long>(seconds));
  if (seconds < 3600)
    return formatted("%lld min %02lld s", static_cast<long long>(seconds / 60),
                     static_cast<long long>(seconds % 60));
  return formatted("%lld h %02lld min", static_cast<long long>(seconds / 3600),
                   static_cast<long long>(seconds % 3600 / 60));
}

std::string as_count(std::int64_t n, std::string_view one, std::string_view many) {
  return with_thousands(n).append(" ").append(n == 1 ? one : many);
}

ink ink_of(std::string_view state) {
  constexpr std::array<std::string_view, 10> good{"succeeded", "running", "ready",   "created",
                                                  "active",    "closed",  "healthy", "replayed",
                                                  "connected", "ok"};
  constexpr std::array<std::string_view, 8> caution{
      "paused", "changed", "suspended", "probing", "cancelled", "restarting", "waiting", "busy"};
  constexpr std::array<std::string_view, 8> bad{"failed",      "refused", "open",    "crashed",
                                                "quarantined", "broken",  "expired", "stopped"};
  const auto in = [state](const auto& names) { return std::ranges::count(names, state) != 0; };
  return in(good) ? ink::good : in(caution) ? ink::caution : in(bad) ? ink::bad : ink::plain;
}

} // namespace tenon::nodes::cli
