// A directory with a SQLite file of the test's own in it, and Chinook.
#pragma once

#include "actors/sync/sources/sqlite.hpp"
#include "tests/support/made_database.hpp"
#include "tests/support/source_reading.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tenon::actors {

using tests::lines;
using tests::made_database;
using tests::source_reading;
using texts = std::vector<std::string>;

class sqlite_reading : public ::testing::Test {
protected:
  std::filesystem::path file() const { return directory / "made.sqlite"; }

  source_reading open(object more = {}) { return open_file(file().string(), std::move(more)); }
  source_reading open_file(const std::string& name, object more = {}) {
    object o{{"file", name}, {"table", "t"}, {"key", "id"}};
    for (const auto& [option, v] : more)
      o[option] = v;
    auto opened = kind->open(sync, o);
    if (!opened)
      throw std::runtime_error{opened.error().why};
    return source_reading{*std::move(opened)};
  }
  source_reading chinook(const std::string& table, value key, std::int64_t page_size = 500) {
    return open_file(TENON_CHINOOK,
                     {{"table", table}, {"key", std::move(key)}, {"page_size", page_size}});
  }

  const identity sync{"acme", "sync", "files"};
  tests::temporary_directory directory;
  runtime::workers blocking{{.threads = 2}};
  std::unique_ptr<source_kind> kind = sqlite_source(
      {{directory.path(), std::filesystem::path{TENON_CHINOOK}.parent_path()}, blocking});
};

} // namespace tenon::actors
