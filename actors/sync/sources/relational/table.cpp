#include "actors/sync/sources/relational/table.hpp"

#include "actors/integration/form/form.hpp"
#include "protocols/identity.hpp"

#include <algorithm>

namespace tenon::actors::relational {
namespace {

constexpr std::size_t max_key_columns = 16;
constexpr std::size_t names_listed = 20;
constexpr std::int64_t longest_lookback = 366LL * 24 * 60 * 60;

result<std::vector<std::string>> names_option(const option_names& known, const std::string& option,
                                              const value& v) {
  const auto* several = v.as<list>();
  const auto named = several ? *several : list{v};
  if (option == "key" && (named.empty() || named.size() > max_key_columns))
    return known.wrong(option, "a key has 1 to 16 columns", "Name the columns of the primary key.");
  std::vector<std::string> names;
  for (const auto& each : named) {
    auto name = known.text_of(option, each);
    if (!name)
      return std::move(name).error();
    names.push_back(*std::move(name));
  }
  return names;
}

/// Seconds for "5m", a number as it is.
result<std::int64_t> lookback_option(const option_names& known, const value& v) {
  const auto* written = v.as<std::string>();
  const auto* number = v.as<std::int64_t>();
  const auto length = written ? parse_span(*written) : result<span>{span{0}};
  const auto n = number ? *number
                 : written && length
                     ? std::chrono::duration_cast<std::chrono::seconds>(*length).count()
                     : -1;
  if (n < 0 || (written && n > longest_lookback))
    return known.wrong("lookback", "this is no distance to look back",
                       "Write a time like 5m for a cursor that is a time, up to 366d; a number for "
                       "one that is a number.");
  return n;
}

result<std::size_t> find_column(const table& t, const std::string& asked, const char* option,
                                const option_names& known, const same_name& same) {
  const auto it =
      std::ranges::find_if(t.columns, [&](const auto& c) { return same(c.name, asked); });
  if (it != t.columns.end())
    return static_cast<std::size_t>(it - t.columns.begin());
  std::vector<std::string> names;
  for (const auto& c : t.columns)
    names.push_back(c.name);
  return failure{code::not_found, "table " + t.name + " has no column " + asked,
                 known.place_of(option),
                 what_there_is(asked, std::move(names), "It has no columns at all.")};
}

/// Only what was asked for, and what a row is known and ordered by.
result<void> leave_out_others(table& t, const table_options& o, const option_names& known,
                              const same_name& same) {
  if (o.columns.empty())
    return {};
  std::vector<bool> wanted(t.columns.size());
  const auto want = [&](const std::string& name, const char* option) -> result<void> {
    const auto at = find_column(t, name, option, known, same);
    if (!at)
      return at.error();
    wanted[*at] = true;
    return {};
  };
  for (const auto& name : o.columns)
    if (auto there = want(name, "columns"); !there)
      return there;
  for (const auto& name : o.key)
    if (auto there = want(name, "key"); !there)
      return there;
  for (const auto& [name, option] : {std::pair{&o.cursor, "cursor"}, {&o.deleted, "deleted"}})
    if (!name->empty())
      if (auto there = want(*name, option); !there)
        return there;
  std::vector<column> kept;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (wanted[i])
      kept.push_back(std::move(t.columns[i]));
  t.columns = std::move(kept);
  return {};
}

std::uint64_t shape_of(const table& t, const table_options& o) {
  auto h = stable_hash(t.name);
  const auto add = [&](std::string_view word) { h = stable_hash(word, h ^ 0xff); };
  for (const auto& c : t.columns) {
    add(c.name);
    add(c.type);
  }
  for (const auto k : t.key)
    add(std::to_string(k));
  add(t.cursor ? std::to_string(*t.cursor) : "");
  add(t.deleted ? std::to_string(*t.deleted) : "");
  if (!o.where.empty())
    add(o.where);
  return h;
}

} // namespace

std::string option_names::place_of(std::string_view option) const {
  std::string place{"spec.from."};
  place += kind;
  return (place += '.').append(option);
}

failure option_names::wrong(std::string_view option, std::string why, std::string remedy) const {
  return {code::malformed, std::move(why), place_of(option), std::move(remedy)};
}

result<std::string> option_names::text_of(std::string_view option, const value& v) const {
  const auto* written = v.as<std::string>();
  if (!written)
    return wrong(option, "expected text, found " + std::string{v.type_name()},
                 "Write a name; one that looks like a number in quotes.");
  if (written->empty() || written->find('\0') != written->npos)
    return wrong(option, "this cannot be a name", "Write the name, or leave the option out.");
  return *written;
}

result<table_options>
read_table_options(const object& written, const option_names& known, table_options o,
                   const std::function<result<void>(const std::string&, const value&)>& other) {
  const auto take = [&](const std::string& name, const value& v) -> result<void> {
    if (name == "key" || name == "columns") {
      auto names = names_option(known, name, v);
      if (!names)
        return std::move(names).error();
      (name == "key" ? o.key : o.columns) = *std::move(names);
    } else if (name == "page_size") {
      const auto* size = v.as<std::int64_t>();
      if (!size || *size < 1 || *size > known.max_page_size)
        return known.wrong(name, "this is no page size",
                           "Write a whole number from 1 to " + std::to_string(known.max_page_size) +
                               ".");
      o.page_size = static_cast<std::size_t>(*size);
      o.sized = true;
    } else if (name == "lookback") {
      const auto distance = lookback_option(known, v);
      if (!distance)
        return distance.error();
      o.lookback = *distance;
    } else if (name == "table" || name == "cursor" || name == "deleted" || name == "where") {
      auto named = known.text_of(name, v);
      if (!named)
        return std::move(named).error();
      (name == "table"    ? o.table
       : name == "cursor" ? o.cursor
       : name == "where"  ? o.where
                          : o.deleted) = *std::move(named);
    } else {
      return other(name, v);
    }
    return {};
  };
  for (const auto& [name, v] : written) {
    if (std::ranges::find(known.known, name) == known.known.end()) {
      const auto meant = connectors::suggestion(name, known.known);
      return known.wrong(name, std::string{known.spoken} + " has no option " + name,
                         meant.empty() ? "Known here: " + connectors::listed(known.known) + "."
                                       : "Did you mean " + meant + "?");
    }
    if (auto taken = take(name, v); !taken)
      return std::move(taken).error();
  }
  return o;
}

result<void> choose_columns(table& t, const table_options& o, const option_names& known,
                            const same_name& same) {
  if (auto left = leave_out_others(t, o, known, same); !left)
    return left;
  for (const auto& asked : o.key) {
    const auto at = find_column(t, asked, "key", known, same);
    if (!at)
      return at.error();
    if (std::ranges::find(t.key, *at) != t.key.end())
      return known.wrong("key", asked + " is there twice", "Name each column once.");
    t.key.push_back(*at);
  }
  for (const auto& [asked, option, place] :
       {std::tuple{&o.cursor, "cursor", &t.cursor}, {&o.deleted, "deleted", &t.deleted}}) {
    if (asked->empty())
      continue;
    const auto at = find_column(t, *asked, option, known, same);
    if (!at)
      return at.error();
    *place = *at;
  }
  t.shape = shape_of(t, o);
  return {};
}

result<void> check_unique(const table& t, const option_names& known, const same_name& same,
                          bool has_primary, const std::vector<std::vector<std::string>>& unique) {
  const auto of_key = [&](const std::vector<std::string>& names) {
    return !names.empty() && std::ranges::all_of(names, [&](const std::string& n) {
      return std::ranges::any_of(t.key, [&](std::size_t k) { return same(t.columns[k].name, n); });
    });
  };
  if (std::ranges::any_of(unique, of_key))
    return {};
  return known.wrong("key", "the database does not keep this key of table " + t.name + " unique",
                     has_primary ? "Its primary key is " + connectors::listed(unique.front()) + "."
                                 : "Name the columns of a unique index, or create one.");
}

std::string what_there_is(std::string_view meant, std::vector<std::string> names,
                          const char* none) {
  if (names.empty())
    return none;
  const auto near = connectors::suggestion(meant, names);
  const auto more = names.size() > names_listed ? ", …" : ".";
  names.resize(std::min(names.size(), names_listed));
  return (near.empty() ? "" : "Did you mean " + near + "? ") + "There is " +
         connectors::listed(names) + more;
}

std::string joined(const std::vector<std::string>& parts, std::string_view with) {
  std::string out;
  for (const auto& p : parts)
    (out += out.empty() ? "" : with) += p;
  return out;
}

std::string quoted_by(char mark, std::string_view identifier) {
  std::string out{mark};
  for (const char c : identifier) {
    if (c == mark)
      out += mark;
    out += c;
  }
  return out += mark;
}

} // namespace tenon::actors::relational
