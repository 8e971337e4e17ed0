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

} // namespace tenon::config
