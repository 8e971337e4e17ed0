#include "nodes/cli/members.hpp"

#include "protocols/json.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace tenon::nodes::cli {
namespace {

// Whether a text would be read as something else without quotes, or could be by some reader.
bool needs_quotes(std::string_view text) {
  constexpr std::array<std::string_view, 11> words{"true", "false", "null", "yes", "no", "on",
                                                   "off",  "~",     "y",    "n",   ""};
  std::string lower;
  for (const char c : text)
    lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (std::ranges::count(words, lower) != 0)
    return true;
  const auto first = static_cast<unsigned char>(text.front());
  if (std::isdigit(first) ||
      std::string_view{"-+.?:,[]{}#&*!|>'\"%@` "}.find(text.front()) != std::string_view::npos)
    return true;
  return text.back() == ' ' || text.back() == ':' || text.find(": ") != std::string_view::npos ||
         text.find(" #") != std::string_view::npos ||
         std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

void write_text(std::string_view text, std::string& onto) {
  if (needs_quotes(text))
    write_json_text(text, onto);
  else
    onto += text;
}

// After "key:" or "-": a scalar on the same line, or a block below it.
void write_below(const value& v, std::size_t indent, bool in_list, std::string& onto);

void write_block(const value& v, std::size_t indent, std::string& onto, bool first_is_placed) {
  const auto lead = [&] {
    if (!first_is_placed)
      onto.append(indent, ' ');
    first_is_placed = false;
  };
  if (const auto* o = v.as<object>())
    for (const auto& [key, member] : *o) {
      lead();
      write_text(key, onto);
      onto += ':';
      write_below(member, indent, false, onto);
    }
  else if (const auto* l = v.as<list>())
    for (const auto& element : *l) {
      lead();
      onto += '-';
      write_below(element, indent, true, onto);
    }
}

void write_below(const value& v, std::size_t indent, bool in_list, std::string& onto) {
  const auto* o = v.as<object>();
  const auto* l = v.as<list>();
  if ((o != nullptr && !o->empty()) || (l != nullptr && !l->empty())) {
    onto += in_list ? ' ' : '\n';
    write_block(v, indent + 2, onto, in_list);
    return;
  }
  onto += ' ';
  if (const auto* text = v.as<std::string>())
    write_text(*text, onto);
  else
    write_json(v, onto);
  onto += '\n';
}

code code_of(std::string_view name, unsigned status) {
  for (int c = 0; c <= static_cast<int>(code::internal); ++c)
    if (name_of(static_cast<code>(c)) == name)
      return static_cast<code>(c);
  switch (status) {
  case 401:
    return code::unauthenticated;
  case 403:
    return code::forbidden;
  case 404:
    return code::not_found;
  case 409:
    return code::conflict;
  case 412:
    return code::stale;
  case 413:
    return code::too_large;
  case 429:
    return code::overloaded;
  case 502:
  case 503:
    return code::unavailable;
  case 504:
    return code::timed_out;
  default:
    return status >= 500 ? code::internal : code::malformed;
  }
}

} // namespace

std::string text_at(const value& v, std::string_view key) {
  const auto* member = v.find(key);
  const auto* text = member == nullptr ? nullptr : member->as<std::string>();
  return text == nullptr ? std::string{} : *text;
}

std::optional<std::int64_t> number_at(const value& v, std::string_view key) {
  const auto* member = v.find(key);
  const auto* number = member == nullptr ? nullptr : member->as<std::int64_t>();
  return number == nullptr ? std::nullopt : std::optional{*number};
}

const list& list_at(const value& v, std::string_view key) {
  static const list none;
  const auto* member = v.find(key);
  const auto* elements = member == nullptr ? nullptr : member->as<list>();
  return elements == nullptr ? none : *elements;
}

std::string in_short(const value& v) {
  if (const auto* text = v.as<std::string>())
    return *text;
  return v.is_null() ? std::string{} : write_json(v);
}

std::string write_yaml(const value& v) {
  std::string out;
  const auto* o = v.as<object>();
  const auto* l = v.as<list>();
  if ((o != nullptr && !o->empty()) || (l != nullptr && !l->empty()))
    write_block(v, 0, out, false);
  else
    write_below(v, 0, true, out);
  return out;
}

failure read_problem(const value& problem, unsigned status) {
  const auto type = text_at(problem, "type");
  const auto named = text_at(problem, "code");
  failure f{.code = code_of(named.empty() ? type.substr(type.rfind(':') + 1) : named, status)};
  for (const auto* member : {"detail", "why", "title"})
    if (f.why.empty())
      f.why = text_at(problem, member);
  if (f.why.empty())
    f.why = status == 0 ? "no reason was given"
                        : "the server answered with status " + std::to_string(status);
  f.where = text_at(problem, "field");
  f.remedy = text_at(problem, "remedy");
  return f;
}

} // namespace tenon::nodes::cli
