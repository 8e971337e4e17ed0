// Something to write to of every kind of destination, with what is there now: a fresh table in a
// real server or file, a fresh directory. Servers are begun by whoever needs them, once.
#pragma once

#include "actors/sync/destinations/csv.hpp"
#include "actors/sync/destinations/mariadb.hpp"
#include "actors/sync/destinations/postgres.hpp"
#include "actors/sync/destinations/sqlite.hpp"
#include "actors/sync/sources/files.hpp"
#include "protocols/json.hpp"
#include "tests/support/made_database.hpp"
#include "tests/support/mariadb_server.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/secrets.hpp"
#include "tests/support/source_reading.hpp"
#include "tests/support/temporary_directory.hpp"

#include <map>
#include <sstream>

namespace tenon::tests {

using contents = std::map<std::int64_t, std::string>; // "v|n" by id

/// With the columns id, v (text) and n (a whole number, or null).
struct place {
  std::unique_ptr<actors::destination_kind> kind;
  object options;
  std::function<contents()> now;
  std::function<void()> lose;     // what is written to
  std::optional<object> broken{}; // a record that it refuses
  bool in_place = true;           // holds each record once
};

inline runtime::workers& blocking_threads() {
  static runtime::workers threads{{.threads = 2}};
  return threads;
}

inline std::string fresh_name() {
  static int made = 0;
  return "t" + std::to_string(++made);
}

inline actors::relational::database_options reached_servers() {
  actors::relational::database_options o{
      secrets({{"main", {{"user", "tenon"}, {"password", "a secret of the test"}}}}),
      blocking_threads()};
  o.policy.allowed.push_back(*runtime::outbound::parse_network("127.0.0.0/8"));
  return o;
}

inline object table_options(const std::string& url, const std::string& name) {
  return {{"url", url}, {"credential", "main"}, {"table", name}, {"key", "id"}};
}

constexpr auto some_columns = " (id int PRIMARY KEY, v text, n bigint CHECK (n <> 13))";
inline const object not_thirteen{{"id", 7}, {"v", "seven"}, {"n", 13}};

/// From "1=v|n", each ended by a record separator.
inline contents contents_of(const std::string& lines) {
  contents all;
  std::istringstream text{lines};
  for (std::string line; std::getline(text, line, '\x1e');)
    if (const auto at = line.find('='); at != line.npos)
      all[std::stoll(line.substr(0, at))] = line.substr(at + 1);
  return all;
}

inline place postgres_place() {
  static const postgres_server server;
  static postgres_client db{server};
  const auto name = fresh_name();
  db.run("CREATE TABLE " + name + some_columns);
  const auto now = [name] {
    return contents_of(db.run("SELECT string_agg(id || '=' || coalesce(v, '') || '|' || "
                              "coalesce(n::text, ''), chr(30)) FROM " +
                              name));
  };
  return {actors::postgres_destination(reached_servers()), table_options(server.url(), name), now,
          [name] { db.run("DROP TABLE " + name); }, not_thirteen};
}

inline place mariadb_place() {
  static const mariadb_server server;
  static mariadb_client db{server};
  const auto name = fresh_name();
  db.run("CREATE TABLE " + name + some_columns + "; SET SESSION group_concat_max_len = 100000000");
  const auto now = [name] {
    return contents_of(db.run("SELECT GROUP_CONCAT(CONCAT(id, '=', IFNULL(v, ''), '|', IFNULL(n, "
                              "'')) SEPARATOR '\x1e') FROM " +
                              name));
  };
  return {actors::mariadb_destination(reached_servers()), table_options(server.url(), name), now,
          [name] { db.run("DROP TABLE " + name); }, not_thirteen};
}

inline const std::filesystem::path& written_directory() {
  static const temporary_directory made;
  return made.path();
}

inline place sqlite_place() {
  const auto name = fresh_name() + ".db";
  const auto file = written_directory() / name;
  const auto db =
      std::make_shared<made_database>(file, std::string{"CREATE TABLE t"} + some_columns);
  const auto now = [db] {
    contents all;
    db->each("SELECT id, ifnull(v, '') || '|' || ifnull(n, '') FROM t",
             [&](const auto& row) { all[std::stoll(row[0])] = row[1]; });
    return all;
  };
  return {actors::sqlite_destination({{written_directory()}, blocking_threads()}),
          object{{"file", name}, {"table", "t"}, {"key", "id"}}, now,
          [file] { std::filesystem::remove(file); }, not_thirteen};
}

/// What whoever reads its files in their order knows at the end.
inline place csv_place() {
  const auto name = fresh_name();
  const auto directory = written_directory() / name;
  std::filesystem::create_directory(directory);
  const auto now = [name, directory] {
    contents all;
    if (std::filesystem::is_empty(directory))
      return all;
    for (const auto& kind : actors::file_sources({{written_directory()}, blocking_threads()})) {
      if (kind->name() != "csv")
        continue;
      const object types{{"n", "integer"}};
      const object options{{"path", name + "/*.csv"}, {"key", "id"}, {"types", types}};
      auto opened = kind->open({"acme", "sync", "any"}, options);
      for (const auto& page : source_reading{*std::move(opened)}.run()) {
        EXPECT_TRUE(page.letters.empty());
        for (const auto& r : page.records) {
          const auto record = read_json(r.content.view());
          const auto id = std::stoll(*record->find("id")->as<std::string>());
          const auto* v = record->find("v");
          const auto* n = record->find("n");
          if (*record->find("gone") == value{"true"})
            all.erase(id);
          else
            all[id] = (v && v->is<std::string>() ? *v->as<std::string>() : "") + '|' +
                      (n && !n->is_null() ? write_json(*n) : "");
        }
      }
    }
    return all;
  };
  return {actors::csv_destination({{written_directory()}, blocking_threads()}),
          object{{"path", name}, {"deleted", "gone"}, {"columns", list{"id", "v", "n"}}},
          now,
          [directory] { std::filesystem::remove_all(directory); },
          std::nullopt,
          false};
}

} // namespace tenon::tests
