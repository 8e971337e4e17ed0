#include "tests/integration/sources/sqlite_reading.hpp"

#include "protocols/json.hpp"

#include <algorithm>
#include <cmath>

namespace tenon::actors {
namespace {

TEST_F(sqlite_reading, reads_the_412_invoices_of_chinook_with_a_total_of_2328_60) {
  auto pages = chinook("Invoice", "InvoiceId", 100).run();
  ASSERT_EQ(pages.size(), 5u);
  std::size_t count = 0;
  double total = 0;
  for (const auto& p : pages) {
    EXPECT_EQ(p.expected, 412u);
    EXPECT_TRUE(p.complete);
    EXPECT_TRUE(p.letters.empty());
    count += p.records.size();
    for (const auto& r : p.records)
      total += *read_json(r.content.view())->find("Total")->as<double>();
  }
  EXPECT_EQ(count, 412u);
  EXPECT_EQ(std::lround(total * 100), 232860);
  EXPECT_EQ(pages[0].records[0].key, "1");
  EXPECT_EQ(pages[0].records[0].content.text(),
            R"({"InvoiceId":1,"CustomerId":2,"InvoiceDate":"2021-01-01 00:00:00",)"
            R"("BillingAddress":"Theodor-Heuss-Straße 34","BillingCity":"Stuttgart",)"
            R"("BillingState":null,"BillingCountry":"Germany","BillingPostalCode":"70174",)"
            R"("Total":1.98})");
}

TEST_F(sqlite_reading, gives_the_same_records_with_every_page_size) {
  const auto all = lines(chinook("Genre", "GenreId", 5000).run());
  ASSERT_EQ(all.size(), 25u);
  for (std::int64_t size = 1; size <= 26; ++size)
    EXPECT_EQ(lines(chinook("Genre", "GenreId", size).run()), all) << size;
}

TEST_F(sqlite_reading, pages_by_a_key_of_several_columns) {
  const list key{"PlaylistId", "TrackId"};
  const auto all = lines(chinook("PlaylistTrack", key, 5000).run());
  EXPECT_EQ(all.size(), 8715u);
  EXPECT_EQ(lines(chinook("PlaylistTrack", key, 97).run()), all);
  EXPECT_EQ(all.front(), R"(1|1 {"PlaylistId":1,"TrackId":1})");
}

TEST_F(sqlite_reading, says_each_kind_of_value_in_json_in_the_order_of_the_columns) {
  made_database db{file(), "CREATE TABLE t (z, id INTEGER PRIMARY KEY, r REAL, b BLOB, n, "
                           "double_id INT AS (id * 2), \"a \"\"b\" TEXT);"
                           "INSERT INTO t VALUES (-5, 9223372036854775807, 0.1, x'00ff', NULL, "
                           "'say \"x\"' || char(10));"
                           "INSERT INTO t(id, r, n) VALUES (-1, 3, 1e300)"};
  EXPECT_EQ(lines(open().run()),
            (texts{R"(-1 {"z":null,"id":-1,"r":3.0,"b":null,"n":1e+300,"double_id":-2,)"
                   R"("a \"b":null})",
                   R"(9223372036854775807 {"z":-5,"id":9223372036854775807,"r":0.1,"b":"AP8=",)"
                   R"("n":null,"double_id":18446744073709551616.0,"a \"b":"say \"x\"\n"})"}));
}

TEST_F(sqlite_reading, escapes_the_bar_between_the_parts_of_a_key) {
  made_database db{file(), "CREATE TABLE t (a TEXT, b TEXT, PRIMARY KEY (a, b));"
                           "INSERT INTO t VALUES ('x|y', 'z'), ('x', 'y|z'), ('x\\', 'y')"};
  auto pages = open({{"key", list{"a", "b"}}}).run();
  ASSERT_EQ(pages[0].records.size(), 3u);
  EXPECT_EQ(pages[0].records[0].key, R"(x|y\|z)");
  EXPECT_EQ(pages[0].records[1].key, R"(x\\|y)");
  EXPECT_EQ(pages[0].records[2].key, R"(x\|y|z)");
}

TEST_F(sqlite_reading, loses_no_row_whose_key_differs_only_in_case) {
  made_database db{file(),
                   "CREATE TABLE t (id TEXT COLLATE NOCASE, PRIMARY KEY (id COLLATE BINARY));"
                   "INSERT INTO t VALUES ('a'), ('A'), ('b'), ('B')"};
  EXPECT_EQ(lines(open({{"page_size", 1}}).run()).size(), 4u);
}

TEST_F(sqlite_reading, makes_letters_of_what_cannot_be_a_record) {
  made_database db{
      file(),
      "CREATE TABLE t (id PRIMARY KEY, v);"
      "INSERT INTO t VALUES (1, CAST(x'6162ff' AS TEXT)), (2, 9e999), "
      "(3, zeroblob(4194305)), (4, zeroblob(4194304)), (NULL, 'a'), (NULL, 'b'), "
      "(1.5, 1), (x'01', 1), ('', 1), (printf('%251s', 'x'), 1), ('text', 1), ('other', 1)"};
  EXPECT_EQ(lines(open({{"page_size", 3}}).run()).size(), 12u);
  std::vector<std::string> letters;
  std::size_t records = 0;
  for (const auto& p : open().run()) {
    records += p.records.size();
    for (const auto& l : p.letters) {
      letters.push_back(l.reason);
      EXPECT_TRUE(read_json(l.bytes.view())) << l.bytes.view().substr(0, 100);
    }
  }
  EXPECT_EQ(records + letters.size(), 12u);
  const texts expected{"column id of the key is NULL",
                       "column id of the key is NULL",
                       "column v is not UTF-8 at byte 2; below it is base64",
                       "column id of the key is neither an integer nor text",
                       "column v is infinite, for which JSON has no number",
                       "column v has 4194305 bytes, more than 4 MiB",
                       "column id of the key is empty",
                       "column id makes a key of more than 250 bytes",
                       "column id of the key is neither an integer nor text"};
  EXPECT_EQ(letters, expected);
}

TEST_F(sqlite_reading, refuses_text_as_a_key_where_a_number_would_be_the_same) {
  made_database db{file(), "CREATE TABLE t (id BLOB PRIMARY KEY); INSERT INTO t VALUES (7), ('7')"};
  EXPECT_EQ(lines(open().run()),
            (texts{"7 {\"id\":7}", "! row 7: column id is text that reads as a number, and a key "
                                   "of that number would be the same"}));
}

TEST_F(sqlite_reading, counts_the_keyless_rows_beyond_the_first_hundred) {
  made_database db{file(), "CREATE TABLE t (id TEXT PRIMARY KEY);"
                           "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT "
                           "150) INSERT INTO t SELECT NULL FROM n; INSERT INTO t VALUES ('a')"};
  const auto pages = open().run();
  ASSERT_EQ(pages[0].letters.size(), 101u);
  EXPECT_EQ(pages[0].letters.back().reason, "50 more rows have no key: it is NULL");
  EXPECT_EQ(pages[0].records.size(), 1u);
  EXPECT_EQ(pages[0].expected, 151u);
}

TEST_F(sqlite_reading, ends_a_page_that_has_enough_bytes_before_it_has_enough_rows) {
  made_database db{file(), "CREATE TABLE t (id INTEGER PRIMARY KEY, v);"
                           "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT "
                           "10) INSERT INTO t SELECT i, zeroblob(2000000) FROM n"};
  const auto pages = open().run();
  EXPECT_EQ(pages.size(), 3u);
  EXPECT_EQ(lines(pages).size(), 10u);
}

TEST_F(sqlite_reading, reads_a_text_database_in_utf_16) {
  made_database db{file(), "PRAGMA encoding = 'UTF-16'; CREATE TABLE t (id TEXT PRIMARY KEY);"
                           "INSERT INTO t VALUES ('żółw')"};
  EXPECT_EQ(lines(open().run()), texts{"żółw {\"id\":\"żółw\"}"});
}

// What changes between runs.

class sqlite_changes : public sqlite_reading {
protected:
  sqlite_changes() {
    db.run("CREATE TABLE t (id INTEGER PRIMARY KEY, at INTEGER, v TEXT, gone);"
           "INSERT INTO t VALUES (1, 10, 'a', 0), (2, 20, 'b', 0), (3, 20, 'c', 0), "
           "(4, NULL, 'd', 0), (5, 5, 'e', 0)");
  }
  source_reading open_changes(std::int64_t page_size = 500) {
    return open({{"cursor", "at"}, {"deleted", "gone"}, {"page_size", page_size}});
  }
  static texts keys(const std::vector<source_page>& pages) {
    texts all;
    for (const auto& p : pages)
      for (const auto& r : p.records)
        all.push_back(r.key + (r.deleted ? " deleted" : ""));
    return all;
  }

  made_database db{file()};
};

TEST_F(sqlite_changes, begin_with_everything_and_then_bring_only_what_may_be_new) {
  auto first = open_changes().run();
  EXPECT_EQ(keys(first), (texts{"1", "2", "3", "4", "5"}));
  EXPECT_FALSE(first.back().complete);
  EXPECT_EQ(first.back().cursor, R"({"column":"at","at":20})");
  db.run("INSERT INTO t VALUES (6, 30, 'f', 0); UPDATE t SET at = 31, v = 'A' WHERE id = 1");
  // 2 and 3 have the cursor that was the newest; 4 has none and may have changed at any time.
  auto second = open_changes().run({.cursor = first.back().cursor});
  EXPECT_EQ(keys(second), (texts{"4", "2", "3", "6", "1"}));
  EXPECT_EQ(second.front().expected, 5u);
  EXPECT_EQ(second.back().cursor, R"({"column":"at","at":31})");
}

TEST_F(sqlite_changes, include_a_row_with_the_same_cursor_and_a_smaller_key) {
  const auto cursor = open_changes().run().back().cursor;
  db.run("INSERT INTO t VALUES (0, 20, 'late', 0)");
  EXPECT_EQ(keys(open_changes(1).run({.cursor = cursor})), (texts{"4", "0", "2", "3"}));
}

TEST_F(sqlite_changes, include_what_was_written_behind_the_reader_during_the_run_before) {
  auto reading = open_changes(2);
  auto p = reading.page({});
  db.run("UPDATE t SET at = 21, v = 'changed' WHERE id = 1; INSERT INTO t VALUES (9, 40, 'i', 0)");
  while (!p.last)
    p = reading.page({.position = p.position, .cursor = p.cursor});
  const auto next = keys(reading.run({.cursor = p.cursor}));
  EXPECT_NE(std::ranges::find(next, "1"), next.end());
}

TEST_F(sqlite_changes, are_the_same_with_every_page_size) {
  const auto cursor = R"({"column":"at","at":10})";
  const auto all = keys(open_changes().run({.cursor = cursor}));
  EXPECT_EQ(all, (texts{"4", "1", "2", "3"}));
  for (std::int64_t size = 1; size <= 6; ++size)
    EXPECT_EQ(keys(open_changes(size).run({.cursor = cursor})), all) << size;
}

TEST_F(sqlite_changes, are_not_everything_because_a_cursor_is_of_another_column) {
  const auto refused = [&](const char* cursor) {
    const auto t = open_changes(2).trouble({.cursor = cursor});
    EXPECT_FALSE(t.start_over || t.transient) << cursor;
    return t.why.where + ": " + t.why.why;
  };
  EXPECT_EQ(refused(R"({"column":"n","at":20})"),
            "cursor: the cursor is one of the column n, and the table is read by at");
  EXPECT_EQ(refused(R"({"at":20})"), "cursor: the cursor is not one of a table");
  EXPECT_EQ(keys(open_changes(2).run({.cursor = R"({"column":"n","at":20})", .full = true})),
            (texts{"1", "2", "3", "4", "5"}));
}

TEST_F(sqlite_changes, of_a_full_run_are_everything_whatever_the_cursor_says) {
  const auto pages = open_changes(2).run({.cursor = R"({"column":"at","at":20})", .full = true});
  EXPECT_EQ(keys(pages), (texts{"1", "2", "3", "4", "5"}));
  for (const auto& p : pages)
    EXPECT_TRUE(p.complete);
}

TEST_F(sqlite_changes, move_the_cursor_only_when_the_run_has_seen_everything) {
  auto p = open_changes(2).page({.cursor = R"({"column":"at","at":5})"});
  EXPECT_FALSE(p.last);
  EXPECT_EQ(p.cursor, R"({"column":"at","at":5})");
}

TEST_F(sqlite_changes, mark_a_row_as_deleted_by_whatever_is_true_in_its_column) {
  db.run("UPDATE t SET gone = CASE id WHEN 1 THEN 1 WHEN 2 THEN '2026-01-01' WHEN 3 THEN 'False' "
         "WHEN 4 THEN NULL ELSE 'yes' END");
  EXPECT_EQ(keys(open_changes().run()), (texts{"1 deleted", "2 deleted", "3", "4", "5 deleted"}));
}

TEST_F(sqlite_changes, may_have_any_kind_of_value_as_their_cursor) {
  // Two of them, as JSON cannot say them, make letters of their rows; they order the rows all the
  // same.
  db.run("UPDATE t SET at = CASE id WHEN 1 THEN 1.5 WHEN 2 THEN x'00' WHEN 3 THEN 'text' WHEN 4 "
         "THEN -9e999 ELSE CAST(x'ff' AS TEXT) END");
  std::string cursor;
  for (std::int64_t size = 1; size <= 2; ++size) {
    auto first = open_changes(size).run();
    EXPECT_EQ(first.back().cursor, R"({"column":"at","at":{"blob":"AA=="}})");
    EXPECT_EQ(keys(open_changes(size).run({.cursor = first.back().cursor})), texts{"2"});
    EXPECT_EQ(
        keys(open_changes(size).run({.cursor = R"({"column":"at","at":{"infinite":false}})"})),
        (texts{"1", "3", "2"}));
  }
}

} // namespace
} // namespace tenon::actors
