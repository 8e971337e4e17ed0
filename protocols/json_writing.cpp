#include "protocols/json.hpp"
#include "protocols/utf8.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace tenon {
namespace {

void write_number(double d, std::string& onto) {
  if (!std::isfinite(d)) {
    onto += "null";
    return;
  }
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), d).ptr;
  const std::string_view text{digits.data(), static_cast<std::size_t>(end - digits.data())};
  onto += text;
  if (text.find_first_of(".e") == text.npos)
    onto += ".0"; // so that it reads back as a double
}

void write_number(std::int64_t n, std::string& onto) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), n).ptr;
  onto.append(digits.data(), end);
}

struct writer {
  std::string& onto;
  bool pretty = false;
  std::size_t depth = 0;

  void write(const value& v) { std::visit(*this, v.alternatives()); }

  void operator()(std::monostate) { onto += "null"; }
  void operator()(bool b) { onto += b ? "true" : "false"; }
  void operator()(std::int64_t n) { write_number(n, onto); }
  void operator()(double d) { write_number(d, onto); }
  void operator()(const std::string& s) { write_json_text(s, onto); }
  void operator()(moment m) { (onto += '"').append(to_text(m)) += '"'; }
  void operator()(span s) { write_number(std::int64_t{s.count()}, onto); }
  void operator()(const list& items) {
    between('[', ']', items, [&](const value& item) { write(item); });
  }
  void operator()(const object& members) {
    between('{', '}', members, [&](const object::member& m) {
      write_json_text(m.first, onto);
      onto += pretty ? ": " : ":";
      write(m.second);
    });
  }

  template <class Items, class Each>
  void between(char open, char close, const Items& items, Each each) {
    onto += open;
    ++depth;
    bool first = true;
    for (const auto& item : items) {
      if (!first)
        onto += ',';
      first = false;
      new_line();
      each(item);
    }
    --depth;
    if (!first)
      new_line();
    onto += close;
  }
  void new_line() {
    if (pretty)
      (onto += '\n').append(2 * depth, ' ');
  }
};

} // namespace

std::string write_json(const value& v) {
  std::string text;
  write_json(v, text);
  return text;
}

void write_json(const value& v, std::string& onto) {
  writer{onto}.write(v);
}

std::string write_json_pretty(const value& v) {
  std::string text;
  writer{text, true}.write(v);
  return text;
}

void write_json_text(std::string_view text, std::string& onto) {
  onto += '"';
  std::size_t written = 0; // everything before it is in `onto`
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
      ++i;
      continue;
    }
    if (c >= 0x80) {
      if (const auto length = utf8_sequence_length(text.substr(i))) {
        i += length;
        continue;
      }
    }
    onto.append(text, written, i - written);
    written = ++i;
    constexpr std::string_view short_ones{"\"\"\\\\\bb\ff\nn\rr\tt"};
    constexpr std::string_view hex{"0123456789abcdef"};
    std::size_t known = 0;
    while (known < short_ones.size() && short_ones[known] != static_cast<char>(c))
      known += 2;
    if (c >= 0x80)
      onto += "\xEF\xBF\xBD"; // U+FFFD: what is not UTF-8 must not make the whole text unreadable
    else if (known < short_ones.size())
      (onto += '\\') += short_ones[known + 1];
    else
      (((onto += "\\u00") += hex[c >> 4]) += hex[c & 15]);
  }
  onto.append(text, written, text.size() - written);
  onto += '"';
}

} // namespace tenon
