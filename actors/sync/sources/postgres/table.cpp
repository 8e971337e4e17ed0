#include "actors/sync/sources/postgres/table.hpp"

#include <algorithm>
#include <charconv>

namespace tenon::actors::postgres {
namespace {

constexpr std::uint16_t usual_port = 5432;
constexpr std::size_t usual_page = 5'000;
constexpr std::size_t max_name_bytes = 63;
const std::vector<std::string> schemes{"postgres", "postgresql"};

const std::string find_relation =
    "SELECT c.oid, c.relkind, c.relreplident, coalesce(pg_catalog.pg_relation_size(nullif("
    "c.reltoastrelid, 0)), 0) > 0 OR c.relkind = 'p' FROM pg_catalog.pg_class c JOIN "
    "pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2";

const std::string list_relations =
    "SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = "
    "c.relnamespace WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'm') ORDER BY 1 LIMIT 500";

// Name, type as declared, its number, the base type's number, kind, category and length, the number
// and the delimiter of its elements, whether it may be NULL.
const std::string list_columns =
    "SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.atttypid, t.oid, "
    "t.typtype, t.typcategory, t.typlen, t.typelem, e.typdelim, a.attnotnull, (WITH RECURSIVE "
    "up(oid) AS (SELECT t.typelem UNION ALL SELECT p.typbasetype FROM up JOIN pg_catalog.pg_type p "
    "ON p.oid = up.oid WHERE p.typbasetype <> 0) SELECT oid FROM up JOIN pg_catalog.pg_type USING "
    "(oid) WHERE typbasetype = 0) FROM pg_catalog.pg_attribute a CROSS JOIN LATERAL (WITH "
    "RECURSIVE "
    "down(oid) AS (SELECT a.atttypid UNION ALL SELECT p.typbasetype FROM down JOIN "
    "pg_catalog.pg_type p ON p.oid = down.oid WHERE p.typbasetype <> 0) SELECT p.* FROM down JOIN "
    "pg_catalog.pg_type p USING (oid) WHERE p.typbasetype = 0) t LEFT JOIN pg_catalog.pg_type e ON "
    "e.oid = t.typelem WHERE a.attrelid = $1::pg_catalog.oid AND a.attnum > 0 AND NOT "
    "a.attisdropped ORDER BY a.attnum";

// The columns of each unique index, the primary key's first, and whether it identifies rows that
// are gone.
const std::string list_unique =
    "SELECT i.indexrelid, i.indisprimary, i.indisreplident, a.attname FROM pg_catalog.pg_index i "
    "CROSS JOIN LATERAL pg_catalog.generate_series(0, i.indnkeyatts - 1) k LEFT JOIN "
    "pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k] WHERE "
    "i.indrelid = $1::pg_catalog.oid AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS "
    "NULL AND i.indisvalid ORDER BY i.indisprimary DESC, i.indexrelid, k";

unsigned number_in(const std::optional<std::string>& text) {
  unsigned n = 0;
  if (text)
    std::from_chars(text->data(), text->data() + text->size(), n);
  return n;
}

/// schema.table, each perhaps in double quotes; public without a schema.
result<std::pair<std::string, std::string>> read_name(const std::string& written) {
  std::vector<std::string> parts{""};
  bool quoted = false;
  for (std::size_t i = 0; i < written.size(); ++i) {
    const char c = written[i];
    if (c == '"' && quoted && written.substr(i + 1, 1) == "\"")
      parts.back() += written[++i];
    else if (c == '"')
      quoted = !quoted;
    else if (c == '.' && !quoted)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  if (parts.size() == 1)
    parts.insert(parts.begin(), "public");
  if (quoted || parts.size() != 2 || parts[0].empty() || parts[1].empty())
    return options.wrong("table", "this is no name of a table",
                         "Write schema.table; a name with a dot in it in double quotes.");
  return std::pair{parts[0], parts[1]};
}

result<change_options> read_changes(const value& v) {
  change_options o;
  const auto* members = v.as<object>();
  if (!members && v != value{true})
    return options.wrong("changes", "expected an object, found " + std::string{v.type_name()},
                         "Write changes: {}, perhaps with a slot and a publication in it.");
  if (!members)
    return o;
  const auto part = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  for (const auto& [name, each] : *members) {
    const auto place = "changes." + name;
    if (name != "slot" && name != "publication")
      return options.wrong(place, "there is no such option", "There are slot and publication.");
    auto text = options.text_of(place, each);
    if (!text)
      return std::move(text).error();
    // A slot is dropped when the table is read anew: it must not be somebody else's.
    if (name == "slot" && (!text->starts_with("tenon_") || text->size() > max_name_bytes ||
                           !std::ranges::all_of(*text, part)))
      return options.wrong(place, "this is no name for a slot of ours",
                           "Begin it with tenon_; then small letters, digits and '_', 63 in all.");
    (name == "slot" ? o.slot : o.publication) = *std::move(text);
  }
  return o;
}

result<void> read_columns(session& db, const std::string& relation, described_table& t) {
  const auto found = db.ask(list_columns, {relation});
  if (!found)
    return found.error();
  for (const auto& f : *found) {
    const auto number = number_in(f[2]), base = number_in(f[3]);
    const bool is_list = f[5] == "A" && f[6] == "-1" && number_in(f[7]) != 0;
    described_column c{.name = *f[0], .number = number, .base_number = base};
    if (is_list)
      c.type = {known_type(number_in(f[10])).value_or(type{}).kind, true,
                f[8] && !f[8]->empty() ? f[8]->front() : ','};
    else
      c.type = known_type(base).value_or(type{});
    c.ordered = !is_list && orders(base, f[4] == "e");
    c.varies = f[6] == "-1";
    t.columns.push_back(c);
    t.table.columns.push_back(
        {.name = *f[0], .type = *f[1], .term = in_quotes(*f[0]), .nullable = f[9] == "f"});
  }
  return {};
}

result<void> read_unique(session& db, const std::string& relation, described_table& t,
                         std::vector<std::vector<std::string>>& unique, bool& has_primary) {
  const auto found = db.ask(list_unique, {relation});
  if (!found)
    return found.error();
  std::optional<std::string> index;
  for (const auto& f : *found) {
    if (f[0] != index)
      unique.emplace_back();
    index = f[0];
    unique.back().push_back(f[3].value_or(""));
    has_primary = has_primary || f[1] == "t";
    if ((t.identity == 'd' && f[1] == "t") || (t.identity == 'i' && f[2] == "t"))
      t.identifying.push_back(f[3].value_or(""));
  }
  if (t.identity == 'f')
    for (const auto& c : t.columns)
      t.identifying.push_back(c.name);
  return {};
}

/// The columns that the options left, in their order.
void keep_chosen(described_table& t) {
  std::vector<described_column> chosen;
  for (const auto& c : t.table.columns)
    chosen.push_back(*std::ranges::find(t.columns, c.name, &described_column::name));
  t.columns = std::move(chosen);
}

result<void> check_order(const described_table& t) {
  auto ordering = t.table.key;
  if (t.table.cursor)
    ordering.push_back(*t.table.cursor);
  for (const auto c : ordering) {
    const bool is_key = std::ranges::find(t.table.key, c) != t.table.key.end();
    if (!t.columns[c].ordered)
      return options.wrong(is_key ? "key" : "cursor",
                           "column " + t.columns[c].name + " is " + t.table.columns[c].type +
                               ", by which rows cannot be told apart and ordered exactly",
                           "Name columns that are numbers, text, times, uuids or bytea.");
  }
  return {};
}

} // namespace

result<std::pair<std::string, std::string>> name_of(const relational::table_options& o) {
  return read_name(o.table);
}

result<source_options> read_options(const object& written) {
  source_options o;
  auto rows = relational::read_table_options(
      written, options, {.page_size = usual_page},
      [&](const std::string& name, const value& v) -> result<void> {
        if (name != "changes")
          return relational::read_server_option(o.server, options, schemes, usual_port, name, v);
        auto changes = read_changes(v);
        if (!changes)
          return std::move(changes).error();
        o.changes = *std::move(changes);
        return {};
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
  if (auto name = read_name(o.rows.table); !name)
    return std::move(name).error();
  for (const auto& [name, given] :
       {std::pair{"cursor", !o.rows.cursor.empty()}, {"where", !o.rows.where.empty()}})
    if (o.changes && given)
      return options.wrong(name, "changes are captured without it",
                           "Leave it out; which rows are published is the publication's matter.");
  return o;
}

result<described_table> describe_table(session& db, const relational::table_options& o) {
  auto name = read_name(o.table);
  if (!name)
    return std::move(name).error();
  described_table t{.schema = name->first, .name = name->second};
  t.table.name = t.schema + '.' + t.name;
  t.spelled = in_quotes(t.schema) + '.' + in_quotes(t.name);
  const auto found = db.ask(find_relation, {t.schema, t.name});
  if (!found)
    return found.error();
  if (found->empty()) {
    const auto all = db.ask(list_relations, {t.schema});
    if (!all)
      return all.error();
    std::vector<std::string> names;
    for (const auto& f : *all)
      names.push_back(*f[0]);
    return failure{
        code::not_found, "the database has no table " + t.table.name, options.place_of("table"),
        relational::what_there_is(t.name, std::move(names), "It has no tables in this schema.")};
  }
  const auto& relation = found->front();
  const auto relation_kind = relation[1].value_or("");
  if (relation_kind != "r" && relation_kind != "p" && relation_kind != "m")
    return options.wrong("table",
                         t.table.name + " is a view, whose key the database does not keep unique",
                         "Name the table that it reads.");
  t.partitioned = relation_kind == "p";
  t.identity = relation[2].value_or("d").front();
  t.large_values = relation[3] == "t";
  if (auto read = read_columns(db, *relation[0], t); !read)
    return std::move(read).error();
  std::vector<std::vector<std::string>> unique;
  bool has_primary = false;
  if (auto read = read_unique(db, *relation[0], t, unique, has_primary); !read)
    return std::move(read).error();
  const auto same = [](const std::string& a, const std::string& b) { return a == b; };
  if (auto chosen = relational::choose_columns(t.table, o, options, same); !chosen)
    return std::move(chosen).error();
  keep_chosen(t);
  if (auto fits = check_order(t); !fits)
    return std::move(fits).error();
  if (auto fits = relational::check_unique(t.table, options, same, has_primary, unique); !fits)
    return std::move(fits).error();
  return t;
}

} // namespace tenon::actors::postgres
