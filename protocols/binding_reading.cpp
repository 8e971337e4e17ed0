#include "protocols/base64.hpp"
#include "protocols/binding_parts.hpp"
#include "protocols/json.hpp"
#include "protocols/spelling.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

namespace tenon::protocols::binding {

namespace {

constexpr std::string_view cover_text = "•••";

failure malformed(const place& at, std::string why, std::string remedy = {}) {
  return {.code = code::malformed,
          .why = std::move(why),
          .where = at.text(),
          .remedy = std::move(remedy)};
}

/// "did you mean x?", or all names when none is near.
std::string suggestion(std::string_view given, names known) {
  std::vector<std::string_view> all_names;
  for (const auto& f : known)
    all_names.push_back(f.name);
  if (const auto meant = nearest(given, all_names))
    return "did you mean " + std::string{known[*meant].name} + "?";
  if (known.empty())
    return "nothing is allowed here";
  std::string all = "allowed are ";
  for (const auto& f : known)
    all.append(&f == known.data() ? "" : ", ").append(f.name);
  return all;
}

template <class N> std::string range(N least, N most) {
  return "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most);
}

/// How what was expected is written.
std::string sample_of(std::string_view type) {
  return type == "bool"     ? "Write true or false."
         : type == "number" ? "Write a number without quotes, such as 5."
         : type == "text"   ? "Write a text, in quotes if it looks like something else."
         : type == "moment" ? "Write a time such as 2030-01-31T09:30:00Z."
         : type == "span"   ? "Write a length of time such as 15m."
         : type == "list"   ? "Write a list such as [a, b]."
                            : "Write members such as {name: value}.";
}

} // namespace

std::string place::text() const {
  auto out = within ? within->text() : std::string{};
  if (index != no_index)
    return out + '[' + std::to_string(index) + ']';
  if (!out.empty() && !name.empty())
    out += '.';
  return out.append(name);
}

failure wrong_type(const place& at, std::string_view expected, const value& found) {
  return malformed(
      at, "expected " + std::string{expected} + ", found " + std::string{found.type_name()},
      sample_of(expected));
}

failure missing(const place& at, const field& f) {
  return malformed(at, std::string{f.name} + " is required", std::string{f.doc});
}

failure covered(const place& at) {
  return malformed(at, "this is the cover of a secret, not the secret",
                   "give the secret itself, or leave the member out");
}

result<void> check_known(const object& members, const place& at, names known) {
  for (const auto& [key, ignored] : members) {
    const bool found =
        std::any_of(known.begin(), known.end(), [&](const field& f) { return f.name == key; });
    if (!found)
      return malformed(place{&at, key}, "unknown field " + key, suggestion(key, known));
  }
  return {};
}

result<void> read_scalar(const value& v, const place& at, bool& into) {
  const auto* b = v.as<bool>();
  if (!b)
    return wrong_type(at, "bool", v);
  into = *b;
  return {};
}

result<void> read_scalar(const value& v, const place& at, double& into) {
  if (const auto* d = v.as<double>())
    into = *d;
  else if (const auto* n = v.as<std::int64_t>())
    into = static_cast<double>(*n);
  else
    return wrong_type(at, "number", v);
  return {};
}

result<void> read_scalar(const value& v, const place& at, std::string& into) {
  const auto* text = v.as<std::string>();
  if (!text)
    return wrong_type(at, "text", v);
  into = *text;
  return {};
}

result<void> read_scalar(const value& v, const place& at, blob& into) {
  const auto* text = v.as<std::string>();
  if (!text)
    return wrong_type(at, "text", v);
  if (!text->starts_with(base64_mark)) {
    into = blob::copy_of(*text);
    return {};
  }
  auto bytes = from_base64(std::string_view{*text}.substr(base64_mark.size()));
  if (!bytes)
    return malformed(at, "what follows base64: is not base64",
                     "use A–Z a–z 0–9 + / and pad with =");
  into = blob::from(std::move(*bytes));
  return {};
}

result<void> read_scalar(const value& v, const place& at, moment& into) {
  if (const auto* m = v.as<moment>()) {
    into = *m;
    return {};
  }
  const auto* text = v.as<std::string>();
  if (!text)
    return wrong_type(at, "moment", v);
  const auto m = parse_moment(*text);
  if (!m)
    return malformed(at, m.error().why, "write it like 2026-11-21T09:00:00Z");
  into = *m;
  return {};
}

result<void> read_scalar(const value& v, const place& at, span& into) {
  if (const auto* s = v.as<span>()) {
    into = *s;
    return {};
  }
  if (const auto* text = v.as<std::string>()) {
    const auto s = parse_span(*text);
    if (!s)
      return malformed(at, s.error().why, "write it like 500ms, 30s or 1h30m");
    into = *s;
    return {};
  }
  if (!v.is<std::int64_t>() && !v.is<double>())
    return wrong_type(at, "span", v);
  const auto n = read_signed(v, at, INT64_MIN, INT64_MAX);
  if (!n)
    return n.error();
  into = span{*n};
  return {};
}

result<std::int64_t> read_signed(const value& v, const place& at, std::int64_t least,
                                 std::int64_t most) {
  // 2^63 is a double, the largest integer below it is not.
  constexpr double beyond = 9223372036854775808.0;
  std::int64_t n = 0;
  if (const auto* i = v.as<std::int64_t>())
    n = *i;
  else if (const auto* d = v.as<double>(); !d)
    return wrong_type(at, "number", v);
  else if (std::trunc(*d) != *d || *d < -beyond || *d >= beyond)
    return malformed(at, range(least, most));
  else
    n = static_cast<std::int64_t>(*d);
  if (n < least || n > most)
    return malformed(at, range(least, most));
  return n;
}

result<std::uint64_t> read_unsigned(const value& v, const place& at, std::uint64_t most) {
  constexpr double beyond = 18446744073709551616.0; // 2^64
  std::uint64_t n = 0;
  if (const auto* i = v.as<std::int64_t>(); i && *i >= 0) {
    n = static_cast<std::uint64_t>(*i);
  } else if (const auto* d = v.as<double>(); d && std::trunc(*d) == *d && *d >= 0 && *d < beyond) {
    n = static_cast<std::uint64_t>(*d);
  } else if (const auto* t = v.as<std::string>(); t && most == UINT64_MAX) {
    const auto [end, wrong] = std::from_chars(t->data(), t->data() + t->size(), n);
    if (wrong != std::errc{} || end != t->data() + t->size())
      return wrong_type(at, "number", v);
  } else if (v.is<std::int64_t>() || v.is<double>()) {
    return malformed(at, range(std::uint64_t{0}, most));
  } else {
    return wrong_type(at, "number", v);
  }
  if (n > most)
    return malformed(at, range(std::uint64_t{0}, most));
  return n;
}

result<void> read_document(const value& v, const place&, std::string& into) {
  into = write_json(v);
  return {};
}

result<std::size_t> read_name(const value& v, const place& at, names known) {
  const auto* text = v.as<std::string>();
  if (!text)
    return wrong_type(at, "text", v);
  for (std::size_t i = 0; i < known.size(); ++i)
    if (known[i].name == *text)
      return i;
  return malformed(at, "unknown name " + *text, suggestion(*text, known));
}

result<choice> read_choice(const value& v, const place& at, names alternatives) {
  const auto* members = v.as<object>();
  if (!members)
    return wrong_type(at, "object", v);
  if (auto known = check_known(*members, at, alternatives); !known)
    return known.error();
  if (members->size() != 1)
    return malformed(at,
                     "expected one member, found " + std::to_string(members->size()) +
                         (members->empty() ? "" : "; they exclude each other"),
                     suggestion("", alternatives));
  const auto& [key, content] = *members->begin();
  std::size_t index = 0;
  while (alternatives[index].name != key)
    ++index;
  return choice{index, &content};
}

bool is_covered(const value& v) {
  const auto* text = v.as<std::string>();
  return text && *text == cover_text;
}

value cover() {
  return cover_text;
}

} // namespace tenon::protocols::binding
