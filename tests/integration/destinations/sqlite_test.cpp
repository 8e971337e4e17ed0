// Writing to SQLite files: values of every kind, rules, a file that somebody else holds, and one
// that may not be written.
#include "tests/support/destination_places.hpp"
#include "tests/support/destination_writing.hpp"

namespace tenon::actors {
namespace {

using tests::change;

class sqlite_destinations : public ::testing::Test {
protected:
  settled write(const std::string& table, std::vector<outgoing_change> page, object more = {}) {
    object options{{"file", "shop.db"}, {"table", table}, {"key", "id"}};
    for (const auto& [name, v] : more)
      options[name] = v;
    return tests::destination_writing{*kind_, options}.write(std::move(page));
  }

  tests::temporary_directory directory_;
  tests::made_database db_{directory_ / "shop.db"};
  std::unique_ptr<destination_kind> kind_ =
      sqlite_destination({{directory_.path()}, tests::blocking_threads()});
};

TEST_F(sqlite_destinations, take_values_as_the_source_writes_them) {
  db_.run("CREATE TABLE Typed (ID INTEGER PRIMARY KEY, t TEXT COLLATE NOCASE, r REAL, b BLOB, a "
          "ANY, twice AS (ID * 2), more TEXT)");
  const list nested{1, "x"};
  const object full{{"id", 1},     {"t", "O'Neil 😀"}, {"r", 1.5}, {"b", "/wAB"},
                    {"a", nested}, {"T2", "kept"},    {"big", 1}};
  const object extra{{"extra", "more"}};
  EXPECT_EQ(write("typed", {change("1", full)}, extra).written, 1u);
  EXPECT_EQ(db_.first("SELECT t || r || hex(b) || a || twice || more FROM Typed"),
            R"(O'Neil 😀1.5FF0001[1,"x"]2{"T2":"kept","big":1})");
  EXPECT_EQ(write("typed", {change("1", full)}, extra).unchanged, 1u);
  auto capital = full;
  capital["t"] = "o'neil 😀"; // the same to the column, and not the same text
  EXPECT_EQ(write("typed", {change("1", capital)}, extra).written, 1u);
  const auto odd = write("typed", {change("2", {{"id", 2}, {"b", "no base64!"}}),
                                   change("3", {{"id", "three"}, {"t", "x"}})});
  EXPECT_EQ(odd.letters.size(), 2u);
  const auto computed = write("typed", {change("2", {{"id", 2}, {"twice", 4}})});
  ASSERT_TRUE(computed.trouble);
  EXPECT_NE(computed.trouble->why.why.find("no column twice"), std::string::npos);
}

TEST_F(sqlite_destinations, keep_the_rules_of_the_database) {
  db_.run("CREATE TABLE city (id INTEGER PRIMARY KEY); CREATE TABLE person (id INTEGER PRIMARY "
          "KEY, mail TEXT UNIQUE, city REFERENCES city DEFERRABLE INITIALLY DEFERRED); CREATE "
          "TRIGGER no AFTER INSERT ON person WHEN new.id = 6 BEGIN SELECT RAISE(ROLLBACK, 'not "
          "six'); END; INSERT INTO city VALUES (1)");
  std::vector<outgoing_change> page;
  for (int i = 1; i <= 20; ++i)
    page.push_back(change(std::to_string(i), {{"id", i},
                                              {"mail", i == 9 ? "m8" : "m" + std::to_string(i)},
                                              {"city", i == 12 ? 99 : 1}}));
  const auto done = write("person", page);
  EXPECT_FALSE(done.trouble);
  std::set<std::string> refused;
  for (const auto& letter : done.letters)
    refused.insert(letter.place);
  EXPECT_EQ(refused, (std::set<std::string>{"12", "6", "9"}));
  EXPECT_EQ(done.written, 17u);
  EXPECT_EQ(db_.first("SELECT count(*) FROM person"), "17");
}

TEST_F(sqlite_destinations, wait_for_who_holds_the_file_and_are_tried_again) {
  db_.run("CREATE TABLE t (id INTEGER PRIMARY KEY, v); BEGIN IMMEDIATE; INSERT INTO t VALUES (9, "
          "'theirs')");
  const auto none = write("t", {change("1", {{"id", 1}, {"v", "ours"}})});
  EXPECT_EQ(none.count, 0u);
  ASSERT_TRUE(none.trouble);
  EXPECT_TRUE(none.trouble->transient);
  EXPECT_NE(none.trouble->why.why.find("locked"), std::string::npos);
  db_.run("COMMIT");
  EXPECT_EQ(write("t", {change("1", {{"id", 1}, {"v", "ours"}})}).written, 1u);
  EXPECT_EQ(db_.first("SELECT count(*) FROM t"), "2");
}

TEST_F(sqlite_destinations, write_only_where_the_node_may) {
  const tests::temporary_directory elsewhere;
  const tests::made_database other{elsewhere / "other.db", "CREATE TABLE t (id INTEGER PRIMARY "
                                                           "KEY)"};
  std::filesystem::create_symlink(elsewhere / "other.db", directory_ / "link.db");
  for (const auto& file :
       {(elsewhere / "other.db").string(), std::string{"link.db"}, std::string{"../other.db"}}) {
    const object options{{"file", file}, {"table", "t"}, {"key", "id"}};
    const auto checked = kind_->check(options);
    ASSERT_FALSE(checked) << file;
    EXPECT_EQ(checked.error().code, code::forbidden);
    EXPECT_NE(checked.error().remedy.find("--allow-file-writes"), std::string::npos);
    const auto none = tests::destination_writing{*kind_, options}.write({change("1", {{"id", 1}})});
    EXPECT_TRUE(none.trouble);
    EXPECT_EQ(none.count, 0u);
  }
}

} // namespace
} // namespace tenon::actors
