// Writing to SQLite files: values of every kind, rules, a file that somebody else holds, and one
// that may not be written.
#include "actors/sync/destinations/sqlite.hpp"
#include "tests/support/destination_writing.hpp"
#include "tests/support/made_database.hpp"
#include "tests/support/offered.hpp"
#include "tests/support/temporary_directory.hpp"

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

TEST_F(sqlite_destinations, lose_no_digit_of_a_number) {
  db_.run("CREATE TABLE money (id INTEGER PRIMARY KEY, t VARCHAR(40), r REAL, n DECIMAL(30,3), a)");
  const auto of = [](int id, const char* name, const char* number) {
    auto one = change(std::to_string(id), {});
    one.content = blob::from("{\"id\":" + std::to_string(id) + ",\"" + name + "\":" + number + '}');
    return one;
  };
  const std::vector<outgoing_change> page{of(1, "t", "19.990"),
                                          of(2, "t", "12345678901234567890.10"),
                                          of(3, "t", "123456789012345678901"),
                                          of(4, "a", "123456789012345678901"),
                                          of(5, "r", "19.990"),
                                          of(6, "n", "2.5")};
  EXPECT_EQ(write("money", page).written, 6u);
  EXPECT_EQ(write("money", page).unchanged, 6u);
  EXPECT_EQ(db_.first("SELECT group_concat(t, ' ') FROM (SELECT t FROM money ORDER BY id)"),
            "19.990 12345678901234567890.10 123456789012345678901");
  EXPECT_EQ(db_.first("SELECT a FROM money WHERE id = 4"), "123456789012345678901");
  EXPECT_EQ(db_.first("SELECT group_concat(typeof(coalesce(r, n)) || coalesce(r, n), ' ') FROM "
                      "money WHERE id > 4"),
            "real19.99 real2.5");
  const auto done = write("money", {of(7, "n", "123456789012345678901"), of(8, "n", "7"),
                                    of(9, "r", "-9223372036854775809")});
  EXPECT_EQ(done.written, 1u);
  ASSERT_EQ(done.letters.size(), 2u);
  EXPECT_NE(done.letters[0].reason.find("too large"), std::string::npos);
}

TEST_F(sqlite_destinations, keep_the_order_of_changes_of_one_row) {
  db_.run("CREATE TABLE mailed (mail TEXT PRIMARY KEY COLLATE NOCASE, v, w); INSERT INTO mailed "
          "VALUES ('a@x', 'old', ''), ('b@x', 'old', '')");
  const object by_mail{{"key", "mail"}};
  const auto done =
      write("mailed",
            {change("1", {{"mail", "a@x"}, {"v", "old"}}, true),
             change("2", {{"mail", "A@x"}, {"v", "n"}}),
             change("3", {{"mail", "b@x"}, {"v", "kept"}}), change("4", {{"mail", "b@x"}}, true),
             change("5", {{"mail", "c@x"}, {"v", "last"}, {"w", "last"}}),
             change("6", {{"mail", "c@x"}, {"v", "really"}})},
            by_mail);
  EXPECT_FALSE(done.trouble);
  EXPECT_EQ(done.count, 6u);
  EXPECT_EQ(done.deleted, 2u);
  EXPECT_EQ(db_.first("SELECT group_concat(mail || v || ifnull(w, '-')) FROM (SELECT * FROM mailed "
                      "ORDER BY mail)"),
            "A@xn-,c@xreallylast");
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
