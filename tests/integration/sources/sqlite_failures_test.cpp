// What the outside world does to a SQLite file, and what is said about it.
#include "actors/sync/sources/sqlite/database.hpp"
#include "tests/integration/sources/sqlite_reading.hpp"

#include <fstream>
#include <unistd.h>

namespace tenon::actors {
namespace {

using sqlite_failures = sqlite_reading;

TEST_F(sqlite_failures, refuses_options_with_their_place_and_what_to_write) {
  struct wrong {
    object options;
    std::string place, why, remedy;
  };
  const value f{"x"};
  for (const auto& w : std::vector<wrong>{
           {{{"tables", f}}, "tables", "no option tables", "Did you mean table?"},
           {{{"table", f}, {"key", f}}, "file", "missing", "{sqlite: {file: …"},
           {{{"file", f}, {"key", f}}, "table", "missing", ""},
           {{{"file", f}, {"table", f}}, "key", "missing", ""},
           {{{"file", 5}}, "file", "expected text, found number", "quotes"},
           {{{"key", list{}}}, "key", "1 to 16", ""},
           {{{"key", list{"a", 1}}}, "key", "expected text", ""},
           {{{"page_size", 0}}, "page_size", "no page size", "1 to 5000"},
           {{{"page_size", 5001}}, "page_size", "no page size", "1 to 5000"},
           {{{"cursor", ""}}, "cursor", "cannot be a name", "leave the option out"},
       }) {
    const auto checked = kind->check(w.options);
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().where, "spec.from.sqlite." + w.place);
    EXPECT_NE(checked.error().why.find(w.why), std::string::npos) << checked.error().why;
    EXPECT_NE(checked.error().remedy.find(w.remedy), std::string::npos) << checked.error().remedy;
  }
}

TEST_F(sqlite_failures, reads_only_below_the_directories_that_the_operator_allows) {
  tests::temporary_directory elsewhere;
  made_database outside{elsewhere / "made.sqlite", "CREATE TABLE t (id INTEGER PRIMARY KEY)"};
  std::filesystem::create_symlink(elsewhere / "made.sqlite", directory / "link.sqlite");
  for (const auto& name :
       {(elsewhere / "made.sqlite").string(), (elsewhere / "absent").string(),
        "../" + elsewhere.path().filename().string() + "/made.sqlite", std::string{"link.sqlite"},
        std::string{"/etc/passwd"}, directory.path().string() + "-too/x"}) {
    const object o{{"file", name}, {"table", "t"}, {"key", "id"}};
    const auto checked = kind->check(o);
    ASSERT_FALSE(checked) << name;
    EXPECT_EQ(checked.error().code, code::forbidden);
    EXPECT_EQ(open_file(name).trouble().why, checked.error());
    EXPECT_NE(checked.error().remedy.find("--allow-files DIR"), std::string::npos);
  }
  const auto none = sqlite_source({{}, blocking});
  const auto checked = none->check({{"file", "made.sqlite"}, {"table", "t"}, {"key", "id"}});
  ASSERT_FALSE(checked);
  EXPECT_NE(checked.error().remedy.find("--allow-files DIR"), std::string::npos);
}

TEST_F(sqlite_failures, finds_a_relative_file_in_the_allowed_directories_and_follows_links_there) {
  made_database db{file(), "CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)"};
  std::filesystem::create_symlink("made.sqlite", directory / "link.sqlite");
  EXPECT_EQ(lines(open_file("made.sqlite").run()).size(), 1u);
  EXPECT_EQ(lines(open_file("link.sqlite").run()).size(), 1u);
}

struct asked_wrongly {
  std::string sql;
  object options;
  tenon::code code;
  std::string place, why, remedy;
};

TEST_F(sqlite_failures, says_what_there_is_when_a_name_is_wrong) {
  made_database db{file(),
                   "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, other TEXT UNIQUE);"
                   "CREATE TABLE songs (id INT, a, UNIQUE (id, a));"
                   "CREATE TABLE loose (a, b); CREATE UNIQUE INDEX i ON loose(a) WHERE b;"
                   "CREATE UNIQUE INDEX j ON loose(a + b); CREATE VIEW v AS SELECT 1 AS id"};
  for (const auto& w : std::vector<asked_wrongly>{
           {"", {{"table", "song"}}, code::not_found, "table", "no table song", "mean songs?"},
           {"", {{"table", "sqlite_schema"}}, code::not_found, "table", "no table", "loose, songs"},
           {"", {{"table", "v"}}, code::malformed, "table", "is a view", "table that it reads"},
           {"", {{"key", "idd"}}, code::not_found, "key", "no column idd", "Did you mean id?"},
           {"", {{"key", list{"id", "ID"}}}, code::malformed, "key", "twice", "once"},
           {"", {{"cursor", "nothing"}}, code::not_found, "cursor", "no column", "id, name"},
           {"", {{"deleted", "nam"}}, code::not_found, "deleted", "no column", "mean name?"},
           {"", {{"key", "name"}}, code::malformed, "key", "unique", "Its primary key is id"},
           {"", {{"table", "songs"}}, code::malformed, "key", "unique", "a unique index"},
           {"", {{"table", "loose"}, {"key", "a"}}, code::malformed, "key", "unique", "create"},
       }) {
    const auto t = open(w.options).trouble();
    EXPECT_EQ(t.why.code, w.code) << t.why.why;
    EXPECT_EQ(t.why.where, "spec.from.sqlite." + w.place);
    EXPECT_NE(t.why.why.find(w.why), std::string::npos) << t.why.why;
    EXPECT_NE(t.why.remedy.find(w.remedy), std::string::npos) << t.why.remedy;
    EXPECT_FALSE(t.transient);
  }
  EXPECT_TRUE(open({{"table", "SONGS"}, {"key", list{"A", "ID"}}}).page({}).last);
  EXPECT_TRUE(open({{"key", "other"}}).page({}).last);
}

TEST_F(sqlite_failures, names_with_quotes_in_them_are_only_names) {
  made_database db{file(), "CREATE TABLE \"a\"\"; DROP TABLE x; --\" (\"id\"\" OR 1\" INTEGER "
                           "PRIMARY KEY); INSERT INTO \"a\"\"; DROP TABLE x; --\" VALUES (1), (2)"};
  auto reading = open({{"table", "a\"; DROP TABLE x; --"}, {"key", "id\" OR 1"}, {"page_size", 1}});
  EXPECT_EQ(lines(reading.run()).size(), 2u);
}

TEST_F(sqlite_failures, says_that_a_file_is_missing_or_no_file_or_no_database) {
  const auto missing = open().trouble();
  EXPECT_EQ(missing.why.code, code::not_found);
  EXPECT_EQ(missing.why.where, "spec.from.sqlite.file");
  std::filesystem::create_directory(directory / "folder");
  EXPECT_NE(open_file("folder").trouble().why.why.find("is no file"), std::string::npos);
  std::ofstream{file()} << std::string(5000, 'x');
  const auto foreign = open().trouble();
  EXPECT_EQ(foreign.why.code, code::malformed);
  EXPECT_NE(foreign.why.why.find("is not a SQLite database"), std::string::npos);
  std::ofstream{file(), std::ios::trunc};
  EXPECT_NE(open().trouble().why.remedy.find("no tables at all"), std::string::npos);
}

TEST_F(sqlite_failures, tries_again_later_while_a_writer_holds_the_file) {
  made_database db{file(), "CREATE TABLE t (id INTEGER PRIMARY KEY)"};
  db.run("BEGIN EXCLUSIVE");
  const auto t = open().trouble();
  EXPECT_TRUE(t.transient);
  EXPECT_EQ(t.why.code, code::unavailable);
  EXPECT_NE(t.why.why.find("locked by a writer"), std::string::npos) << t.why.why;
  db.run("COMMIT");
  EXPECT_TRUE(open().page({}).last);
}

TEST_F(sqlite_failures, reads_beside_a_writer_in_wal_mode) {
  made_database db{file(), "PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY);"
                           "INSERT INTO t VALUES (1); BEGIN IMMEDIATE; INSERT INTO t VALUES (2)"};
  EXPECT_EQ(lines(open().run()).size(), 1u);
}

TEST_F(sqlite_failures, says_that_a_file_is_damaged) {
  {
    made_database db{file(), "PRAGMA page_size = 1024; CREATE TABLE t (id INTEGER PRIMARY KEY, v);"
                             "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT "
                             "2000) INSERT INTO t SELECT i, hex(randomblob(40)) FROM n"};
  }
  std::fstream bytes{file(), std::ios::in | std::ios::out | std::ios::binary};
  bytes.seekp(20 * 1024);
  bytes << std::string(1024 * 20, '\xee');
  bytes.close();
  const auto t = open({{"page_size", 5000}}).trouble();
  EXPECT_EQ(t.why.code, code::malformed);
  EXPECT_NE(t.why.why.find("is damaged"), std::string::npos) << t.why.why;
  EXPECT_NE(t.why.remedy.find("integrity_check"), std::string::npos);
  EXPECT_FALSE(t.transient);
}

TEST_F(sqlite_failures, says_that_the_user_may_not_read_the_file) {
  made_database db{file(), "CREATE TABLE t (id INTEGER PRIMARY KEY)"};
  const bool root = ::geteuid() == 0;
  std::filesystem::permissions(directory.path(), std::filesystem::perms{0755});
  std::filesystem::permissions(file(), std::filesystem::perms{0});
  ASSERT_EQ(root ? ::seteuid(65534) : 0, 0);
  auto reading = open();
  const auto t = reading.trouble();
  ASSERT_EQ(root ? ::seteuid(0) : 0, 0);
  EXPECT_EQ(t.why.code, code::forbidden);
  EXPECT_NE(t.why.why.find("may not be opened"), std::string::npos) << t.why.why;
  EXPECT_FALSE(t.transient);
}

TEST_F(sqlite_failures, starts_over_when_the_columns_change_between_two_pages) {
  made_database db{file(), "CREATE TABLE t (id INTEGER PRIMARY KEY);"
                           "INSERT INTO t VALUES (1), (2), (3)"};
  auto reading = open({{"page_size", 1}});
  const auto first = reading.page({});
  db.run("ALTER TABLE t ADD COLUMN v");
  const auto t = reading.trouble({.position = first.position, .cursor = first.cursor});
  EXPECT_TRUE(t.start_over);
  EXPECT_EQ(t.why.code, code::stale);
  EXPECT_TRUE(reading.trouble({.position = "{\"page\":3}"}).start_over);
  EXPECT_TRUE(reading.trouble({.position = "rubbish"}).start_over);
}

TEST_F(sqlite_failures, goes_on_in_a_file_that_was_put_in_the_place_of_the_old_one) {
  const auto make = [](const std::filesystem::path& at, const char* v) {
    made_database{at, std::string{"CREATE TABLE t (id INTEGER PRIMARY KEY, v);"} +
                          "INSERT INTO t VALUES (1, '" + v + "'), (2, '" + v + "')"};
  };
  make(file(), "old");
  auto reading = open({{"page_size", 1}});
  const auto first = reading.page({});
  make(directory / "new.sqlite", "new");
  std::filesystem::rename(directory / "new.sqlite", file());
  EXPECT_EQ(lines(reading.run({.position = first.position})), texts{R"(2 {"id":2,"v":"new"})"});
}

TEST_F(sqlite_failures, gives_up_a_query_that_costs_too_much_or_is_to_stop) {
  made_database db{file()};
  const auto endless = [&](std::stop_token stop) {
    auto reading = sqlite::database::open(file(), std::move(stop), 2);
    return (*reading)->texts("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                             "SELECT MAX(i) FROM n");
  };
  const auto costly = endless({});
  ASSERT_FALSE(costly);
  EXPECT_EQ(costly.error().code, code::too_large);
  EXPECT_NE(costly.error().remedy.find("Create an index"), std::string::npos);
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = endless(stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, code::unavailable);
}

TEST_F(sqlite_failures, refuses_a_key_too_long_to_remember) {
  made_database db{file(), "CREATE TABLE t (id TEXT PRIMARY KEY);"
                           "INSERT INTO t VALUES (hex(zeroblob(40000))), ('z')"};
  const auto t = open({{"page_size", 1}}).trouble();
  EXPECT_EQ(t.why.code, code::too_large);
  EXPECT_EQ(t.why.where, "spec.from.sqlite.key");
}

TEST_F(sqlite_failures, waits_when_nobody_is_free_to_read_a_file) {
  runtime::workers full{{.threads = 1, .tasks = 0}};
  auto opened = sqlite_source({{directory.path()}, full})
                    ->open(sync, {{"file", "x"}, {"table", "t"}, {"key", "id"}});
  ASSERT_TRUE(opened);
  const auto t = source_reading{*std::move(opened)}.trouble();
  EXPECT_TRUE(t.transient);
  EXPECT_EQ(t.why.code, code::overloaded);
}

} // namespace
} // namespace tenon::actors
