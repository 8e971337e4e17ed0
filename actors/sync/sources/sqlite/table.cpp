#include "actors/sync/sources/sqlite/table.hpp"

#include "actors/integration/form/form.hpp"
#include "protocols/identity.hpp"

#include <algorithm>
#include <set>

namespace tenon::actors::sqlite {
namespace {

constexpr std::int64_t max_page_size = 5'000;
constexpr std::size_t max_key_columns = 16;
constexpr std::size_t names_listed = 20;

const std::vector<std::string> known_options{"file",   "table",     "key",
                                             "cursor", "page_size", "deleted"};

failure wrong(std::string_view option, std::string why, std::string remedy) {
  return {code::malformed, std::move(why), place_of(option), std::move(remedy)};
}

result<std::string> text_option(std::string_view option, const value& v) {
  const auto* written = v.as<std::string>();
  if (!written)
    return wrong(option, "expected text, found " + std::string{v.type_name()},
                 "Write a name; one that looks like a number in quotes.");
  if (written->empty() || written->find('\0') != written->npos)
    return wrong(option, "this cannot be a name", "Write the name, or leave the option out.");
  return *written;
}

result<std::vector<std::string>> key_option(const value& v) {
  const auto* several = v.as<list>();
  const auto named = several ? *several : list{v};
  if (named.empty() || named.size() > max_key_columns)
    return wrong("key", "a key has 1 to 16 columns", "Name the columns of the primary key.");
  std::vector<std::string> key;
  for (const auto& each : named) {
    auto name = text_option("key", each);
    if (!name)
      return std::move(name).error();
    key.push_back(*std::move(name));
  }
  return key;
}

/// "There are a, b and c." with the one that was probably meant in front.
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

bool same_name(const std::string& a, const std::string& b) {
  return sqlite3_stricmp(a.c_str(), b.c_str()) == 0;
}

/// TEXT affinity, by the rules of SQLite's "Determination Of Column Affinity".
bool text_affinity(const std::string& type) {
  std::string upper;
  for (const char c : type)
    upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  const auto has = [&](const char* part) { return upper.find(part) != upper.npos; };
  return !has("INT") && (has("CHAR") || has("CLOB") || has("TEXT"));
}

result<std::string> find_name(database& db, const std::string& asked) {
  const auto same = db.texts("SELECT name FROM sqlite_schema WHERE type = 'table' AND "
                             "name = ?1 COLLATE NOCASE AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
                             {text{asked}});
  if (!same)
    return same.error();
  if (!same->empty())
    return same->front();
  const auto view =
      db.texts("SELECT name FROM sqlite_schema WHERE type = 'view' AND name = ?1 COLLATE NOCASE",
               {text{asked}});
  if (!view)
    return view.error();
  if (!view->empty())
    return wrong("table", asked + " is a view, whose key the database does not keep unique",
                 "Name the table that it reads.");
  auto all = db.texts("SELECT name FROM sqlite_schema WHERE type = 'table' AND "
                      "name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name");
  if (!all)
    return std::move(all).error();
  return failure{code::not_found, "the database has no table " + asked, place_of("table"),
                 what_there_is(asked, *std::move(all), "It has no tables at all.")};
}

result<std::size_t> find_column(const table& t, const std::string& asked, const char* option) {
  const auto it =
      std::ranges::find_if(t.columns, [&](const column& c) { return same_name(c.name, asked); });
  if (it != t.columns.end())
    return static_cast<std::size_t>(it - t.columns.begin());
  std::vector<std::string> names;
  for (const auto& c : t.columns)
    names.push_back(c.name);
  return failure{code::not_found, "table " + t.name + " has no column " + asked, place_of(option),
                 what_there_is(asked, std::move(names), "It has no columns at all.")};
}

result<void> read_columns(database& db, table& t) {
  // Generated columns (2, 3) are values like others; 1 is a virtual table's hidden argument.
  auto row =
      db.prepare("SELECT name, type FROM pragma_table_xinfo(?1) WHERE hidden <> 1", {text{t.name}});
  if (!row)
    return std::move(row).error();
  for (;;) {
    const auto more = row->step();
    if (!more)
      return more.error();
    if (!*more)
      return {};
    column c{.name = row->text_at(0), .type = row->text_at(1)};
    c.term = in_quotes(c.name);
    c.holds_text = text_affinity(c.type);
    if (!db.plain_collation(t.name, c.name))
      c.term +=
          " COLLATE BINARY"; // said only where it is needed: it keeps row values from an index
    t.columns.push_back(std::move(c));
  }
}

/// Whether the named columns, or some of them, cannot be the same in two rows.
result<bool> kept_unique(database& db, const table& t) {
  const auto of_key = [&](const std::vector<std::string>& names) {
    return !names.empty() && std::ranges::all_of(names, [&](const std::string& n) {
      return std::ranges::any_of(t.key,
                                 [&](std::size_t k) { return same_name(t.columns[k].name, n); });
    });
  };
  const auto primary =
      db.texts("SELECT name FROM pragma_table_xinfo(?1) WHERE pk > 0", {text{t.name}});
  if (!primary)
    return primary.error();
  if (of_key(*primary))
    return true;
  const auto indexes =
      db.texts("SELECT name FROM pragma_index_list(?1) WHERE \"unique\" = 1 AND partial = 0",
               {text{t.name}});
  if (!indexes)
    return indexes.error();
  for (const auto& index : *indexes) {
    const auto names = db.texts("SELECT name FROM pragma_index_info(?1)", {text{index}});
    if (!names)
      return names.error();
    if (of_key(*names)) // the rowid and expressions are without name, and so of no key
      return true;
  }
  return false;
}

result<void> check_unique(database& db, const table& t) {
  const auto unique = kept_unique(db, t);
  if (!unique)
    return unique.error();
  if (*unique)
    return {};
  const auto primary =
      db.texts("SELECT name FROM pragma_table_xinfo(?1) WHERE pk > 0 ORDER BY pk", {text{t.name}});
  if (!primary)
    return primary.error();
  return wrong("key", "the database does not keep this key of table " + t.name + " unique",
               primary->empty() ? "Name the columns of a unique index, or create one."
                                : "Its primary key is " + connectors::listed(*primary) + ".");
}

std::uint64_t shape_of(const table& t) {
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
  return h;
}

} // namespace

result<table_options> read_options(const object& written) {
  table_options o;
  for (const auto& [name, v] : written) {
    if (name == "key") {
      auto key = key_option(v);
      if (!key)
        return std::move(key).error();
      o.key = *std::move(key);
    } else if (name == "page_size") {
      const auto* size = v.as<std::int64_t>();
      if (!size || *size < 1 || *size > max_page_size)
        return wrong(name, "this is no page size", "Write a whole number from 1 to 5000.");
      o.page_size = static_cast<std::size_t>(*size);
    } else if (std::ranges::find(known_options, name) != known_options.end()) {
      auto named = text_option(name, v);
      if (!named)
        return std::move(named).error();
      (name == "file"     ? o.file
       : name == "table"  ? o.table
       : name == "cursor" ? o.cursor
                          : o.deleted) = *std::move(named);
    } else {
      const auto meant = connectors::suggestion(name, known_options);
      return wrong(name, "a SQLite source has no option " + name,
                   meant.empty() ? "Known here: " + connectors::listed(known_options) + "."
                                 : "Did you mean " + meant + "?");
    }
  }
  for (const auto& [name, given] :
       {std::pair{"file", !o.file.empty()}, {"table", !o.table.empty()}, {"key", !o.key.empty()}})
    if (!given)
      return wrong(name, "this option is missing", "Write {sqlite: {file: …, table: …, key: …}}.");
  return o;
}

result<table> find_table(database& db, const table_options& o) {
  auto name = find_name(db, o.table);
  if (!name)
    return std::move(name).error();
  table t{.name = *std::move(name)};
  if (auto read = read_columns(db, t); !read)
    return std::move(read).error();
  for (const auto& asked : o.key) {
    const auto at = find_column(t, asked, "key");
    if (!at)
      return at.error();
    if (std::ranges::find(t.key, *at) != t.key.end())
      return wrong("key", asked + " is there twice", "Name each column once.");
    t.key.push_back(*at);
  }
  for (const auto& [asked, option, place] :
       {std::tuple{&o.cursor, "cursor", &t.cursor}, {&o.deleted, "deleted", &t.deleted}}) {
    if (asked->empty())
      continue;
    const auto at = find_column(t, *asked, option);
    if (!at)
      return at.error();
    *place = *at;
  }
  if (auto unique = check_unique(db, t); !unique)
    return std::move(unique).error();
  t.shape = shape_of(t);
  return t;
}

} // namespace tenon::actors::sqlite
