#include "actors/sync/sources/mariadb/table.hpp"

#include <algorithm>
#include <array>

namespace tenon::actors::mariadb {
namespace {

constexpr std::uint16_t usual_port = 3306;
constexpr std::size_t usual_page = 5'000;
const std::vector<std::string> schemes{"mariadb", "mysql"};

template <std::size_t N>
bool is_any_of(std::string_view word, const std::array<std::string_view, N>& those) {
  return std::ranges::find(those, word) != those.end();
}

constexpr std::array<std::string_view, 6> whole_types{"tinyint", "smallint", "mediumint",
                                                      "int",     "bigint",   "year"};
constexpr std::array<std::string_view, 6> byte_types{"binary", "varbinary",  "tinyblob",
                                                     "blob",   "mediumblob", "longblob"};
constexpr std::array<std::string_view, 8> shape_types{
    "geometry",   "point",           "linestring",   "polygon",
    "multipoint", "multilinestring", "multipolygon", "geometrycollection"};
constexpr std::array<std::string_view, 4> large_types{"mediumtext", "longtext", "mediumblob",
                                                      "longblob"};
// An enum is ordered by its number and compared by its name.
constexpr std::array<std::string_view, 22> ordered_types{
    "tinyint",   "smallint", "mediumint", "int",  "bigint",   "year",      "decimal", "char",
    "varchar",   "tinytext", "text",      "date", "datetime", "timestamp", "time",    "binary",
    "varbinary", "tinyblob", "blob",      "uuid", "inet4",    "inet6"};

kind kind_of(const std::string& type, bool is_json) {
  if (is_json)
    return kind::json;
  if (is_any_of(type, whole_types))
    return kind::whole;
  if (type == "float" || type == "double")
    return kind::real;
  if (type == "decimal")
    return kind::decimal;
  if (type == "bit")
    return kind::bits;
  if (is_any_of(type, byte_types))
    return kind::bytes;
  if (type == "datetime")
    return kind::time;
  if (type == "timestamp")
    return kind::instant;
  return is_any_of(type, shape_types) ? kind::shape : kind::text;
}

std::pair<std::string, std::string> name_of(const source_options& o) {
  const auto dot = o.rows.table.find('.');
  if (dot == std::string::npos)
    return {o.server.database, o.rows.table};
  return {o.rows.table.substr(0, dot), o.rows.table.substr(dot + 1)};
}

result<void> read_columns(session& db, const std::string& which, described_table& t) {
  const auto found = db.ask(
      "SELECT c.column_name, c.column_type, c.data_type, c.is_nullable, c.data_type = 'longtext' "
      "AND EXISTS (SELECT 1 FROM "
      "information_schema.check_constraints k WHERE k.constraint_schema = c.table_schema AND "
      "k.table_name = c.table_name AND k.check_clause = CONCAT('json_valid(`', "
      "REPLACE(c.column_name, '`', '``'), '`)')) FROM information_schema.columns c WHERE " +
      which + " ORDER BY c.ordinal_position");
  if (!found)
    return found.error();
  for (const auto& f : *found) {
    const auto type = f[2].value_or("");
    t.columns.push_back({.name = f[0].value_or(""),
                         .kind = kind_of(type, f[4] == "1"),
                         .data_type = type,
                         .large = is_any_of(type, large_types) || is_any_of(type, shape_types)});
    t.table.columns.push_back({.name = f[0].value_or(""),
                               .type = f[1].value_or(""),
                               .term = in_quotes(f[0].value_or("")),
                               .nullable = f[3] != "NO"});
  }
  return {};
}

result<void> check_key(session& db, const std::string& which, const described_table& t,
                       const relational::same_name& same) {
  const auto found = db.ask(
      "SELECT c.index_name, c.column_name FROM information_schema.statistics c WHERE " + which +
      " AND c.non_unique = 0 ORDER BY c.index_name <> 'PRIMARY', c.index_name, "
      "c.seq_in_index");
  if (!found)
    return found.error();
  std::vector<std::vector<std::string>> unique;
  std::optional<std::string> index;
  for (const auto& f : *found) {
    if (f[0] != index)
      unique.emplace_back();
    index = f[0];
    unique.back().push_back(f[1].value_or(""));
  }
  const bool has_primary = !found->empty() && found->front()[0] == "PRIMARY";
  return relational::check_unique(t.table, options, same, has_primary, unique);
}

result<void> check_order(const described_table& t) {
  auto ordering = t.table.key;
  if (t.table.cursor)
    ordering.push_back(*t.table.cursor);
  for (const auto c : ordering)
    if (!is_any_of(t.columns[c].data_type, ordered_types)) {
      const bool is_key = std::ranges::find(t.table.key, c) != t.table.key.end();
      return options.wrong(is_key ? "key" : "cursor",
                           "column " + t.columns[c].name + " is " + t.table.columns[c].type +
                               ", by which rows cannot be told apart and ordered exactly",
                           "Name columns that are numbers, text, times, uuids or binary.");
    }
  return {};
}

result<void> check_relation(session& db, const std::string& which, const std::string& schema,
                            const described_table& t) {
  const auto found = db.ask("SELECT c.table_type FROM information_schema.tables c WHERE " + which);
  if (!found)
    return found.error();
  const auto type = found->empty() ? std::nullopt : found->front()[0];
  if (type == "VIEW" || type == "SYSTEM VIEW")
    return options.wrong("table",
                         t.table.name + " is a view, whose key the database does not keep unique",
                         "Name the table that it reads.");
  if (type)
    return {};
  const auto all = db.ask("SELECT c.table_name FROM information_schema.tables c WHERE "
                          "c.table_schema = " +
                          text_literal(schema) + " AND c.table_type = 'BASE TABLE' ORDER BY 1");
  if (!all)
    return all.error();
  std::vector<std::string> names;
  for (const auto& f : *all)
    names.push_back(f[0].value_or(""));
  return failure{code::not_found, "the database has no table " + t.table.name,
                 options.place_of("table"),
                 relational::what_there_is(t.table.name.substr(schema.size() + 1), std::move(names),
                                           "It has no tables that this user may read.")};
}

} // namespace

result<source_options> read_options(const object& written) {
  source_options o;
  auto rows = relational::read_table_options(
      written, options, {.page_size = usual_page}, [&](const std::string& name, const value& v) {
        return relational::read_server_option(o.server, options, schemes, usual_port, name, v);
      });
  if (!rows)
    return std::move(rows).error();
  o.rows = *std::move(rows);
  for (const auto& [name, given] : {std::pair{"url", !o.server.host.empty()},
                                    {"table", !o.rows.table.empty()},
                                    {"key", !o.rows.key.empty()}})
    if (!given)
      return options.wrong(name, "this option is missing",
                           "Write " + std::string{options.example} + '.');
  return o;
}

result<described_table> describe_table(session& db, const source_options& o) {
  const auto [schema, name] = name_of(o);
  described_table t;
  t.table.name = schema + '.' + name;
  t.spelled = in_quotes(schema) + '.' + in_quotes(name);
  const auto which =
      "c.table_schema = " + text_literal(schema) + " AND c.table_name = " + text_literal(name);
  if (auto there = check_relation(db, which, schema, t); !there)
    return std::move(there).error();
  if (auto read = read_columns(db, which, t); !read)
    return std::move(read).error();
  const auto same = [](const std::string& a, const std::string& b) {
    return std::ranges::equal(a, b, [](char x, char y) {
      const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; };
      return small(x) == small(y);
    });
  };
  if (auto chosen = relational::choose_columns(t.table, o.rows, options, same); !chosen)
    return std::move(chosen).error();
  std::vector<described_column> columns;
  for (const auto& c : t.table.columns)
    columns.push_back(*std::ranges::find(t.columns, c.name, &described_column::name));
  t.columns = std::move(columns);
  if (auto fits = check_order(t); !fits)
    return std::move(fits).error();
  if (auto unique = check_key(db, which, t, same); !unique)
    return std::move(unique).error();
  return t;
}

} // namespace tenon::actors::mariadb
