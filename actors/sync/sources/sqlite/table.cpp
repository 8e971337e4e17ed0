#include "actors/sync/sources/sqlite/table.hpp"

#include <algorithm>

namespace tenon::actors::sqlite {
namespace {

using relational::table;

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
    return options.wrong("table", asked + " is a view, whose key the database does not keep unique",
                         "Name the table that it reads.");
  auto all = db.texts("SELECT name FROM sqlite_schema WHERE type = 'table' AND "
                      "name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name");
  if (!all)
    return std::move(all).error();
  return failure{code::not_found, "the database has no table " + asked, options.place_of("table"),
                 relational::what_there_is(asked, *std::move(all), "It has no tables at all.")};
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
    relational::column c{.name = row->text_at(0), .type = row->text_at(1)};
    c.term = in_quotes(c.name);
    c.holds_text = text_affinity(c.type);
    if (!db.plain_collation(t.name, c.name))
      c.term +=
          " COLLATE BINARY"; // said only where it is needed: it keeps row values from an index
    t.columns.push_back(std::move(c));
  }
}

result<void> check_unique(database& db, const table& t) {
  std::vector<std::vector<std::string>> unique;
  auto primary =
      db.texts("SELECT name FROM pragma_table_xinfo(?1) WHERE pk > 0 ORDER BY pk", {text{t.name}});
  if (!primary)
    return std::move(primary).error();
  const bool has_primary = !primary->empty();
  if (has_primary)
    unique.push_back(*std::move(primary));
  const auto indexes =
      db.texts("SELECT name FROM pragma_index_list(?1) WHERE \"unique\" = 1 AND partial = 0",
               {text{t.name}});
  if (!indexes)
    return indexes.error();
  for (const auto& index : *indexes) {
    // The rowid and expressions are without name, and so of no key.
    auto names = db.texts("SELECT name FROM pragma_index_info(?1)", {text{index}});
    if (!names)
      return std::move(names).error();
    unique.push_back(*std::move(names));
  }
  return relational::check_unique(t, options, same_name, has_primary, unique);
}

} // namespace

result<table_options> read_options(const object& written) {
  table_options o;
  auto rows = relational::read_table_options(
      written, options, {}, [&](const std::string& name, const value& v) -> result<void> {
        auto file = options.text_of(name, v);
        if (!file)
          return std::move(file).error();
        o.file = *std::move(file);
        return {};
      });
  if (!rows)
    return std::move(rows).error();
  o.rows = *std::move(rows);
  for (const auto& [name, given] : {std::pair{"file", !o.file.empty()},
                                    {"table", !o.rows.table.empty()},
                                    {"key", !o.rows.key.empty()}})
    if (!given)
      return options.wrong(name, "this option is missing",
                           "Write " + std::string{options.example} + '.');
  return o;
}

result<table> find_table(database& db, const relational::table_options& o) {
  auto name = find_name(db, o.table);
  if (!name)
    return std::move(name).error();
  table t{.name = *std::move(name)};
  if (auto read = read_columns(db, t); !read)
    return std::move(read).error();
  if (auto chosen = relational::choose_columns(t, o, options, same_name); !chosen)
    return std::move(chosen).error();
  if (auto unique = check_unique(db, t); !unique)
    return std::move(unique).error();
  return t;
}

} // namespace tenon::actors::sqlite
