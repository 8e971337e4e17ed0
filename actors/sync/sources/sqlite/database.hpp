// One connection to a SQLite file that somebody else owns: read-only unless it is a destination,
// without extensions, bounded in what a query may cost, and with every failure said in words. A
// connection lives for one page, so that a file that is replaced between two pages is simply the
// new file.
#pragma once

#include "actors/sync/sources/local/allowed_path.hpp"
#include "actors/sync/sources/relational/table.hpp"

#include <memory>
#include <optional>
#include <sqlite3.h>
#include <stop_token>
#include <string>
#include <vector>

namespace tenon::actors::sqlite {

using relational::cell;
using relational::octets;
using relational::text;

extern const relational::option_names options;

class database;

class statement {
public:
  /// Whether there is another row.
  result<bool> step();
  /// Columns count from 0, parameters from 1.
  std::optional<cell> at(int column) const;
  std::string text_at(int column) const;
  std::int64_t number_at(int column) const;
  void bind(int parameter, const cell&);
  /// For another row: what was bound stays.
  void reset() { sqlite3_reset(held_.get()); }
  sqlite3_stmt* handle() const { return held_.get(); }

private:
  friend database;
  struct finalizer {
    void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
  };
  statement(database& of, sqlite3_stmt* s) : of_{&of}, held_{s} {}

  database* of_;
  std::unique_ptr<sqlite3_stmt, finalizer> held_;
};

class database {
public:
  /// Inside a read transaction, so that everything that is asked is true of the same moment.
  /// A query gives up after so many times a million instructions of SQLite's machine: some tens of
  /// seconds, counted in work so that it does not hang on the load of the node.
  static result<std::unique_ptr<database>> open(const std::filesystem::path&, std::stop_token,
                                                int million_instructions = 3'000);
  /// To be written, outside of a transaction. The rules among its tables are kept.
  static result<std::unique_ptr<database>> open_to_write(const std::filesystem::path&,
                                                         std::stop_token);

  result<statement> prepare(const std::string& sql, const std::vector<cell>& parameters = {});
  /// `column` of every row.
  result<std::vector<std::string>> texts(const std::string& sql,
                                         const std::vector<cell>& parameters = {});
  /// Whether text of this column compares byte by byte.
  bool plain_collation(const std::string& table, const std::string& column);
  result<void> run(const char* sql);
  bool in_transaction() const { return sqlite3_get_autocommit(held_.get()) == 0; }
  /// The rows that the newest statement has changed.
  std::size_t last_changed() const {
    return static_cast<std::size_t>(sqlite3_changes(held_.get()));
  }
  /// SQLite's code of the newest failure, without what extends it; and its words.
  int last_code() const { return sqlite3_extended_errcode(held_.get()) & 0xff; }
  std::string last_words() const { return sqlite3_errmsg(held_.get()); }

private:
  friend statement;
  struct closer {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  database(std::filesystem::path file, std::stop_token stop)
      : file_{std::move(file)}, stop_{std::move(stop)} {}

  result<void> connect(int how, const char* first);
  failure trouble() const;
  static int watch(void* self);

  const std::filesystem::path file_;
  const std::stop_token stop_;
  int looks_left_ = 0;
  bool writes_ = false;
  std::unique_ptr<sqlite3, closer> held_;
};

/// The identifier in double quotes.
std::string in_quotes(std::string_view identifier);

/// The file that the option `file` means.
result<std::filesystem::path> allowed_file(const std::string& written, const allowed_roots&);

} // namespace tenon::actors::sqlite
