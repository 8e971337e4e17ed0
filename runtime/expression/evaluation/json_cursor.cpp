#include "runtime/expression/evaluation/json_cursor.hpp"

#include "protocols/json.hpp"
#include "protocols/utf8.hpp"

#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace tenon::runtime::expression {
namespace {

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

void skip_blanks(std::string_view& bytes) {
  while (!bytes.empty() && is_blank(bytes.front()))
    bytes.remove_prefix(1);
}

constexpr std::uint64_t each_byte = 0x0101010101010101u;

/// The high bit of every byte of `word` that is `c`; the lowest that is set is right.
constexpr std::uint64_t marks_of(std::uint64_t word, unsigned char c) {
  const auto zero_where_equal = word ^ (each_byte * c);
  return (zero_where_equal - each_byte) & ~zero_where_equal & (each_byte << 7);
}

/// The first byte at or after `at` that `marks` marks, eight bytes at a time; the size of `bytes`
/// when there is none. Most of a record is passed over, so this is what a filter costs.
template <class Marks>
std::size_t find_marked(std::string_view bytes, std::size_t at, Marks marks) {
  static_assert(std::endian::native == std::endian::little);
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, 8);
    if (const auto found = marks(word))
      return at + static_cast<std::size_t>(std::countr_zero(found)) / 8;
  }
  for (; at < bytes.size(); ++at)
    if ((marks(static_cast<unsigned char>(bytes[at])) & 0x80) != 0)
      return at;
  return bytes.size();
}

/// The bytes of the text in quotes at the front with its quotes; zero when it does not end.
std::size_t length_of_text(std::string_view bytes) {
  const auto quote_or_escape = [](std::uint64_t word) {
    return marks_of(word, '"') | marks_of(word, '\\');
  };
  for (auto at = find_marked(bytes, 1, quote_or_escape); at < bytes.size();
       at = find_marked(bytes, at + 2, quote_or_escape))
    if (bytes[at] == '"')
      return at + 1;
  return 0;
}

std::size_t length_of_container(std::string_view bytes) {
  // Bit 5 tells [ from { and ] from }; either is a bracket.
  const auto quote_or_bracket = [](std::uint64_t word) {
    const auto curly = word | (each_byte << 5);
    return marks_of(word, '"') | marks_of(curly, '{') | marks_of(curly, '}');
  };
  std::size_t open = 0;
  for (auto at = find_marked(bytes, 0, quote_or_bracket); at < bytes.size();
       at = find_marked(bytes, at, quote_or_bracket)) {
    const char c = bytes[at];
    if (c == '"') {
      const auto length = length_of_text(bytes.substr(at));
      if (length == 0)
        return 0;
      at += length;
      continue;
    }
    ++at;
    if (c == '[' || c == '{')
      ++open;
    else if (--open == 0)
      return at;
  }
  return 0;
}

std::size_t length_of_word(std::string_view bytes) {
  std::size_t length = 0;
  while (length < bytes.size() && !is_blank(bytes[length]) && bytes[length] != ',' &&
         bytes[length] != ']' && bytes[length] != '}')
    ++length;
  return length;
}

failure not_json(std::string_view bytes) {
  return {code::malformed,
          "what is looked up is not JSON near '" + std::string{bytes.substr(0, 20)} + "'"};
}

/// A number in the strict grammar of JSON whose fast cases need no reading as a document.
bool read_integer(std::string_view bytes, std::int64_t& n) {
  const auto digits = bytes.substr(bytes.starts_with('-') ? 1 : 0);
  if (digits.empty() || (digits.size() > 1 && digits.front() == '0'))
    return false;
  const auto [end, error] = std::from_chars(bytes.data(), bytes.data() + bytes.size(), n);
  return error == std::errc{} && end == bytes.data() + bytes.size();
}

/// Whether what is between quotes says exactly what it is.
bool is_plain_text(std::string_view inside) {
  bool ascii = true;
  for (const char c : inside) {
    if (c == '\\' || static_cast<unsigned char>(c) < 0x20)
      return false;
    ascii = ascii && static_cast<unsigned char>(c) < 0x80;
  }
  return ascii || is_utf8(inside);
}

} // namespace

std::string_view json_value_at_front(std::string_view bytes) {
  skip_blanks(bytes);
  if (bytes.empty())
    return {};
  const char c = bytes.front();
  if (c == '"')
    return bytes.substr(0, length_of_text(bytes));
  if (c == '[' || c == '{')
    return bytes.substr(0, length_of_container(bytes));
  return bytes.substr(0, length_of_word(bytes));
}

bool json_cursor::stop(bool broken) {
  broken_ = broken;
  rest_ = {};
  return false;
}

bool json_cursor::take(char c) {
  skip_blanks(rest_);
  if (rest_.empty() || rest_.front() != c)
    return false;
  rest_.remove_prefix(1);
  return true;
}

bool json_cursor::next() {
  if (rest_.empty())
    return false;
  if (!inside_) {
    object_ = rest_.front() == '{';
    rest_.remove_prefix(1);
    inside_ = true;
    if (take(object_ ? '}' : ']'))
      return stop(false);
  } else {
    if (take(object_ ? '}' : ']'))
      return stop(false);
    if (!take(','))
      return stop(true);
  }
  if (object_) {
    skip_blanks(rest_);
    const auto length = rest_.starts_with('"') ? length_of_text(rest_) : 0;
    if (length == 0)
      return stop(true);
    key_ = rest_.substr(1, length - 2);
    rest_.remove_prefix(length);
    if (!take(':'))
      return stop(true);
  }
  skip_blanks(rest_);
  element_ = json_value_at_front(rest_);
  if (element_.empty())
    return stop(true);
  rest_.remove_prefix(element_.size());
  // Nothing may end without its bracket.
  return !rest_.empty() || stop(true);
}

bool json_cursor::key_is(std::string_view name) const {
  if (key_.size() == name.size() && key_ == name)
    return true;
  if (key_.size() <= name.size() || key_.find('\\') == key_.npos)
    return false;
  const auto read = read_json({key_.data() - 1, key_.size() + 2});
  return read && read->is<std::string>() && *read->as<std::string>() == name;
}

result<operand> operand_of_json(std::string_view bytes, workspace& work) {
  if (bytes.empty())
    return not_json(bytes);
  const char c = bytes.front();
  if (c == '[' || c == '{')
    return operand::raw(bytes);
  if (c == '"' && bytes.size() >= 2 && is_plain_text(bytes.substr(1, bytes.size() - 2)))
    return operand::of(bytes.substr(1, bytes.size() - 2));
  if (bytes == "true" || bytes == "false")
    return operand::of(bytes == "true");
  if (bytes == "null")
    return operand{};
  std::int64_t n = 0;
  if (read_integer(bytes, n))
    return operand::of(n);
  auto read = read_json(bytes);
  if (!read)
    return not_json(bytes);
  if (const auto* d = read->as<double>())
    return operand::of(*d);
  return work.keep(std::move(*read));
}

} // namespace tenon::runtime::expression
