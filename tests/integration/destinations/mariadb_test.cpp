// Writing to a real MariaDB server: values of its types, rows that another index would mistake for
// others, and a server that goes away.
#include "actors/sync/destinations/mariadb.hpp"
#include "tests/support/destination_writing.hpp"
#include "tests/support/mariadb_server.hpp"
#include "tests/support/offered.hpp"

namespace tenon::actors {
namespace {

using tests::change;

class mariadb_destinations : public ::testing::Test {
protected:
  static tests::mariadb_server& server() {
    static tests::mariadb_server one;
    return one;
  }
  settled write(const std::string& table, std::vector<outgoing_change> page) {
    return tests::destination_writing{*kind_, tests::table_options(server().url(), table)}.write(
        std::move(page));
  }

  tests::mariadb_client db_{server()};
  std::unique_ptr<destination_kind> kind_ = mariadb_destination(tests::reached_servers());
};

TEST_F(mariadb_destinations, take_values_as_the_source_writes_them) {
  db_.run("CREATE TABLE typed (id int PRIMARY KEY, t text, n decimal(30,5), f double, b "
          "varbinary(9), j json, at timestamp(6) NULL, d datetime(6), y date, e enum('a','b'), bit "
          "bit(4), p point, twice int AS (id * 2))");
  const object nested{{"a", list{1, "\\x"}}};
  const object full{{"id", 1},
                    {"t", "O'Neil \\ \"q\"\n😀"},
                    {"n", "1234567890123456789012345.12345"},
                    {"f", 1.5},
                    {"b", "/wAB"},
                    {"j", nested},
                    {"at", "2026-01-31T12:00:00.123456Z"},
                    {"d", "2026-01-31T14:00:00.123457+02:00"},
                    {"y", "2026-01-31"},
                    {"e", "b"},
                    {"bit", 5},
                    {"p", "POINT(1 2)"}};
  const auto done = write("typed", {change("1", full), change("2", {{"id", 2}, {"t", true}})});
  EXPECT_EQ(done.written, 2u) << (done.trouble ? done.trouble->why.why : done.letters[0].reason);
  const auto is = [&](const char* what) {
    EXPECT_EQ(db_.run(std::string{"SET time_zone = '+00:00'; SELECT "} + what +
                      " FROM typed WHERE id = 1"),
              "1")
        << what;
  };
  is("t = _utf8mb4'O\\'Neil \\\\ \"q\"\\n😀'");
  is("n = 1234567890123456789012345.12345");
  is("b = x'ff0001'");
  is("JSON_VALUE(j, '$.a[1]') = '\\\\x'");
  is("at = '2026-01-31 12:00:00.123456'");
  is("d = '2026-01-31 12:00:00.123457'");
  is("e = 'b' AND bit = 5 AND ST_X(p) = 1 AND twice = 2");
  EXPECT_EQ(db_.run("SELECT t FROM typed WHERE id = 2"), "true");
  const auto odd = write("typed", {change("3", {{"id", 3}, {"b", "no base64!"}}),
                                   change("4", {{"id", 4}, {"e", "zebra"}}),
                                   change("5", {{"id", 5}, {"y", "yesterday"}})});
  EXPECT_EQ(odd.letters.size(), 3u);
  EXPECT_EQ(odd.written, 0u);
  const auto computed = write("typed", {change("6", {{"id", 6}, {"twice", 12}})});
  ASSERT_TRUE(computed.trouble);
  EXPECT_NE(computed.trouble->why.why.find("no column twice"), std::string::npos);
}

TEST_F(mariadb_destinations, never_write_to_the_row_that_another_index_finds) {
  db_.run("CREATE TABLE people (id int PRIMARY KEY, mail varchar(50) UNIQUE, v text); INSERT INTO "
          "people VALUES (1, 'a@x', 'first')");
  const auto done = write("people", {change("2", {{"id", 2}, {"mail", "a@x"}, {"v", "other"}}),
                                     change("3", {{"id", 3}, {"mail", "c@x"}, {"v", "third"}})});
  EXPECT_FALSE(done.trouble);
  ASSERT_EQ(done.letters.size(), 1u);
  EXPECT_EQ(done.letters[0].place, "2");
  EXPECT_EQ(done.written, 1u);
  EXPECT_EQ(db_.run("SELECT GROUP_CONCAT(id, mail, v ORDER BY id) FROM people"),
            "1a@xfirst,3c@xthird");
}

TEST_F(mariadb_destinations, refuse_the_record_that_a_trigger_cannot_take_and_no_other) {
  db_.run("CREATE TABLE seen (id int PRIMARY KEY, n int NOT NULL); CREATE TABLE watched (id int "
          "PRIMARY KEY, n int); CREATE TRIGGER note AFTER INSERT ON watched FOR EACH ROW INSERT "
          "INTO seen VALUES (NEW.id, IF(NEW.id IN (50, 61), 99999999999, 1))");
  std::vector<outgoing_change> page;
  for (int i = 0; i < 100; ++i)
    page.push_back(change(std::to_string(i), {{"id", i}, {"n", i}}));
  const auto done = write("watched", page); // the server speaks of row 1, of the trigger's own
  EXPECT_FALSE(done.trouble);
  EXPECT_EQ(done.count, 100u);
  EXPECT_EQ(done.written, 98u);
  ASSERT_EQ(done.letters.size(), 2u);
  EXPECT_EQ(done.letters[0].place, "50");
  EXPECT_EQ(done.letters[1].place, "61");
  EXPECT_EQ(db_.run("SELECT COUNT(*) FROM watched"), "98");
}

TEST_F(mariadb_destinations, believe_no_row_that_only_a_triggers_words_know) {
  for (const auto* row : {"900000000", "18446744073709551615", "99", "3"}) {
    const auto table = "told" + std::string{row};
    db_.run("CREATE TABLE " + table + " (id int PRIMARY KEY)");
    db_.run(
        "CREATE TRIGGER says_" + table + " BEFORE INSERT ON " + table +
        " FOR EACH ROW IF NEW.id = 7 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'x at row " +
        row + "'; END IF");
    std::vector<outgoing_change> page;
    for (int i = 0; i < 20; ++i)
      page.push_back(change(std::to_string(i), {{"id", i}}));
    const auto done = write(table, page);
    EXPECT_FALSE(done.trouble) << row;
    EXPECT_EQ(done.written, 19u) << row;
    ASSERT_EQ(done.letters.size(), 1u) << row;
    EXPECT_EQ(done.letters[0].place, "7") << row;
  }
}

TEST_F(mariadb_destinations, keep_the_order_of_changes_of_one_row) {
  db_.run("CREATE TABLE mailed (mail varchar(50) PRIMARY KEY, v text, w text); INSERT INTO mailed "
          "VALUES ('a@x', 'old', ''), ('b@x', 'old', '')");
  auto options = tests::table_options(server().url(), "mailed");
  options["key"] = "mail";
  tests::destination_writing writing{*kind_, options};
  const auto done = writing.write(
      {change("1", {{"mail", "a@x"}, {"v", "old"}}, true),
       change("2", {{"mail", "A@X"}, {"v", "n"}}), change("3", {{"mail", "b@x"}, {"v", "kept"}}),
       change("4", {{"mail", "b@x"}}, true), change("5", {{"mail", "c@x"}, {"w", "first"}}),
       change("6", {{"mail", "c@x"}, {"v", "last"}, {"w", "last"}}),
       change("7", {{"mail", "c@x"}, {"v", "really"}})});
  EXPECT_FALSE(done.trouble);
  EXPECT_EQ(done.count, 7u);
  EXPECT_EQ(db_.run("SELECT GROUP_CONCAT(mail, v, IFNULL(w, '-') ORDER BY mail) FROM mailed"),
            "A@Xn-,c@xreallylast");
}

TEST_F(mariadb_destinations, count_what_was_changed) {
  db_.run("CREATE TABLE counted (id int, region int, v text, PRIMARY KEY (id, region))");
  auto options = tests::table_options(server().url(), "counted");
  options["key"] = list{"id", "region"};
  tests::destination_writing writing{*kind_, options};
  const auto row = [](int id, const char* v, bool deleted = false) {
    return change(std::to_string(id), {{"id", id}, {"region", 1}, {"v", v}}, deleted);
  };
  EXPECT_EQ(writing.write({row(1, "a"), row(2, "a"), row(3, "a")}).written, 3u);
  const auto mixed = writing.write({row(1, "a"), row(2, "b"), row(4, "c")});
  EXPECT_EQ(mixed.written, 2u);
  EXPECT_EQ(mixed.unchanged, 1u);
  EXPECT_EQ(writing.write({row(2, "z")}).written, 1u);
  const auto gone = writing.write({row(1, "", true), row(9, "", true)});
  EXPECT_EQ(gone.deleted, 1u);
  EXPECT_EQ(gone.unchanged, 1u);
  EXPECT_EQ(db_.run("SELECT GROUP_CONCAT(id, v ORDER BY id) FROM counted"), "2z,3a,4c");
}

TEST_F(mariadb_destinations, go_on_when_the_server_is_there_again) {
  tests::mariadb_server own;
  tests::mariadb_client{own}.run("CREATE TABLE t (id int PRIMARY KEY, v text)");
  tests::destination_writing writing{*kind_, tests::table_options(own.url(), "t")};
  const auto page = [](const char* v) {
    std::vector<outgoing_change> all;
    for (int i = 0; i < 150; ++i)
      all.push_back(change(std::to_string(i), {{"id", i}, {"v", v}}));
    return all;
  };
  EXPECT_EQ(writing.write(page("a")).written, 150u);
  own.stop();
  const auto none = writing.write(page("b"));
  EXPECT_EQ(none.count, 0u);
  ASSERT_TRUE(none.trouble);
  EXPECT_TRUE(none.trouble->transient);
  own.start();
  EXPECT_EQ(writing.write(page("b")).written, 150u);
  EXPECT_EQ(tests::mariadb_client{own}.run("SELECT count(*) FROM t WHERE v = 'b'"), "150");
}

} // namespace
} // namespace tenon::actors
