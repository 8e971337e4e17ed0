#include "actors/sync/destinations/sqlite.hpp"

#include "actors/integration/page/json_text.hpp"
#include "actors/sync/destinations/catalog.hpp"
#include "actors/sync/destinations/tables/kind.hpp"
#include "actors/sync/sources/sqlite/table.hpp"
#include "protocols/base64.hpp"

#include <algorithm>
#include <charconv>

namespace tenon::actors {
namespace {

using sqlite::cell;
using sqlite::database;
using tables::some_rows;
using tables::written_rows;

constexpr std::uint32_t page_of_rows = 5'000;

const relational::option_names names{"sqlite",
                                     "a SQLite destination",
                                     "{sqlite: {file: …, table: …, key: …}}",
                                     {"file", "table", "key", "extra"}};

/// What a column makes of what it is given.
enum class holding : std::uint8_t { numbers, text, bytes, anything };

struct described {
  tables::columns columns{};
  std::vector<holding> holds{};
};

/// As SQLite itself reads declared types, in this order.
holding holding_of(const std::string& type) {
  std::string upper;
  for (const char c : type)
    upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  const auto says = [&](const char* word) { return upper.find(word) != upper.npos; };
  if (says("INT"))
    return holding::numbers;
  if (says("CHAR") || says("CLOB") || says("TEXT"))
    return holding::text;
  if (says("BLOB"))
    return holding::bytes;
  return upper.empty() ? holding::anything : holding::numbers;
}

result<described> describe(database& db, const tables::target& t) {
  const auto found = sqlite::find_table(db, t.rows);
  if (!found)
    return found.error();
  const auto computed = db.texts("SELECT name FROM pragma_table_xinfo(?1) WHERE hidden > 1",
                                 {sqlite::text{found->name}});
  if (!computed)
    return computed.error();
  described made{.columns = {.table = found->name, .any_case = true}};
  for (const auto& c : found->columns)
    if (std::ranges::find(*computed, c.name) == computed->end()) {
      made.columns.names.push_back(c.name);
      made.holds.push_back(holding_of(c.type));
    }
  if (auto chosen = tables::choose(made.columns, t, names); !chosen)
    return std::move(chosen).error();
  return made;
}

/// As it is written, where the column can have that: no digit is lost unless it holds numbers
/// alone.
result<std::optional<cell>> number_of(std::string_view json, holding column) {
  using held = std::optional<cell>;
  std::int64_t n = 0;
  const auto end = json.data() + json.size();
  if (const auto read = std::from_chars(json.data(), end, n); read.ptr == end) {
    if (read.ec == std::errc{})
      return held{n};
    if (column == holding::numbers)
      return failure{code::malformed, "a whole number is too large for the column to keep exactly"};
    return held{sqlite::text{std::string{json}}};
  }
  if (column == holding::text)
    return held{sqlite::text{std::string{json}}};
  double d = 0;
  if (std::from_chars(json.data(), end, d).ec != std::errc{})
    return failure{code::malformed, "a number is too large"};
  return held{d};
}

/// NULL is nothing; a failure is a value that the column cannot have.
result<std::optional<cell>> cell_of(std::string_view json, holding column) {
  using held = std::optional<cell>;
  if (connectors::is_null(json))
    return held{};
  if (connectors::is_list(json) || connectors::is_object(json))
    return held{sqlite::text{std::string{json}}};
  if (connectors::is_text(json)) {
    auto text = connectors::scalar_text(json);
    if (!text)
      return failure{code::malformed, "a text cannot be read"};
    if (column != holding::bytes)
      return held{sqlite::text{*std::move(text)}};
    auto octets = read_base64(*text);
    if (!octets)
      return failure{code::malformed, "a value of a BLOB column is not base64"};
    return held{sqlite::octets{*std::move(octets)}};
  }
  if (json == "true" || json == "false")
    return held{std::int64_t{json == "true"}};
  return number_of(json, column);
}

class written final : public tables::open_table {
public:
  written(database& db, const described& d) : db_{db}, table_{d} {}

  result<void> begin() override {
    fault_ = {};
    return db_.run("BEGIN IMMEDIATE");
  }
  result<void> commit() override {
    auto done = db_.run("COMMIT");
    if (!done)
      blame({});
    return done;
  }
  result<void> roll_back() override {
    return db_.in_transaction() ? db_.run("ROLLBACK") : result<void>{};
  }
  tables::fault newest_fault() const override { return fault_; }

  result<written_rows> upsert(const some_rows& rows) override {
    std::string columns, values, set, differs;
    for (const auto c : rows.columns) {
      const auto name = sqlite::in_quotes(table_.columns.names[c]);
      const auto more = columns.empty() ? "" : ", ";
      columns += more + name;
      values += std::string{more} + '?';
      if (std::ranges::find(table_.columns.key, c) != table_.columns.key.end())
        continue;
      set += (set.empty() ? "" : ", ") + name + " = excluded." + name;
      differs +=
          (differs.empty() ? "t." : " OR t.") + name + " COLLATE BINARY IS NOT excluded." + name;
    }
    const auto how = set.empty() ? "NOTHING" : "UPDATE SET " + set + " WHERE " + differs;
    return each(rows, "INSERT INTO " + spelled() + " AS t (" + columns + ") VALUES (" + values +
                          ") ON CONFLICT (" + key_names(", ") + ") DO " + how);
  }

  result<written_rows> erase(const some_rows& rows) override {
    std::string same;
    for (const auto c : rows.columns)
      same += (same.empty() ? "" : " AND ") + sqlite::in_quotes(table_.columns.names[c]) + " = ?";
    return each(rows, "DELETE FROM " + spelled() + " WHERE " + same);
  }

private:
  std::string spelled() const { return sqlite::in_quotes(table_.columns.table); }
  std::string key_names(std::string_view between) const {
    std::vector<std::string> all;
    for (const auto k : table_.columns.key)
      all.push_back(sqlite::in_quotes(table_.columns.names[k]));
    return relational::joined(all, between);
  }

  /// Whether the newest failure is about the content.
  bool blame(std::optional<std::size_t> row) {
    const auto code = db_.last_code();
    fault_ = {.of_content =
                  code == SQLITE_CONSTRAINT || code == SQLITE_MISMATCH || code == SQLITE_TOOBIG,
              .row = row,
              .words = db_.last_words()};
    return fault_.of_content;
  }

  result<written_rows> each(const some_rows& rows, const std::string& sql) {
    auto made = db_.prepare(sql);
    if (!made)
      return std::move(made).error();
    written_rows done;
    for (std::size_t r = 0; r < rows.count(); ++r) {
      const auto values = rows.row(r);
      std::string why;
      made->reset();
      for (std::size_t i = 0; i < values.size() && why.empty(); ++i) {
        const auto parameter = static_cast<int>(i) + 1;
        const auto cell = cell_of(values[i], table_.holds[rows.columns[i]]);
        if (!cell)
          why = cell.error().why;
        else if (*cell)
          made->bind(parameter, **cell);
        else
          sqlite3_bind_null(made->handle(), parameter);
      }
      if (why.empty()) {
        const auto stepped = made->step();
        if (stepped) {
          done.changed += db_.last_changed();
          continue;
        }
        // A trigger may have ended the transaction: then the others are written without this one.
        if (!blame(r) || !db_.in_transaction())
          return stepped.error();
        why = fault_.words;
      }
      done.refused.emplace_back(r, std::move(why));
    }
    return done;
  }

  database& db_;
  const described& table_;
  tables::fault fault_{};
};

result<std::filesystem::path> find_file(const tables::target& t, const allowed_roots& roots) {
  auto file = writable_path(t.file, roots, names.place_of("file"));
  std::error_code wrong;
  if (file && !std::filesystem::is_regular_file(*file, wrong))
    return failure{code::malformed, t.file + " is no file", names.place_of("file"),
                   "Name the database file itself."};
  return file;
}

} // namespace

std::unique_ptr<destination_kind> sqlite_destination(written_files f) {
  auto write = [roots = f.roots](const tables::target& to, const relational::login&,
                                 const delivery& d,
                                 const std::stop_token& stop) -> result<settled> {
    const auto file = find_file(to, roots); // again for each page: what it leads to may change
    if (!file)
      return file.error();
    const auto db = database::open_to_write(*file, stop);
    if (!db)
      return db.error();
    const auto there = describe(**db, to);
    if (!there)
      return there.error();
    written table{**db, *there};
    return tables::write_page(table, there->columns, names, d.changes);
  };
  auto check = [roots = f.roots](const tables::target& to) -> result<void> {
    // A file that is not there yet may come; one that may never be written is refused now.
    const auto file = find_file(to, roots);
    return file || file.error().code != code::forbidden ? result<void>{} : file.error();
  };
  relational::database_options o{.secrets = {}, .blocking = f.blocking, .closing = f.closing};
  return tables::table_destination(std::move(o),
                                   {names, {}, page_of_rows, std::move(write), std::move(check)});
}

} // namespace tenon::actors

namespace tenon::actors::destinations {

std::unique_ptr<destination_kind> sqlite(const surroundings& s) {
  return sqlite_destination({s.writable, s.databases, s.closing});
}

} // namespace tenon::actors::destinations
