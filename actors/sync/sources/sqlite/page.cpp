#include "actors/sync/sources/sqlite/page.hpp"

#include "actors/sync/sources/relational/reading.hpp"
#include "protocols/json.hpp"

#include <charconv>
#include <cmath>

namespace tenon::actors::sqlite {
namespace {

using relational::query;
using relational::rows;

std::string_view bytes_of(sqlite3_stmt* row, int column) {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(row, column));
  return {bytes, bytes ? static_cast<std::size_t>(sqlite3_column_bytes(row, column)) : 0};
}

/// Whether it is what some integer is written as.
bool reads_as_integer(std::string_view text) {
  std::int64_t n = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), n);
  return wrong == std::errc{} && end == text.data() + text.size() && std::to_string(n) == text;
}

/// A number that is not zero; text that is no "no"; a blob with bytes.
bool truthy(sqlite3_stmt* row, int column) {
  switch (sqlite3_column_type(row, column)) {
  case SQLITE_INTEGER:
    return sqlite3_column_int64(row, column) != 0;
  case SQLITE_FLOAT:
    return sqlite3_column_double(row, column) != 0;
  case SQLITE_TEXT:
    return relational::means_deleted(bytes_of(row, column));
  case SQLITE_BLOB:
    return !bytes_of(row, column).empty();
  default:
    return false;
  }
}

class selected final : public relational::row {
public:
  explicit selected(const statement& s) : statement_{s} {}

  std::optional<cell> at(std::size_t column) const override {
    return statement_.at(static_cast<int>(column));
  }

  void write(rows& onto) const override {
    const auto& table = onto.table();
    onto.begin();
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      onto.name(i);
      write_value(onto, i);
    }
    for (const auto k : table.key)
      write_key(onto, k);
    onto.end(table.deleted && truthy(statement_.handle(), static_cast<int>(*table.deleted)));
  }

private:
  void write_value(rows& onto, std::size_t column) const {
    auto* const row = statement_.handle();
    const auto at = static_cast<int>(column);
    switch (sqlite3_column_type(row, at)) {
    case SQLITE_INTEGER:
      return onto.write(sqlite3_column_int64(row, at));
    case SQLITE_FLOAT: {
      const auto d = sqlite3_column_double(row, at);
      if (!std::isfinite(d))
        onto.spoil(column, "is infinite, for which JSON has no number");
      return write_json(value{d}, onto.json());
    }
    case SQLITE_TEXT:
      sqlite3_column_text(row, at); // as UTF-8, whatever the database keeps
      return onto.write_text(column, bytes_of(row, at));
    case SQLITE_BLOB:
      return onto.write_bytes(column, bytes_of(row, at));
    default:
      onto.null();
    }
  }

  void write_key(rows& onto, std::size_t column) const {
    auto* const row = statement_.handle();
    const auto at = static_cast<int>(column);
    switch (sqlite3_column_type(row, at)) {
    case SQLITE_INTEGER:
      return onto.key_part(std::to_string(sqlite3_column_int64(row, at)));
    case SQLITE_TEXT: {
      const auto word = bytes_of(row, at);
      // In a column of both, 5 and '5' are two rows.
      if (!onto.table().columns[column].holds_text && reads_as_integer(word))
        onto.spoil(column,
                   "is text that reads as a number, and a key of that number would be the same");
      return onto.key_part(word);
    }
    case SQLITE_NULL:
      return onto.key_part_is_null();
    default:
      onto.spoil(column, "of the key is neither an integer nor text");
      onto.key_part("");
    }
  }

  const statement& statement_;
};

class reader final : public relational::connection {
public:
  reader(database& db, const relational::table& t) : db_{db}, table_{t} {
    std::vector<std::string> all;
    for (const auto& c : t.columns)
      all.push_back(in_quotes(c.name));
    columns_ = relational::joined(all, ", ");
  }

  std::string quoted(std::string_view identifier) const override { return in_quotes(identifier); }

  std::string value_of(std::size_t, const cell& c, std::vector<cell>& parameters) override {
    parameters.push_back(c);
    return '?' + std::to_string(parameters.size());
  }

  result<std::uint64_t> count(const query& which) override {
    auto counted = db_.prepare(select("COUNT(*)", which), which.parameters);
    if (!counted)
      return std::move(counted).error();
    if (const auto row = counted->step(); !row)
      return row.error();
    return static_cast<std::uint64_t>(counted->number_at(0));
  }

  result<std::optional<cell>> greatest(std::size_t column) override {
    auto found = db_.prepare(select("MAX(" + table_.columns[column].term + ')', {}));
    if (!found)
      return std::move(found).error();
    if (const auto row = found->step(); !row)
      return row.error();
    return found->at(0);
  }

  result<void> each(const query& which,
                    const std::function<result<bool>(const relational::row&)>& take) override {
    auto asked = db_.prepare(select(columns_, which), which.parameters);
    if (!asked)
      return std::move(asked).error();
    const selected row{*asked};
    for (;;) {
      const auto there = asked->step();
      if (!there)
        return there.error();
      if (!*there)
        return {};
      const auto more = take(row);
      if (!more)
        return more.error();
      if (!*more)
        return {};
    }
  }

private:
  std::string select(const std::string& what, const query& which) const {
    return "SELECT " + what + " FROM " + in_quotes(table_.name) + which.clause();
  }

  database& db_;
  const relational::table& table_;
  std::string columns_;
};

} // namespace

namespace {

template <class Work> result<source_page> in_table(const table_options& o,
                                                   const std::filesystem::path& file,
                                                   std::stop_token stop, Work work) {
  auto db = database::open(file, std::move(stop));
  if (!db)
    return std::move(db).error();
  const auto t = find_table(**db, o.rows);
  if (!t)
    return t.error();
  reader there{**db, *t};
  return work(there, *t);
}

} // namespace

result<source_page> read_page(const table_options& o, const std::filesystem::path& file,
                              const page_request& wanted, std::stop_token stop) {
  return in_table(o, file, std::move(stop), [&](reader& there, const relational::table& t) {
    return relational::read_page(there, t, o.rows, options, wanted);
  });
}

result<source_page> read_row(const table_options& o, const std::filesystem::path& file,
                             const protocols::letter_types::kept& letter, std::stop_token stop) {
  return in_table(o, file, std::move(stop), [&](reader& there, const relational::table& t) {
    return relational::read_row(there, t, o.rows, options, letter);
  });
}

} // namespace tenon::actors::sqlite
