#include "actors/sync/destinations/postgres/table.hpp"

#include "actors/sync/sources/postgres/table.hpp"
#include "protocols/json.hpp"

#include <algorithm>
#include <charconv>

namespace tenon::actors::postgres {
namespace {

using relational::option_names;
using tables::some_rows;
using tables::written_rows;

constexpr std::size_t most_staging = 32;
constexpr std::size_t worth_staging = 64;       // rows; fewer cost more to stage than to read
constexpr std::size_t chunk_bytes = 128u << 10; // while the server reads one, we write the next

bool is_key(const tables::columns& c, std::size_t column) {
  return std::ranges::find(c.key, column) != c.key.end();
}

/// The line that COPY was at, from "COPY name, line 7, column v", in any language; a trigger's own
/// place may stand before.
std::optional<std::size_t> line_in(std::string_view context) {
  const auto begin = context.starts_with("COPY ") ? 0 : context.find("\nCOPY ");
  if (begin == context.npos)
    return std::nullopt;
  context.remove_prefix(begin);
  const auto comma = context.find(',');
  if (comma == context.npos)
    return std::nullopt;
  const auto digit = context.find_first_of("0123456789", comma);
  std::size_t line = 0;
  if (digit == context.npos ||
      std::from_chars(context.data() + digit, context.data() + context.size(), line).ec !=
          std::errc{} ||
      line == 0)
    return std::nullopt;
  return line - 1;
}

failure not_unique(const option_names& names) {
  return names.wrong("key", "the database does not keep this key of the table unique",
                     "Name the columns of a unique index, or create one.");
}

column_form form_of(const fields& row) {
  const auto number = row[1].value_or("");
  column_form c{.list = row[3] == "A"};
  if (row[4] == "c" || row[4] == "d")
    c.form = form::complex;
  else if (number == "114" || number == "3802")
    c.form = form::json;
  else if (number == "17")
    c.form = form::bytes;
  if (row[5] && !row[5]->empty())
    c.between = row[5]->front();
  return c;
}

/// That the columns of the key are those of a unique index, which the server itself finds as it
/// does for INSERT: deletions are by the key alone, and would take whatever shares it.
result<void> check_key(session& db, const written_table& t, const option_names& names) {
  std::string key;
  for (const auto k : t.columns.key)
    key += (key.empty() ? "" : ", ") + in_quotes(t.columns.names[k]);
  const auto tried =
      db.ask("EXPLAIN INSERT INTO " + t.spelled + " (" + key + ") SELECT " + key + " FROM " +
             t.spelled + " WHERE false ON CONFLICT (" + key + ") DO NOTHING");
  if (tried)
    return {};
  return db.last_state() == "42P10" ? not_unique(names) : tried.error();
}

} // namespace

result<written_table> describe(session& db, const tables::target& t, const option_names& names) {
  const auto name = name_of(t.rows);
  if (!name)
    return name.error();
  written_table made{in_quotes(name->first) + '.' + in_quotes(name->second)};
  made.columns.table = t.rows.table;
  // Of a domain what it is over; of an array what its elements are. What an extension brought has
  // its operators in a schema of its own, where nothing is looked for.
  const auto found = db.ask(
      "SELECT a.attname, CASE WHEN e.typcategory = 'A' THEN e.typelem ELSE e.oid END, "
      "x.nspname IS NOT NULL OR "
      "e.typname IN ('json','xml','point','polygon','path','box','circle','line'), "
      "e.typcategory, "
      "COALESCE(m.typtype, e.typtype), e.typdelim, a.atttypid || '.' || a.atttypmod, "
      "c.relkind IN ('r', 'p') AND NOT c.relhasrules AND NOT c.relrowsecurity, x.nspname "
      "FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid "
      "JOIN pg_catalog.pg_type t ON t.oid = a.atttypid "
      "JOIN pg_catalog.pg_type e ON e.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid "
      "END LEFT JOIN pg_catalog.pg_type m ON e.typcategory = 'A' AND m.oid = e.typelem "
      "LEFT JOIN pg_catalog.pg_namespace x ON x.oid = e.typnamespace AND e.typtype = 'b' "
      "AND e.typcategory <> 'A' AND x.nspname <> 'pg_catalog' "
      "WHERE a.attrelid = pg_catalog.to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped "
      "AND a.attgenerated = '' ORDER BY a.attnum",
      {made.spelled});
  if (!found)
    return found.error();
  for (const auto& row : *found) {
    made.columns.names.push_back(*row[0]);
    made.forms.push_back(form_of(row));
    made.as_text.push_back(row[2] == "t");
    made.same.push_back(row[8] ? "OPERATOR(" + in_quotes(*row[8]) + ".=)" : "=");
    made.types.push_back(*row[6]);
    made.takes_copies = row[7] == "t";
  }
  if (found->empty())
    return failure{code::not_found, "there is no table " + t.rows.table, names.place_of("table"),
                   "Create it, or check schema and name."};
  if (auto chosen = tables::choose(made.columns, t, names); !chosen)
    return std::move(chosen).error();
  if (auto kept = check_key(db, made, names); !kept)
    return std::move(kept).error();
  return made;
}

result<void> written::begin() {
  fault_ = {};
  fresh_.clear();
  const auto begun = db_.ask("BEGIN");
  return begun ? result<void>{} : told(begun.error());
}

result<void> written::commit() {
  const auto ended = db_.ask("COMMIT");
  if (!ended)
    return told(ended.error()); // a rule may be looked at only now
  session_.staging.merge(fresh_);
  return {};
}

result<void> written::roll_back() {
  const auto undone = db_.ask("ROLLBACK");
  return undone ? result<void>{} : undone.error();
}

failure written::told(failure why) {
  const auto group = std::string_view{db_.last_state()}.substr(0, 2);
  if (db_.last_state() == "42P10")
    why = not_unique(options);
  // In front of the server's own words is what that would mean for somebody who reads.
  const auto own = why.why.find(": ");
  fault_ = {.of_content = group == "21" || group == "22" || group == "23",
            .row = line_in(db_.last_context()),
            .words = own == why.why.npos ? why.why : why.why.substr(own + 2)};
  return why;
}

result<written_rows> written::upsert(const some_rows& rows) {
  fault_ = {};
  const bool plain = std::ranges::none_of(
      rows.columns, [&](std::size_t c) { return table_.forms[c].form == form::complex; });
  const bool many = plain && rows.count() >= worth_staging;
  if (many && table_.takes_copies) {
    const auto filled = fill(rows);
    if (!filled)
      return filled.error();
    if (*filled)
      return written_rows{.changed = db_.last_changed()};
  }
  std::string from;
  std::vector<std::string> parameters;
  if (many && session_.may_stage) {
    auto staged = stage(rows);
    if (!staged)
      return std::move(staged).error();
    from = *std::move(staged);
  }
  if (!from.empty()) {
    if (auto copied = copy(from, rows); !copied)
      return std::move(copied).error();
  } else {
    auto json = populating(rows);
    if (!json)
      return std::move(json).error();
    from = "json_populate_recordset(NULL::" + table_.spelled + ", $1::json)";
    parameters.push_back(*std::move(json));
  }
  const auto done = db_.ask(insertion(rows, from), parameters);
  if (!done)
    return told(done.error());
  return written_rows{.changed = db_.last_changed()};
}

std::string written::listed(const std::vector<std::size_t>& columns) const {
  std::string text;
  for (const auto c : columns)
    text += (text.empty() ? "" : ", ") + in_quotes(table_.columns.names[c]);
  return text;
}

/// A row that is already as the record says is not touched.
std::string written::insertion(const some_rows& rows, const std::string& from) const {
  std::string set, differs;
  for (const auto c : rows.columns) {
    if (is_key(table_.columns, c))
      continue;
    const auto quoted = in_quotes(table_.columns.names[c]);
    const auto as_text = table_.as_text[c] ? "::text" : "";
    set += (set.empty() ? "" : ", ") + quoted + " = EXCLUDED." + quoted;
    differs += (differs.empty() ? "" : " OR ") + ("t." + quoted) + as_text +
               " IS DISTINCT FROM EXCLUDED." + quoted + as_text;
  }
  const auto names = listed(rows.columns);
  auto sql = "INSERT INTO " + table_.spelled + " AS t (" + names + ") SELECT " + names + " FROM " +
             from + " ON CONFLICT (" + listed(table_.columns.key) + ") DO ";
  return sql += set.empty() ? "NOTHING" : "UPDATE SET " + set + " WHERE " + differs;
}

/// A temporary table with these columns, as their types are now, which is empty at the end of each
/// transaction; "" where none may be made.
result<std::string> written::stage(const some_rows& rows) {
  auto use = table_.spelled;
  for (const auto c : rows.columns)
    ((use += '\0') += table_.columns.names[c] + '\0') += table_.types[c];
  for (const auto* known : {&session_.staging, &fresh_})
    if (const auto it = known->find(use); it != known->end())
      return it->second;
  if (session_.staging.size() + fresh_.size() == most_staging) {
    if (const auto dropped = db_.ask("DISCARD TEMP"); !dropped)
      return told(dropped.error());
    session_.staging.clear();
    fresh_.clear();
  }
  const auto name = "tenon_" + std::to_string(++session_.made);
  const auto made = db_.ask("SAVEPOINT staging; CREATE TEMPORARY TABLE " + name +
                            " ON COMMIT DELETE ROWS AS SELECT " + listed(rows.columns) + " FROM " +
                            table_.spelled + " WITH NO DATA");
  if (made)
    return fresh_[use] = "pg_temp." + name;
  if (db_.last_state() != "42501")
    return told(made.error());
  session_.may_stage = false;
  const auto undone = db_.ask("ROLLBACK TO SAVEPOINT staging");
  return undone ? result<std::string>{""} : told(undone.error());
}

/// Whether that could be done. It is tried for as long as it has always been possible.
result<bool> written::fill(const some_rows& rows) {
  const auto [known, is_new] = session_.filling.try_emplace(table_.spelled, false);
  if (is_new) {
    const auto empty = db_.ask_one("SELECT NOT EXISTS (SELECT FROM " + table_.spelled + ')');
    if (!empty)
      return told(empty.error());
    known->second = *empty == "t";
    // What would be wrong with the usual way is said now, and not with the first row that is there.
    if (known->second)
      if (const auto fine = db_.ask("EXPLAIN " + insertion(rows, table_.spelled)); !fine) {
        session_.filling.erase(known);
        return told(fine.error());
      }
  }
  if (!known->second)
    return false;
  if (const auto marked = db_.ask("SAVEPOINT filling"); !marked)
    return told(marked.error());
  const auto copied = copy(table_.spelled + " (" + listed(rows.columns) + ')', rows);
  if (copied)
    return true;
  // Somebody else has written to it, or has said since who may: there is another way.
  const auto& state = db_.last_state();
  if (state != "23505" && state != "0A000" && state != "42501")
    return copied.error();
  known->second = false;
  fault_ = {};
  const auto undone = db_.ask("ROLLBACK TO SAVEPOINT filling");
  return undone ? result<bool>{false} : told(undone.error());
}

result<void> written::copy(const std::string& into, const some_rows& rows) {
  std::size_t next = 0;
  std::string_view why;
  const auto give = [&](std::string& chunk) -> result<bool> {
    for (; next < rows.count() && chunk.size() < chunk_bytes; ++next) {
      const auto values = rows.row(next);
      for (std::size_t i = 0; i < values.size() && why.empty(); ++i) {
        if (i > 0)
          chunk += '\t';
        why = append_field(chunk, table_.forms[rows.columns[i]], values[i]);
      }
      if (!why.empty())
        return failure{code::malformed, std::string{why}};
      chunk += '\n';
    }
    return next < rows.count();
  };
  const auto copied = db_.copy_in("COPY " + into + " FROM STDIN", give);
  if (copied)
    return {};
  if (why.empty())
    return told(copied.error());
  fault_ = {.of_content = true, .row = next, .words = std::string{why}};
  return copied.error();
}

result<std::string> written::populating(const some_rows& rows) {
  std::vector<std::string> keys;
  for (const auto c : rows.columns) {
    std::string key{keys.empty() ? '{' : ','};
    write_json_text(table_.columns.names[c], key);
    keys.push_back(key += ':');
  }
  std::string json{'['};
  for (std::size_t r = 0; r < rows.count(); ++r) {
    json += r > 0 ? "," : "";
    const auto values = rows.row(r);
    for (std::size_t i = 0; i < values.size(); ++i) {
      json += keys[i];
      const auto why = append_populating(json, table_.forms[rows.columns[i]], values[i]);
      if (why.empty())
        continue;
      fault_ = {.of_content = true, .row = r, .words = std::string{why}};
      return failure{code::malformed, std::string{why}};
    }
    json += '}';
  }
  return json += ']';
}

result<written_rows> written::erase(const some_rows& rows) {
  auto json = populating(rows);
  if (!json)
    return std::move(json).error();
  std::string same;
  for (const auto c : rows.columns) {
    const auto quoted = in_quotes(table_.columns.names[c]);
    same += (same.empty() ? "t." : " AND t.") + quoted + ' ' + table_.same[c] + " x." + quoted;
  }
  const auto gone = db_.ask("DELETE FROM " + table_.spelled +
                                " AS t USING json_populate_recordset(NULL::" + table_.spelled +
                                ", $1::json) AS x WHERE " + same,
                            {*std::move(json)});
  if (!gone)
    return told(gone.error());
  return written_rows{.changed = db_.last_changed()};
}

} // namespace tenon::actors::postgres
