// A SQLite file of a test's own, written by statements.
#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

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

  /// Each row, as texts.
  void each(const std::string& sql,
            const std::function<void(const std::vector<std::string>&)>& take) {
    const auto row = [](void* to, int count, char** fields, char**) {
      std::vector<std::string> texts;
      for (int i = 0; i < count; ++i)
        texts.emplace_back(fields[i] ? fields[i] : "NULL");
      (*static_cast<const std::function<void(const std::vector<std::string>&)>*>(to))(texts);
      return 0;
    };
    if (sqlite3_exec(held_.get(), sql.c_str(), row,
                     const_cast<void*>(static_cast<const void*>(&take)), nullptr) != SQLITE_OK)
      throw std::runtime_error{sql + ": " + sqlite3_errmsg(held_.get())};
  }
  std::string first(const std::string& sql) {
    std::string found;
    each(sql, [&](const auto& row) { found = row.front(); });
    return found;
  }

private:
  struct closer {
    void operator()(sqlite3* db) const { sqlite3_close(db); }
  };
  std::unique_ptr<sqlite3, closer> held_;
};

} // namespace tenon::tests
