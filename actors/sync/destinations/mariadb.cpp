#include "actors/sync/destinations/mariadb.hpp"

#include "actors/integration/page/json_text.hpp"
#include "actors/sync/destinations/catalog.hpp"
#include "actors/sync/destinations/tables/kind.hpp"
#include "actors/sync/sources/mariadb/table.hpp"
#include "actors/sync/sources/relational/kept.hpp"
#include "protocols/base64.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tenon::actors {
namespace {

using mariadb::in_quotes;
using mariadb::kind;
using mariadb::session;
using mariadb::text_literal;
using tables::some_rows;
using tables::written_rows;

constexpr std::uint32_t page_of_rows = 5'000;
constexpr std::size_t statement_bytes = 1u << 20; // well within every server's max_allowed_packet

const relational::option_names names{
    "mariadb",
    "a MariaDB destination",
    "{mariadb: {url: mariadb://host/database, credential: …, table: …, key: …}}",
    {"url", "credential", "sslmode", "ca", "table", "key", "extra"}};

struct described {
  tables::columns columns{};
  std::vector<kind> kinds{};
  std::string spelled{};
};

result<described> describe(session& db, const tables::target& t) {
  const auto found = mariadb::describe_table(db, {t.server, t.rows});
  if (!found)
    return found.error();
  const auto all = db.ask("SHOW COLUMNS FROM " + found->spelled);
  if (!all)
    return all.error();
  described made{.columns = {.table = t.rows.table, .any_case = true}, .spelled = found->spelled};
  for (const auto& line : *all) {
    const auto it =
        std::ranges::find(found->columns, line[0].value_or(""), &mariadb::described_column::name);
    if (it == found->columns.end() || line[5].value_or("").find("GENERATED") != std::string::npos)
      continue;
    made.columns.names.push_back(it->name);
    made.kinds.push_back(it->kind);
  }
  for (const auto k : found->table.key)
    if (found->table.columns[k].nullable)
      return names.wrong("key", "column " + found->table.columns[k].name + " may be NULL",
                         "Declare it NOT NULL, or name the columns of the primary key.");
  if (auto chosen = tables::choose(made.columns, t, names); !chosen)
    return std::move(chosen).error();
  return made;
}

/// Without the zone, in UTC, which is the session's. A moment has milliseconds, the column perhaps
/// more: the fraction goes over as it is written, for zones differ by whole minutes.
std::string time_of(std::string text) {
  const bool zoned = text.size() > 11 && text.find_first_of("Z+-", 11) != text.npos;
  if (!zoned)
    return text;
  if (!text.ends_with('Z')) {
    constexpr auto seconds = std::string_view{"2026-01-31T12:00:00"}.size();
    const auto zone = text.find_last_of("+-");
    const auto point = std::min(text.find('.'), zone);
    const auto read = parse_moment(text.substr(0, point) + text.substr(zone));
    if (!read)
      return text;
    return to_text(*read).substr(0, seconds) + text.substr(point, zone - point);
  }
  text.pop_back();
  return text;
}

/// Appends the value; "" or why it cannot be one.
std::string_view append_literal(std::string& sql, kind k, std::string_view json) {
  using connectors::is_text;
  if (connectors::is_null(json)) {
    sql += "NULL";
    return {};
  }
  const bool as_json = k == kind::json || connectors::is_list(json) || connectors::is_object(json);
  if (as_json || (k == kind::text && !is_text(json))) {
    sql += text_literal(json);
    return {};
  }
  if (!is_text(json)) {
    sql += json == "true" ? "1" : json == "false" ? "0" : json;
    return {};
  }
  auto text = connectors::scalar_text(json);
  if (!text)
    return "a text cannot be read";
  if (k == kind::bytes) {
    const auto bytes = read_base64(*text);
    if (!bytes)
      return "a value of a binary column is not base64";
    sql += mariadb::octets_literal(*bytes);
  } else if (k == kind::time || k == kind::instant) {
    sql += text_literal(time_of(*std::move(text)));
  } else if (k == kind::shape) {
    sql += "ST_GeomFromText(" + text_literal(*text) + ')';
  } else {
    sql += text_literal(*text);
  }
  return {};
}

/// Whether a failure is about what was written: classes of SQLSTATE, and what has none of its own.
bool is_of_content(unsigned number, std::string_view state) {
  constexpr std::array<unsigned, 12> those{1265, 1292, 1364, 1366, 1367, 1416,
                                           1436, 1451, 1452, 1644, 1690, 4025};
  const auto group = state.substr(0, 2);
  return group == "21" || group == "22" || group == "23" || group == "45" ||
         std::ranges::find(those, number) != those.end();
}

/// From "… at row 7", which a trigger may have said.
std::optional<std::size_t> row_in(std::string_view words) {
  constexpr std::string_view before{"at row "};
  const auto at = words.rfind(before);
  std::size_t row = 0;
  if (at == words.npos)
    return std::nullopt;
  std::from_chars(words.data() + at + before.size(), words.data() + words.size(), row);
  return row == 0 ? std::nullopt : std::optional{row - 1};
}

class written final : public tables::open_table {
public:
  written(session& db, const described& d) : db_{db}, table_{d} {}

  result<void> begin() override {
    fault_ = {};
    return say("START TRANSACTION");
  }
  result<void> commit() override { return say("COMMIT"); }
  result<void> roll_back() override {
    const auto undone = db_.ask("ROLLBACK");
    return undone ? result<void>{} : undone.error();
  }
  tables::fault newest_fault() const override { return fault_; }

  /// Another unique index than the key's would lead to another row, whose key NULL then refuses:
  /// columns of the key have none.
  result<written_rows> upsert(const some_rows& rows) override {
    std::string key, others;
    for (const auto c : rows.columns) {
      const auto name = in_quotes(table_.columns.names[c]);
      if (std::ranges::find(table_.columns.key, c) != table_.columns.key.end())
        key += (key.empty() ? "" : ", ") + name + " = IF(" + name + " <=> VALUES(" + name + "), " +
               name + ", NULL)";
      else
        others += ", " + name + " = VALUES(" + name + ')';
    }
    return in_parts(rows,
                    "INSERT INTO " + table_.spelled + " (" + listed(rows.columns) + ") VALUES ",
                    " ON DUPLICATE KEY UPDATE " + key + others);
  }

  result<written_rows> erase(const some_rows& rows) override {
    return in_parts(
        rows, "DELETE FROM " + table_.spelled + " WHERE (" + listed(rows.columns) + ") IN (", ")");
  }

private:
  std::string listed(const std::vector<std::size_t>& columns) const {
    std::string text;
    for (const auto c : columns)
      text += (text.empty() ? "" : ", ") + in_quotes(table_.columns.names[c]);
    return text;
  }

  result<void> say(const std::string& sql, std::size_t first = 0) {
    const auto said = db_.ask(sql);
    if (said)
      return {};
    fault_ = {.of_content = is_of_content(db_.last_number(), db_.last_state()),
              .row = row_in(db_.last_words()),
              .words = db_.last_words()};
    if (db_.last_number() == 1048 && fault_.row == std::nullopt)
      fault_.words += ", or another row has what an index keeps unique";
    if (fault_.row)
      *fault_.row += first;
    return said.error();
  }

  result<written_rows> in_parts(const some_rows& rows, const std::string& before,
                                const std::string& after) {
    written_rows done;
    for (std::size_t r = 0; r < rows.count();) {
      auto sql = before;
      const auto first = r;
      for (; r < rows.count() && (r == first || sql.size() < statement_bytes); ++r) {
        sql += r > first ? ",(" : "(";
        const auto values = rows.row(r);
        for (std::size_t i = 0; i < values.size(); ++i) {
          if (i > 0)
            sql += ',';
          const auto why = append_literal(sql, table_.kinds[rows.columns[i]], values[i]);
          if (why.empty())
            continue;
          fault_ = {.of_content = true, .row = r, .words = std::string{why}};
          return failure{code::malformed, std::string{why}};
        }
        sql += ')';
      }
      if (auto said = say(sql + after, first); !said)
        return std::move(said).error();
      // Of a single row that it updates the server says 2.
      done.changed += std::min(db_.last_changed(), r - first);
    }
    return done;
  }

  session& db_;
  const described& table_;
  tables::fault fault_{};
};

result<settled> write_on(session& db, const tables::target& to, const delivery& d,
                         std::stop_token stop) {
  db.use(std::move(stop));
  const auto there = describe(db, to);
  if (!there)
    return there.error();
  written table{db, *there};
  return tables::write_page(table, there->columns, names, d.changes);
}

} // namespace

std::unique_ptr<destination_kind> mariadb_destination(relational::database_options o) {
  auto write = [o, all = std::make_shared<relational::kept<session>>()](
                   const tables::target& to, const relational::login& who, const delivery& d,
                   const std::stop_token& stop) -> result<settled> {
    return relational::read_on(
        *all, relational::key_of(to.server, who),
        [&] { return session::open(to.server, who, o, stop, true); },
        [&](session& db) { return write_on(db, to, d, stop); });
  };
  return tables::table_destination(std::move(o),
                                   {names, {{"mariadb", "mysql"}, 3306}, page_of_rows, write, {}});
}

} // namespace tenon::actors

namespace tenon::actors::destinations {

std::unique_ptr<destination_kind> mariadb(const surroundings& s) {
  return mariadb_destination(relational::options_within(s, s.databases));
}

} // namespace tenon::actors::destinations
