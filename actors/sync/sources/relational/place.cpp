#include "actors/sync/sources/relational/place.hpp"

#include "protocols/base64.hpp"
#include "protocols/json.hpp"
#include "protocols/utf8.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace tenon::actors::relational {
namespace {

constexpr std::array<std::string_view, 3> part_names{"key", "without_cursor", "cursor"};

/// Numbers and text as they are; what JSON has no word for as an object of one member.
value to_value(const cell& c) {
  if (const auto* n = std::get_if<std::int64_t>(&c))
    return *n;
  if (const auto* d = std::get_if<double>(&c))
    return std::isfinite(*d) ? value{*d} : value{object{{"infinite", *d > 0}}};
  if (const auto* o = std::get_if<octets>(&c))
    return object{{"blob", to_base64(o->bytes)}};
  const auto& t = std::get<text>(c).bytes;
  return is_utf8(t) ? value{t} : value{object{{"text", to_base64(t)}}};
}

std::optional<cell> to_cell(const value& v) {
  if (const auto* n = v.as<std::int64_t>())
    return cell{*n};
  if (const auto* d = v.as<double>())
    return cell{*d};
  if (const auto* t = v.as<std::string>())
    return cell{text{*t}};
  const auto* o = v.as<object>();
  if (!o || o->size() != 1)
    return std::nullopt;
  const auto& [name, held] = *o->begin();
  if (const auto* positive = held.as<bool>(); positive && name == "infinite")
    return cell{*positive ? std::numeric_limits<double>::infinity()
                          : -std::numeric_limits<double>::infinity()};
  const auto* encoded = held.as<std::string>();
  auto bytes = encoded ? from_base64(*encoded) : std::nullopt;
  if (bytes && name == "blob")
    return cell{octets{*std::move(bytes)}};
  if (bytes && name == "text")
    return cell{text{*std::move(bytes)}};
  return std::nullopt;
}

failure lost(const char* why) {
  return {code::stale, why, {}, "It is read from the beginning."};
}

/// The member, which may be absent; false when it is there and is no cell.
bool take(const value& from, const char* name, std::optional<cell>& into) {
  const auto* v = from.find(name);
  if (!v)
    return true;
  into = to_cell(*v);
  return into.has_value();
}

} // namespace

std::string write_place(const place& p) {
  list after;
  for (const auto& c : p.after)
    after.push_back(to_value(c));
  object o{{"by", part_names[static_cast<std::size_t>(p.part)]},
           {"after", std::move(after)},
           {"expected", p.expected},
           {"shape", std::to_string(p.shape)}};
  if (p.since)
    o.append("since", to_value(*p.since));
  if (p.newest)
    o.append("newest", to_value(*p.newest));
  return write_json(o);
}

result<place> read_place(const std::string& written, const table& t) {
  const auto document = read_json(written);
  const auto* by = document ? document->find("by") : nullptr;
  const auto* after = document ? document->find("after") : nullptr;
  const auto* expected = document ? document->find("expected") : nullptr;
  const auto* shape = document ? document->find("shape") : nullptr;
  if (!by || !after || !after->is<list>() || !expected || !expected->is<std::int64_t>() || !shape)
    return lost("the position is not one of a table");
  place p{.expected = static_cast<std::uint64_t>(*expected->as<std::int64_t>()), .shape = t.shape};
  const auto named = std::ranges::find_if(part_names, [&](auto n) { return value{n} == *by; });
  bool whole = named != part_names.end() && take(*document, "since", p.since) &&
               take(*document, "newest", p.newest);
  for (const auto& each : *after->as<list>()) {
    auto c = to_cell(each);
    whole = whole && c;
    if (c)
      p.after.push_back(*std::move(c));
  }
  if (!whole)
    return lost("the position is not one of a table");
  p.part = static_cast<part>(named - part_names.begin());
  const auto terms = t.key.size() + (p.part == part::by_cursor ? 1 : 0);
  if (*shape != value{std::to_string(t.shape)} || (!p.after.empty() && p.after.size() != terms) ||
      (p.part != part::by_key && (!t.cursor || !p.since)))
    return lost("the columns of the table, or the options, changed between two pages");
  return p;
}

std::string write_cursor(const table& t, const std::optional<cell>& at) {
  return at ? write_json(object{{"column", t.cursor_column().name}, {"at", to_value(*at)}}) : "";
}

result<std::optional<cell>> read_cursor(const std::string& written, const table& t) {
  std::optional<cell> at;
  if (written.empty())
    return at;
  const auto wrong = [](std::string why) {
    return failure{code::malformed, std::move(why), "cursor",
                   "Rewind the sync, to a cursor that fits or to none; it is then read from the "
                   "beginning."};
  };
  if (!t.cursor)
    return wrong("the table is read without a cursor");
  const auto document = read_json(written);
  const auto* named = document ? document->find("column") : nullptr;
  const auto* column = named ? named->as<std::string>() : nullptr;
  if (!column || !take(*document, "at", at) || !at)
    return wrong("the cursor is not one of a table");
  if (*column != t.cursor_column().name)
    return wrong("the cursor is one of the column " + *column + ", and the table is read by " +
                 t.cursor_column().name);
  return at;
}

std::string write_row_key(const table& t, const std::vector<cell>& key) {
  list columns, cells;
  for (std::size_t i = 0; i < key.size(); ++i) {
    columns.push_back(t.columns[t.key[i]].name);
    cells.push_back(to_value(key[i]));
  }
  return write_json(object{{"columns", std::move(columns)}, {"cells", std::move(cells)}});
}

std::optional<std::vector<cell>> read_row_key(std::string_view written, const table& t) {
  const auto document = read_json(written);
  const auto* columns = document ? document->find("columns") : nullptr;
  const auto* cells = document ? document->find("cells") : nullptr;
  list names;
  for (const auto k : t.key)
    names.push_back(t.columns[k].name);
  if (!columns || *columns != value{std::move(names)} || !cells || !cells->is<list>())
    return std::nullopt;
  std::vector<cell> key;
  for (const auto& each : *cells->as<list>())
    if (auto c = to_cell(each))
      key.push_back(*std::move(c));
  return key.size() == t.key.size() ? std::optional{std::move(key)} : std::nullopt;
}

} // namespace tenon::actors::relational
