#include "actors/sync/sources/csv/columns.hpp"

#include "actors/integration/form/form.hpp"
#include "protocols/json.hpp"
#include "protocols/utf8.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace tenon::actors::files {
namespace {

constexpr std::size_t names_listed = 20;
constexpr std::size_t shown_bytes = 40; // of a wrong value

bool is_integer(std::string_view text) {
  std::int64_t n = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), n);
  return wrong == std::errc{} && end == text.data() + text.size();
}

/// By the grammar of JSON: no needless zero, no plus in front, digits on both sides of the point.
bool is_json_number(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const auto digits = [&] {
    const auto first = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9')
      ++at;
    return at - first;
  };
  const bool zero = text.substr(at).starts_with('0');
  const auto whole = digits();
  if (whole == 0 || (zero && whole > 1))
    return false;
  if (text.substr(at).starts_with('.')) {
    ++at;
    if (digits() == 0)
      return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-'))
      ++at;
    if (digits() == 0)
      return false;
  }
  if (at != text.size())
    return false;
  double d = 0;
  return std::from_chars(text.data(), text.data() + text.size(), d).ec == std::errc{};
}

bool same_word(std::string_view text, std::string_view word) {
  return std::ranges::equal(text, word, {},
                            [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; });
}

std::string_view boolean(std::string_view text) {
  return same_word(text, "true") ? "true" : same_word(text, "false") ? "false" : "";
}

/// The value in JSON if it is of the type, or nothing.
std::string_view as_json(std::string_view text, csv_type type) {
  switch (type) {
  case csv_type::integer: // one with needless zeros would be no JSON
    return is_integer(text) && is_json_number(text) ? text : "";
  case csv_type::number:
    return is_json_number(text) ? text : "";
  case csv_type::boolean:
    return boolean(text);
  case csv_type::infer:
    if (text == "true" || text == "false")
      return text;
    return is_json_number(text) && (is_integer(text) || text.find_first_of(".eE") != text.npos)
               ? text
               : "";
  default:
    return "";
  }
}

std::string wrong_number(std::size_t there, std::size_t expected) {
  return "it has " + std::to_string(there) + (there == 1 ? " field, not " : " fields, not ") +
         std::to_string(expected);
}

} // namespace

bool csv_options::is_null(const csv_field& f) const {
  return !f.quoted && std::ranges::find(nulls, f.bytes) != nulls.end();
}

result<csv_columns> csv_columns::make(const csv_options& o, std::vector<std::string> names) {
  csv_columns made{o.key.size()};
  const auto find = [&](const std::string& name, const char* option) -> result<std::size_t> {
    const auto it = std::ranges::find(names, name);
    if (it != names.end())
      return static_cast<std::size_t>(it - names.begin());
    const auto meant = connectors::suggestion(name, names);
    auto some = names;
    some.resize(std::min(some.size(), names_listed));
    return failure{code::not_found, "there is no column " + name, o.place + '.' + option,
                   (meant.empty() ? "" : "Did you mean " + meant + "? ") + "There is " +
                       connectors::listed(some) + (names.size() > names_listed ? ", …" : ".")};
  };
  for (const auto& name : names) {
    const auto typed = o.types.find(name);
    std::string prefix{made.columns_.empty() ? '{' : ','};
    write_json_text(name, prefix);
    made.columns_.push_back({name, prefix + ':', typed == o.types.end() ? o.type : typed->second});
  }
  for (const auto& [name, type] : o.types)
    if (const auto at = find(name, "types"); !at)
      return at.error();
  for (const auto& name : o.key) {
    const auto at = find(name, "key");
    if (!at)
      return at.error();
    made.key_.push_back(*at);
  }
  return made;
}

void csv_columns::write(const record_scan& r, const csv_options& o, rows& onto, spot at,
                        const blob& again) {
  auto& text = onto.text();
  const auto begin = text.size();
  const auto& fields = r.fields();
  fault_.clear();
  bool right = right_number(r, o);
  const auto count = std::min(fields.size(), columns_.size());
  for (std::size_t i = 0; right && i < count; ++i) {
    const auto& f = fields[i];
    text += columns_[i].prefix;
    if (o.is_null(f))
      text += "null";
    else
      right = write_value(r, f, columns_[i], text);
  }
  for (std::size_t i = count; right && i < columns_.size(); ++i)
    (text += columns_[i].prefix) += "null";
  if (!right)
    return onto.refuse(begin, at, fault_, r.bytes(), again);
  text += '}';
  write_key(r, o);
  onto.keep(begin, key_text_, at, r.bytes(), again);
}

bool csv_columns::right_number(const record_scan& r, const csv_options& o) {
  const auto& fields = r.fields();
  if (r.faulty()) {
    fault_ = "something stands between a closing quote and the next delimiter";
    return false;
  }
  if (fields.size() == columns_.size())
    return true;
  const bool only_empty = fields.size() < columns_.size() ||
                          std::all_of(fields.begin() + static_cast<std::ptrdiff_t>(columns_.size()),
                                      fields.end(), [](const auto& f) { return f.bytes.empty(); });
  if (o.fill && only_empty)
    return true;
  fault_ = wrong_number(fields.size(), columns_.size());
  return false;
}

bool csv_columns::write_value(const record_scan& r, const csv_field& f, const column& c,
                              std::string& onto) {
  if (f.wide && !is_utf8(f.bytes)) {
    fault_ = "column " + c.name + " is not UTF-8";
    return false;
  }
  const auto said = r.decoded(f, room_);
  if (c.type != csv_type::text) {
    const auto json = said.empty() ? "null" : as_json(said, c.type);
    if (!json.empty()) {
      onto += json;
      return true;
    }
    if (c.type != csv_type::infer) {
      fault_ = "column " + c.name + ": '" + std::string{said.substr(0, shown_bytes)} + "' is no " +
               csv_types[static_cast<std::size_t>(c.type)];
      if (!is_utf8(fault_)) // cut within a character
        fault_ = "column " + c.name + " has no " + csv_types[static_cast<std::size_t>(c.type)];
      return false;
    }
  }
  if (f.special) {
    write_json_text(said, onto);
  } else {
    onto += '"';
    onto += said;
    onto += '"';
  }
  return true;
}

void csv_columns::write_key(const record_scan& r, const csv_options& o) {
  key_text_.clear();
  for (const auto k : key_) {
    const auto& fields = r.fields();
    if (k >= fields.size())
      key_text_.miss("column " + columns_[k].name + " of the key is missing");
    else if (o.is_null(fields[k]))
      key_text_.miss("column " + columns_[k].name + " of the key is null");
    else
      key_text_.add(r.decoded(fields[k], room_));
  }
}

} // namespace tenon::actors::files
