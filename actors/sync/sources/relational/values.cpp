#include "actors/sync/sources/relational/values.hpp"

#include "protocols/json.hpp"

#include <algorithm>

namespace tenon::actors::relational {
namespace {

constexpr std::size_t exact_digits = 15;
constexpr std::size_t exact_whole_digits = 18;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

} // namespace

void write_decimal(std::string& onto, std::string_view text) {
  const auto unsigned_part = text.substr(text.starts_with('-') ? 1 : 0);
  const auto digits = static_cast<std::size_t>(std::ranges::count_if(unsigned_part, is_digit));
  const bool whole = digits == unsigned_part.size();
  const auto zeros = std::min(unsigned_part.find_first_not_of("0."), unsigned_part.size());
  const auto leading =
      static_cast<std::size_t>(std::ranges::count_if(unsigned_part.substr(0, zeros), is_digit));
  const bool plain = whole || digits + 1 == unsigned_part.size();
  if (digits > 0 && plain && digits - leading <= (whole ? exact_whole_digits : exact_digits))
    onto += text;
  else
    write_json_text(text, onto);
}

// Outside of its texts JSON has no control characters but blanks, of which line ends and tabs
// become spaces.
void write_embedded(std::string& onto, std::string_view text) {
  const auto begin = onto.size();
  onto += text;
  std::replace_if(
      onto.begin() + static_cast<std::ptrdiff_t>(begin), onto.end(),
      [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
}

} // namespace tenon::actors::relational
