// A SQLite file of a test's own, written by statements.
#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

namespace tenon::tests {

class made_database {
public:
  explicit made_database(const std::filesystem::path& file, const std::string& sql = "") {
    sqlite3* raw = nullptr;
    if (sqlite3_open(file.c_str(), &raw) != SQLITE_OK)
      throw std::runtime_error{"cannot make " + file.string()};
    held_.reset(raw);
    run(sql);
  }

  void run(const std::string& sql) {
    if (sqlite3_exec(held_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
      throw std::runtime_error{sql + ": " + sqlite3_errmsg(held_.get())};
  }

private:
  struct closer {
    void operator()(sqlite3* db) const { sqlite3_close(db); }
  };
  std::unique_ptr<sqlite3, closer> held_;
};

} // namespace tenon::tests
