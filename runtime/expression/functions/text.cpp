// Functions on texts. Lengths and positions count characters, not bytes.
#include "protocols/json.hpp"
#include "protocols/utf8.hpp"
#include "runtime/expression/evaluation/operators.hpp"
#include "runtime/expression/function.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace tenon::runtime::expression {
namespace {

constexpr std::string_view blanks{" \t\r\n"};

/// ASCII letters alone change: what the case of others is depends on a language.
template <char First, char Last, int Shift>
result<operand> change_case(workspace& work, arguments args) {
  std::string text{args[0].text};
  for (char& c : text)
    if (c >= First && c <= Last)
      c = static_cast<char>(c + Shift);
  return work.keep(std::move(text));
}

result<operand> trim(workspace&, arguments args) {
  auto text = args[0].text;
  const auto cut = args.size() > 1 ? args[1].text : blanks;
  text.remove_prefix(std::min(text.find_first_not_of(cut), text.size()));
  const auto last = text.find_last_not_of(cut);
  return operand::of(text.substr(0, last == text.npos ? 0 : last + 1));
}

result<operand> split(workspace& work, arguments args) {
  auto rest = args[0].text;
  const auto by = args[1].text;
  if (by.empty())
    return refuse("the separator is empty");
  list parts;
  while (true) {
    if (auto affordable = work.spend(1); !affordable)
      return std::move(affordable).error();
    const auto at = rest.find(by);
    parts.emplace_back(rest.substr(0, at));
    if (at == rest.npos)
      return work.keep(value{std::move(parts)});
    rest.remove_prefix(at + by.size());
  }
}

result<operand> join(workspace& work, arguments args) {
  auto items = work.tree_of(args[0]);
  if (!items)
    return std::move(items).error();
  std::string text;
  bool first = true;
  for (const auto& item : *(*items)->as<list>()) {
    if (auto affordable = work.spend(1); !affordable)
      return std::move(affordable).error();
    if (!first && args.size() > 1)
      text += args[1].text;
    first = false;
    if (auto added = work.append_text(text, operand::of(item)); !added)
      return std::move(added).error();
  }
  return work.keep(std::move(text));
}

result<operand> replace(workspace& work, arguments args) {
  auto rest = args[0].text;
  const auto from = args[1].text;
  if (from.empty())
    return refuse("the text to replace is empty");
  std::string text;
  for (auto at = rest.find(from); at != rest.npos; at = rest.find(from)) {
    text.append(rest.substr(0, at)).append(args[2].text);
    rest.remove_prefix(at + from.size());
    if (text.size() > max_text_bytes)
      break; // keep says so
  }
  return work.keep(std::move(text.append(rest)));
}

/// The bytes of the first `count` characters.
std::size_t bytes_of(std::string_view text, std::size_t count) {
  std::size_t at = 0;
  for (; count > 0 && at < text.size(); --count)
    at += std::max<std::size_t>(utf8_sequence_length(text.substr(at)), 1);
  return at;
}

/// Positions from the end are negative; what lies outside is moved to the nearest end.
std::size_t position_in(std::size_t size, const operand& o) {
  const auto n = o.what == operand::kind::integer ? static_cast<double>(o.integer)
                                                  : std::trunc(std::isfinite(o.real) ? o.real : 0);
  const auto from_start = n < 0 ? n + static_cast<double>(size) : n;
  return static_cast<std::size_t>(std::clamp(from_start, 0.0, static_cast<double>(size)));
}

result<operand> slice(workspace& work, arguments args) {
  if (args[0].is_text()) {
    const auto text = args[0].text;
    const auto size = utf8_length(text);
    const auto from = position_in(size, args[1]);
    const auto to = std::max(from, args.size() > 2 ? position_in(size, args[2]) : size);
    const auto first = bytes_of(text, from);
    return operand::of(text.substr(first, bytes_of(text.substr(first), to - from)));
  }
  auto tree = work.tree_of(args[0]);
  if (!tree)
    return std::move(tree).error();
  const auto& items = *(*tree)->as<list>();
  const auto from = position_in(items.size(), args[1]);
  const auto to =
      std::max(from, args.size() > 2 ? position_in(items.size(), args[2]) : items.size());
  list part;
  for (auto i = from; i < to; ++i) {
    auto item = work.own(operand::of(items[i]));
    if (!item)
      return std::move(item).error();
    part.push_back(std::move(*item));
  }
  return work.keep(value{std::move(part)});
}

result<operand> to_text(workspace& work, arguments args) {
  if (args[0].is_text())
    return args[0];
  std::string text;
  if (auto written = work.append_text(text, args[0]); !written)
    return std::move(written).error();
  return work.keep(std::move(text));
}

result<operand> json(workspace& work, arguments args) {
  auto v = work.own(args[0]);
  if (!v)
    return std::move(v).error();
  return work.keep(write_json(*v));
}

/// JSON that any header of HTTP can carry: what is beyond ASCII is written by its UTF-16 units.
result<operand> json_ascii(workspace& work, arguments args) {
  auto v = work.own(args[0]);
  if (!v)
    return std::move(v).error();
  const auto whole = write_json(*v);
  std::string text;
  const auto add_unit = [&text](std::uint32_t unit) {
    constexpr std::string_view digits{"0123456789abcdef"};
    text += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4)
      text += digits[(unit >> shift) & 15];
  };
  for (std::string_view rest{whole}; !rest.empty();) {
    const auto first = static_cast<unsigned char>(rest.front());
    const auto size = std::max<std::size_t>(utf8_sequence_length(rest), 1);
    std::uint32_t point = size == 1 ? first : first & (0x7Fu >> size);
    for (std::size_t i = 1; i < size; ++i)
      point = (point << 6) | (static_cast<unsigned char>(rest[i]) & 0x3Fu);
    rest.remove_prefix(size);
    if (point < 0x7F) {
      text += static_cast<char>(point);
    } else if (point < 0x10000) {
      add_unit(point);
    } else {
      add_unit(0xD800 + ((point - 0x10000) >> 10));
      add_unit(0xDC00 + ((point - 0x10000) & 0x3FF));
    }
  }
  return work.keep(std::move(text));
}

result<operand> parse(workspace& work, arguments args) {
  auto read = read_json(args[0].text);
  if (!read)
    return std::move(read).error();
  return work.keep(std::move(*read));
}

template <operation What> result<operand> ends(workspace&, arguments args) {
  auto so = starts_or_ends(What, args[0], args[1]);
  if (!so)
    return std::move(so).error();
  return operand::of(*so);
}

result<operand> mask(workspace& work, arguments args) {
  constexpr double usual = 4;
  const auto shown = args.size() > 1 ? args[1].number() : usual;
  const auto size = utf8_length(args[0].text);
  // A text that is hardly longer than what is shown of it would not be hidden.
  if (!(shown >= 0) || static_cast<double>(size) < 2 * shown)
    return work.keep(std::string{"****"});
  const auto hidden = bytes_of(args[0].text, size - static_cast<std::size_t>(shown));
  return work.keep("****" + std::string{args[0].text.substr(hidden)});
}

result<operand> pad(workspace& work, arguments args) {
  const auto width = args[1].number();
  if (!(width >= 0 && width <= static_cast<double>(max_text_bytes)))
    return refuse("the width is not between 0 and " + std::to_string(max_text_bytes));
  const auto filling = args.size() > 2 ? args[2].text : std::string_view{" "};
  if (utf8_length(filling) != 1)
    return refuse("the filling is not one character");
  std::string text;
  for (auto size = utf8_length(args[0].text); static_cast<double>(size) < width; ++size)
    text += filling;
  return work.keep(text.append(args[0].text));
}

constexpr std::array<function_entry, 15> entries{{
    {"lower(x: text) -> text", "The text with the letters A to Z in lower case.",
     change_case<'A', 'Z', 32>},
    {"upper(x: text) -> text", "The text with the letters a to z in upper case.",
     change_case<'a', 'z', -32>},
    {"trim(x: text, cut: text?) -> text",
     "The text without blanks, or without the characters of `cut`, at both ends.", trim},
    {"split(x: text, by: text) -> list", "The parts of a text between separators.", split},
    {"join(x: list, by: text?) -> text", "The elements as one text, separated.", join},
    {"replace(x: text, from: text, to: text) -> text", "The text with every `from` replaced.",
     replace},
    {"slice(x: text|list, from: number, to: number?) -> text|list",
     "The part from one position up to another; negative positions count from the end.", slice},
    {"text(x: anything) -> text", "The value as text; null is empty.", to_text},
    {"json(x: anything) -> text", "The value as JSON.", json},
    {"json_ascii(x: anything) -> text", "The value as JSON without characters beyond ASCII.",
     json_ascii},
    {"parse_json(x: text) -> anything", "The value that a JSON text says.", parse},
    {"startswith(x: text, part: text) -> bool", "Whether the text starts with another.",
     ends<operation::starts_with>},
    {"endswith(x: text, part: text) -> bool", "Whether the text ends with another.",
     ends<operation::ends_with>},
    {"mask(x: text, shown: number?) -> text",
     "Stars and the last characters, four unless told otherwise.", mask},
    {"pad(x: text, width: number, filling: text?) -> text",
     "The text with a filling in front, up to a width.", pad},
}};

} // namespace

std::span<const function_entry> text_functions() {
  return entries;
}

} // namespace tenon::runtime::expression
