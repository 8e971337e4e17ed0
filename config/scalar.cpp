#include "config/scalar.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>

namespace tenon::config {
namespace {

enum class shape { text, integer, fraction };

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::size_t skip_digits(std::string_view text, std::size_t from) {
  while (from < text.size() && is_digit(text[from]))
    ++from;
  return from;
}

/// JSON's grammar of numbers: no leading zero, digits on both sides of the point.
shape shape_of(std::string_view text) {
  std::size_t i = text.starts_with('-') ? 1 : 0;
  const auto whole = i;
  i = skip_digits(text, i);
  if (i == whole || (text[whole] == '0' && i > whole + 1))
    return shape::text;
  if (i == text.size())
    return shape::integer;
  if (text[i] == '.') {
    const auto digits = ++i;
    i = skip_digits(text, i);
    if (i == digits)
      return shape::text;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-'))
      ++i;
    const auto digits = i;
    i = skip_digits(text, i);
    if (i == digits)
      return shape::text;
  }
  return i == text.size() ? shape::fraction : shape::text;
}

/// How many bytes the sequence at `i` has, or none when it is not well formed: overlong forms,
/// surrogates and what lies beyond U+10FFFF are not.
std::size_t sequence_at(std::string_view text, std::size_t i) {
  const auto byte = [&](std::size_t at) -> unsigned {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0u;
  };
  const auto within = [&](std::size_t at, unsigned low, unsigned high) {
    return byte(at) >= low && byte(at) <= high;
  };
  const unsigned lead = byte(i);
  if (lead < 0x80)
    return 1;
  if (lead >= 0xc2 && lead <= 0xdf)
    return within(i + 1, 0x80, 0xbf) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const unsigned low = lead == 0xe0 ? 0xa0 : 0x80;
    const unsigned high = lead == 0xed ? 0x9f : 0xbf;
    return within(i + 1, low, high) && within(i + 2, 0x80, 0xbf) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const unsigned low = lead == 0xf0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xf4 ? 0x8f : 0xbf;
    const bool tail = within(i + 2, 0x80, 0xbf) && within(i + 3, 0x80, 0xbf);
    return within(i + 1, low, high) && tail ? 4 : 0;
  }
  return 0;
}

} // namespace

value plain_scalar(std::string_view text) {
  if (text == "true" || text == "false")
    return text == "true";
  const auto kind = shape_of(text);
  if (kind == shape::text)
    return value{text};
  std::int64_t whole = 0;
  if (kind == shape::integer &&
      std::from_chars(text.data(), text.data() + text.size(), whole).ec == std::errc{})
    return whole;
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc{} || !std::isfinite(number))
    return value{text};
  return number;
}

std::optional<std::size_t> first_byte_not_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto bytes = sequence_at(text, i);
    if (bytes == 0)
      return i;
    i += bytes;
  }
  return std::nullopt;
}

} // namespace tenon::config
