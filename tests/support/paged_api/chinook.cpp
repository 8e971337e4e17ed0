// Chinook's tables, read whole at the start: the largest has 3,503 rows. SQLite itself renders the
// JSON, so numbers and texts are as its authors meant them.
#include "tests/support/paged_api/origin.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace tenon::tests::paged_api {
namespace {

struct closer {
  void operator()(sqlite3* db) const { sqlite3_close(db); }
  void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
};

using database = std::unique_ptr<sqlite3, closer>;
using statement = std::unique_ptr<sqlite3_stmt, closer>;

database open(const std::string& file) {
  sqlite3* raw = nullptr;
  const int rc = sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READONLY, nullptr);
  database db{raw};
  if (rc != SQLITE_OK)
    throw std::runtime_error{file +
                             ": cannot be opened as a SQLite database: " + sqlite3_errmsg(raw)};
  return db;
}

statement prepare(sqlite3* db, const std::string& file, const std::string& sql) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(db, sql.c_str(), -1, &raw, nullptr) != SQLITE_OK)
    throw std::runtime_error{file + ": is not the Chinook database: " + sqlite3_errmsg(db)};
  return statement{raw};
}

// InvoiceLineId → invoice_line_id
std::string snake_case(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const auto u = static_cast<unsigned char>(c);
    if (std::isupper(u) && !out.empty())
      out += '_';
    out += static_cast<char>(std::tolower(u));
  }
  return out;
}

std::int64_t spread(const std::string& table, std::int64_t key) {
  std::uint64_t h = 0xcbf29ce484222325ull;
  for (const char c : table + std::to_string(key))
    h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  constexpr std::uint64_t year = 366ull * 24 * 3600;
  return beginning + static_cast<std::int64_t>((h >> 16) % year) * 1000;
}

class table_rows final : public origin {
public:
  struct row {
    std::int64_t key;
    std::int64_t updated_at;
    std::string members;
  };
  explicit table_rows(std::vector<row> rows) : rows_{std::move(rows)} {}

  std::size_t size() const override { return rows_.size(); }
  std::int64_t key(std::size_t index) const override { return rows_[index].key; }
  std::optional<std::size_t> find(std::int64_t key) const override {
    const auto at = std::ranges::lower_bound(rows_, key, {}, &row::key);
    if (at == rows_.end() || at->key != key)
      return std::nullopt;
    return static_cast<std::size_t>(at - rows_.begin());
  }
  std::int64_t updated_at(std::size_t index) const override { return rows_[index].updated_at; }
  void members(std::size_t index, std::string& onto) const override {
    onto += rows_[index].members;
  }

private:
  std::vector<row> rows_; // by key
};

} // namespace

std::unique_ptr<origin> chinook_table(const std::string& file, const std::string& table) {
  const auto db = open(file);
  std::string columns;
  const auto names = prepare(db.get(), file, "SELECT name FROM pragma_table_info('" + table + "')");
  while (sqlite3_step(names.get()) == SQLITE_ROW) {
    const std::string name = reinterpret_cast<const char*>(sqlite3_column_text(names.get(), 0));
    columns += (columns.empty() ? "'" : ",'") + snake_case(name) + "',\"" + name + '"';
  }
  const auto select = prepare(db.get(), file,
                              "SELECT \"" + table + "Id\", json_object(" + columns + ") FROM \"" +
                                  table + "\" ORDER BY 1");
  std::vector<table_rows::row> rows;
  int rc = SQLITE_ROW;
  while ((rc = sqlite3_step(select.get())) == SQLITE_ROW) {
    const auto key = sqlite3_column_int64(select.get(), 0);
    const std::string json = reinterpret_cast<const char*>(sqlite3_column_text(select.get(), 1));
    rows.push_back({key, spread(table, key), json.substr(1, json.size() - 2)});
  }
  if (rc != SQLITE_DONE)
    throw std::runtime_error{file + ": cannot be read: " + sqlite3_errmsg(db.get())};
  return std::make_unique<table_rows>(std::move(rows));
}

} // namespace tenon::tests::paged_api
