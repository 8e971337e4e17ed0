#include "runtime/expression/compiling/lexer.hpp"

#include "protocols/utf8.hpp"
#include "runtime/expression/compiled.hpp"

#include <algorithm>
#include <array>

namespace tenon::runtime::expression {
namespace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool starts_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::size_t end_of_number(std::string_view source, std::size_t at) {
  const auto digits = [&] {
    const auto first = at;
    while (at < source.size() && is_digit(source[at]))
      ++at;
    return at != first;
  };
  digits();
  if (at + 1 < source.size() && source[at] == '.' && is_digit(source[at + 1])) {
    ++at;
    digits();
  }
  if (at < source.size() && (source[at] == 'e' || source[at] == 'E')) {
    const auto mantissa = at++;
    if (at < source.size() && (source[at] == '+' || source[at] == '-'))
      ++at;
    if (!digits())
      at = mantissa;
  }
  return at;
}

void append_utf8(std::string& onto, unsigned c) {
  const auto put = [&](unsigned byte) { onto += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6);
    put(0x80 | (c & 0x3F));
  } else {
    put(0xE0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

/// Adds what the escape after a backslash at `at` means and returns the byte after it; zero when
/// there is no such escape.
std::size_t read_escape(std::string_view source, std::size_t at, std::string& onto) {
  if (at + 1 >= source.size())
    return 0;
  const char c = source[at + 1];
  constexpr std::string_view known{"n\nt\tr\r\\\\\"\"''//{{}}"};
  for (std::size_t i = 0; i < known.size(); i += 2)
    if (known[i] == c) {
      onto += known[i + 1];
      return at + 2;
    }
  if (c != 'u' || at + 6 > source.size())
    return 0;
  unsigned code_point = 0;
  for (const char h : source.substr(at + 2, 4)) {
    constexpr std::string_view hex{"0123456789abcdef"};
    const auto digit = hex.find(h >= 'A' && h <= 'F' ? static_cast<char>(h + 32) : h);
    if (digit == hex.npos)
      return 0;
    code_point = code_point * 16 + static_cast<unsigned>(digit);
  }
  if (code_point >= 0xD800 && code_point < 0xE000)
    return 0;
  append_utf8(onto, code_point);
  return at + 6;
}

result<token> read_text(std::string_view source, std::size_t at) {
  token t{token::kind::text, at, 0, {}};
  const char quote = source[at];
  for (auto i = at + 1; i < source.size();) {
    if (source[i] == quote) {
      t.end = i + 1;
      t.spelling = source.substr(at, t.end - at);
      return t;
    }
    if (source[i] == '\\') {
      const auto after = read_escape(source, i, t.text);
      if (after == 0)
        return malformed_at(source, i, "there is no such escape",
                            "Use \\n \\t \\r \\\\ \\\" \\' or \\u and four hexadecimal digits.");
      i = after;
    } else {
      t.text += source[i++];
    }
  }
  return malformed_at(source, at, "the text that starts here does not end",
                      std::string{"Close it with "} + quote + ".");
}

} // namespace

std::string place_in(std::string_view source, std::size_t byte) {
  const auto before = source.substr(0, byte);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const auto line_start = before.rfind('\n') + 1; // npos + 1 is the start
  return "line " + std::to_string(lines + 1) + ", column " +
         std::to_string(utf8_length(before.substr(line_start)) + 1);
}

failure malformed_at(std::string_view source, std::size_t byte, std::string why,
                     std::string remedy) {
  return {code::malformed, std::move(why), place_in(source, byte), std::move(remedy)};
}

result<token> next_token(std::string_view source, std::size_t from) {
  while (from < source.size() && is_blank(source[from]))
    ++from;
  const auto cut = [&](token::kind what, std::size_t end) {
    return token{what, from, end, source.substr(from, end - from)};
  };
  if (from >= source.size())
    return cut(token::kind::end, from);
  const char c = source[from];
  if (starts_name(c)) {
    auto end = from;
    while (end < source.size() && (starts_name(source[end]) || is_digit(source[end])))
      ++end;
    return cut(token::kind::name, end);
  }
  if (is_digit(c))
    return cut(token::kind::number, end_of_number(source, from));
  if (c == '"' || c == '\'')
    return read_text(source, from);
  constexpr std::array<std::string_view, 5> pairs{"==", "!=", "<=", ">=", "??"};
  for (const auto pair : pairs)
    if (source.substr(from).starts_with(pair))
      return cut(token::kind::sign, from + 2);
  constexpr std::string_view signs{"+-*/%<>()[]{}.,:?|"};
  if (signs.find(c) != signs.npos)
    return cut(token::kind::sign, from + 1);
  if (c == '=')
    return malformed_at(source, from, "a single = means nothing here", "Did you mean `==`?");
  if (c == '&' || c == '!')
    return malformed_at(source, from, "this sign is not part of an expression",
                        c == '&' ? "Did you mean `and`?" : "Did you mean `not`?");
  const auto length = std::max<std::size_t>(utf8_sequence_length(source.substr(from)), 1);
  const bool shown = is_utf8(source.substr(from, length)) && static_cast<unsigned char>(c) >= 0x20;
  return malformed_at(source, from,
                      shown ? '\'' + std::string{source.substr(from, length)} +
                                  "' is not part of an expression"
                            : "this byte is not part of an expression");
}

} // namespace tenon::runtime::expression
