#include "tests/integration/sources/postgres_reading.hpp"

#include "protocols/json.hpp"

#include <algorithm>

namespace tenon::actors {
namespace {

TEST_F(postgres_reading, gives_the_same_records_with_every_page_size) {
  db.run(
      "CREATE TABLE t (id int PRIMARY KEY, name text); INSERT INTO t SELECT i * 3, 'n' || i FROM "
      "generate_series(-10, 13) i");
  const auto all = lines(open().run());
  ASSERT_EQ(all.size(), 24u);
  EXPECT_EQ(all.front(), R"(-30 {"id":-30,"name":"n-10"})");
  for (std::int64_t size = 1; size <= 25; ++size) {
    const auto pages = open({{"page_size", size}}).run();
    EXPECT_EQ(lines(pages), all) << size;
    EXPECT_EQ(pages.front().expected, 24u);
    EXPECT_TRUE(pages.back().complete);
  }
}

TEST_F(postgres_reading, pages_by_a_key_of_several_columns) {
  db.run("CREATE TABLE t (a text, b date, c int, PRIMARY KEY (b, a)); INSERT INTO t SELECT 'x|' || "
         "i % 7, date '2026-01-01' + i, i FROM generate_series(1, 60) i");
  const list key{"a", "b"};
  const auto all = lines(open({{"key", key}}).run());
  ASSERT_EQ(all.size(), 60u);
  EXPECT_EQ(all.front(), R"(x\|0|2026-01-08 {"a":"x|0","b":"2026-01-08","c":7})");
  EXPECT_EQ(lines(open({{"key", key}, {"page_size", 7}}).run()), all);
}

TEST_F(postgres_reading, says_each_kind_of_value_in_json) {
  db.run(R"(
    CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE DOMAIN positive AS int CHECK (VALUE > 0);
    CREATE TYPE pair AS (a int, b text);
    CREATE TABLE t (id bigint PRIMARY KEY, b bool, r real, d double precision, n numeric,
      ts timestamp, tz timestamptz, day date, at time, bytes bytea, j json, jb jsonb, u uuid,
      ints int[], words text[], deep int[][], moments timestamptz[], m mood, p positive, c pair,
      span interval, net inet, ch char(5), price numeric(12,2), ms mood[], by bytea[]);
    INSERT INTO t (id) VALUES (1);
    INSERT INTO t VALUES (9223372036854775807, true, 0.1, 1e300, 123456789012345,
      '2026-01-31 12:00:00.25', '2026-01-31 12:00:00+02', '2026-02-28', '23:59:59.5', '\x00ff',
      E'{"a":\n [1, 2.50]}', '{"b": null, "a": "x"}', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11',
      '{1,NULL,3}', ARRAY['a"b', 'NULL', NULL, 'c,d', ''], '{{1,2},{3,4}}',
      ARRAY[timestamptz '2026-01-31 12:00:00+00'], 'happy', 5, ROW(1, 'x y'),
      '1 day 02:00', '10.0.0.0/8', 'ab', 10.50, '{sad,happy}', ARRAY['\x01'::bytea]))");
  EXPECT_EQ(
      lines(open({{"page_size", 1}}).run()),
      (texts{R"(1 {"id":1,"b":null,"r":null,"d":null,"n":null,"ts":null,"tz":null,"day":null,)"
             R"("at":null,"bytes":null,"j":null,"jb":null,"u":null,"ints":null,"words":null,)"
             R"("deep":null,"moments":null,"m":null,"p":null,"c":null,"span":null,"net":null,)"
             R"("ch":null,"price":null,"ms":null,"by":null})",
             R"(9223372036854775807 {"id":9223372036854775807,"b":true,"r":0.1,"d":1e+300,)"
             R"("n":123456789012345,"ts":"2026-01-31T12:00:00.25","tz":"2026-01-31T10:00:00Z",)"
             R"("day":"2026-02-28","at":"23:59:59.5","bytes":"AP8=","j":{"a":  [1, 2.50]},)"
             R"("jb":{"a": "x", "b": null},"u":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",)"
             R"("ints":[1,null,3],"words":["a\"b","NULL",null,"c,d",""],"deep":[[1,2],[3,4]],)"
             R"--("moments":["2026-01-31T12:00:00Z"],"m":"happy","p":5,"c":"(1,\"x y\")",)--"
             R"("span":"P1DT2H","net":"10.0.0.0/8","ch":"ab   ","price":10.50,)"
             R"("ms":["sad","happy"],"by":["AQ=="]})"}));
}

TEST_F(postgres_reading, keeps_every_digit_and_says_what_is_no_number_in_text) {
  db.run("CREATE TABLE t (id int PRIMARY KEY, n numeric, d float8, day date, tz timestamptz);"
         "INSERT INTO t VALUES (1, 'NaN', 'NaN', 'infinity', '-infinity'), "
         "(2, 1234567890123456789, '-Infinity', '0044-03-15 BC', '10000-01-01 00:00+00'), "
         "(3, 0.1234567890123456789, '-0', NULL, NULL), (4, 999999999999999999, 1, NULL, NULL), "
         "(5, -0.000000123456789012345, 1, NULL, NULL), (6, 1.10, 1, NULL, NULL)");
  EXPECT_EQ(lines(open().run()),
            (texts{R"(1 {"id":1,"n":"NaN","d":"NaN","day":"infinity","tz":"-infinity"})",
                   R"(2 {"id":2,"n":"1234567890123456789","d":"-Infinity","day":"0044-03-15 BC",)"
                   R"("tz":"10000-01-01 00:00:00+00"})",
                   R"(3 {"id":3,"n":"0.1234567890123456789","d":-0,"day":null,"tz":null})",
                   R"(4 {"id":4,"n":999999999999999999,"d":1,"day":null,"tz":null})",
                   R"(5 {"id":5,"n":-0.000000123456789012345,"d":1,"day":null,"tz":null})",
                   R"(6 {"id":6,"n":1.10,"d":1,"day":null,"tz":null})"}));
  for (const auto& p : open().run())
    for (const auto& r : p.records)
      EXPECT_TRUE(read_json(r.content.view())) << r.content.view();
}

TEST_F(postgres_reading, reads_text_with_whatever_characters_it_has) {
  db.run("CREATE TABLE t (id text PRIMARY KEY, v text); INSERT INTO t VALUES (E'a\\tb\\\\N', "
         "E'\\b\\f\\n\\r\\t\\x0b\\\\'), ('', 'empty'), ('it''s', '\\N'), ('żółw', '🐢'), "
         "(repeat('k', 251), 'x')");
  const auto read = lines(open({{"page_size", 2}}).run());
  auto sorted = read;
  std::ranges::sort(sorted);
  EXPECT_EQ(sorted, (texts{"! row : column id of the key is empty",
                           "! row " + std::string(250, 'k') +
                               ": column id makes a key of more than 250 bytes",
                           "a\tb\\N {\"id\":\"a\\tb\\\\N\",\"v\":\"\\b\\f\\n\\r\\t\\u000b\\\\\"}",
                           R"(it's {"id":"it's","v":"\\N"})", R"(żółw {"id":"żółw","v":"🐢"})"}));
}

TEST_F(postgres_reading, takes_every_kind_of_key_that_can_be_ordered) {
  db.run("CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')");
  for (const auto& [type, values] : std::vector<std::pair<std::string, std::string>>{
           {"smallint", "(-3), (0), (7)"},
           {"numeric", "(-1.5), (0), (1e30)"},
           {"uuid", "(gen_random_uuid()), (gen_random_uuid()), (gen_random_uuid())"},
           {"timestamptz", "('2026-01-01 00:00:00.000001+03'), (now()), ('infinity')"},
           {"date", "('2026-01-01'), ('0001-01-01 BC'), ('-infinity')"},
           {"bytea", "('\\x00'), ('\\xff'), ('\\x6162')"},
           {"mood", "('sad'), ('ok'), ('happy')"},
           {"inet", "('10.0.0.1'), ('::1'), ('10.0.0.0/8')"},
           {"char(3)", "('a'), ('b '), ('ccc')"},
           {"varchar(9)", "('B'), ('a'), ('ä')"},
           {"bool", "(true), (false)"},
           {"name", "('x'), ('y''z'), ('z')"}}) {
    db.run("DROP TABLE IF EXISTS t; CREATE TABLE t (id " + type +
           " PRIMARY KEY); INSERT INTO t "
           "VALUES " +
           values);
    const auto count = std::stoul(db.run("SELECT count(*) FROM t"));
    const auto all = lines(open().run());
    EXPECT_EQ(all.size(), count) << type;
    EXPECT_EQ(lines(open({{"page_size", 1}}).run()), all) << type;
  }
}

TEST_F(postgres_reading, leaves_out_columns_and_rows_that_are_not_asked_for) {
  db.run("CREATE TABLE t (id int PRIMARY KEY, a int, b int, gone bool); INSERT INTO t SELECT i, i, "
         "-i, i = 4 FROM generate_series(1, 6) i");
  EXPECT_EQ(lines(open({{"columns", list{"b"}},
                        {"where", "a % 2 = 0"},
                        {"deleted", "gone"},
                        {"page_size", 1}})
                      .run()),
            (texts{R"(2 {"id":2,"b":-2,"gone":false})", R"(4 {"id":4,"b":-4,"gone":true} deleted)",
                   R"(6 {"id":6,"b":-6,"gone":false})"}));
}

TEST_F(postgres_reading, ends_a_page_that_has_enough_bytes_before_it_has_enough_rows) {
  db.run(
      "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, repeat(md5(i::text), "
      "62500) FROM generate_series(1, 10) i");
  const auto pages = open().run();
  EXPECT_EQ(pages.size(), 2u);
  EXPECT_EQ(lines(pages).size(), 10u);
}

TEST_F(postgres_reading, makes_a_letter_of_a_row_with_a_value_that_is_too_large) {
  db.run("CREATE TABLE t (id int PRIMARY KEY, a int, v text, w bytea); INSERT INTO t VALUES "
         "(1, 1, repeat('x', 4194305), NULL), (2, 1, repeat('x', 4194304), NULL), "
         "(3, 1, NULL, decode(repeat('00', 4194305), 'hex')), (4, 1, NULL, NULL)");
  const auto pages = open().run();
  texts letters;
  for (const auto& p : pages)
    for (const auto& l : p.letters) {
      letters.push_back(l.place + ": " + l.reason);
      EXPECT_TRUE(read_json(l.bytes.view()));
    }
  ASSERT_EQ(letters.size(), 2u);
  EXPECT_EQ(letters[0], "row 1: column v has 4194305 bytes, more than 4 MiB");
  EXPECT_EQ(letters[1].substr(0, 19), "row 3: column w has");
  EXPECT_EQ(keys(pages).size(), 4u);
}

TEST_F(postgres_reading, says_which_rows_have_no_key) {
  db.run("CREATE TABLE t (id text UNIQUE, v int); INSERT INTO t SELECT NULL, i FROM "
         "generate_series(1, 150) i; INSERT INTO t VALUES ('a', 0)");
  const auto pages = open({{"page_size", 1}}).run();
  ASSERT_EQ(pages[0].letters.size(), 101u);
  EXPECT_EQ(pages[0].letters.back().reason, "50 more rows have no key: it is NULL");
  EXPECT_EQ(pages[0].records.size(), 1u);
  EXPECT_EQ(pages[0].expected, 151u);
}

TEST_F(postgres_reading, reads_tables_with_names_that_need_quotes_and_partitioned_ones) {
  db.run(
      "CREATE SCHEMA \"Some.where\"; CREATE TABLE \"Some.where\".\"a\"\"; DROP TABLE x; --\" "
      "(\"id\"\" OR 1\" int PRIMARY KEY); INSERT INTO \"Some.where\".\"a\"\"; DROP TABLE x; --\" "
      "VALUES (1), (2); CREATE TABLE t (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE "
      "TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10); CREATE TABLE t2 PARTITION OF t FOR "
      "VALUES FROM (10) TO (20); INSERT INTO t VALUES (5), (15)");
  EXPECT_EQ(keys(open({{"table", "\"Some.where\".\"a\"\"; DROP TABLE x; --\""},
                       {"key", "id\" OR 1"},
                       {"page_size", 1}})
                     .run()),
            (texts{"1", "2"}));
  EXPECT_EQ(keys(open({{"page_size", 1}}).run()), (texts{"5", "15"}));
  db.run("DROP SCHEMA \"Some.where\" CASCADE");
}

TEST_F(postgres_reading, converts_what_another_encoding_has_and_shows_what_is_none) {
  for (const std::string encoding : {"LATIN2", "SQL_ASCII"}) {
    db.run("DROP DATABASE IF EXISTS other WITH (FORCE)");
    db.run("CREATE DATABASE other ENCODING '" + encoding + "' LOCALE 'C' TEMPLATE template0");
    tests::postgres_client other{server(), "other"};
    other.run("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'ż')");
    if (encoding == "SQL_ASCII")
      other.run("SET client_encoding = 'SQL_ASCII'; INSERT INTO t VALUES (2, E'a\\xff')");
    auto found = lines(open({{"url", server().url("other")}}).run());
    EXPECT_EQ(found.front(), R"(1 {"id":1,"v":"ż"})") << encoding;
    if (encoding == "SQL_ASCII") {
      EXPECT_EQ(found.at(1), "! row 2: column v is not UTF-8 at byte 1; below it is base64");
    }
  }
}

// What changes between runs.

class postgres_cursor : public postgres_reading {
protected:
  postgres_cursor() {
    db.run("CREATE TABLE t (id int PRIMARY KEY, at timestamptz, n int, v text);"
           "INSERT INTO t VALUES (1, '2026-01-01 10:00:00Z', 10, 'a'), (2, '2026-01-01 "
           "11:00:00.000001Z', 20, 'b'), (3, '2026-01-01 11:00:00.000001Z', 20, 'c'), "
           "(4, NULL, NULL, 'd'), (5, '2025-01-01', 5, 'e')");
  }
  source_reading open_by(const char* cursor, value lookback, std::int64_t page_size = 500) {
    return open({{"cursor", cursor}, {"lookback", std::move(lookback)}, {"page_size", page_size}});
  }
};

TEST_F(postgres_cursor, begins_with_everything_and_then_brings_only_what_may_be_new) {
  const auto first = open_by("at", "0s").run();
  EXPECT_EQ(keys(first), (texts{"1", "2", "3", "4", "5"}));
  EXPECT_FALSE(first.back().complete);
  EXPECT_EQ(first.back().cursor, R"({"column":"at","at":"2026-01-01 11:00:00.000001+00"})");
  db.run("INSERT INTO t VALUES (0, '2026-01-01 11:00:00.000001Z', 20, 'late'), (6, '2026-01-02', "
         "30, 'f'); UPDATE t SET at = '2026-01-03' WHERE id = 1");
  for (std::int64_t size = 1; size <= 6; ++size) {
    const auto second = open_by("at", "0s", size).run({.cursor = first.back().cursor});
    EXPECT_EQ(keys(second), (texts{"4", "0", "2", "3", "6", "1"})) << size;
    EXPECT_EQ(second.front().expected, 6u);
  }
}

TEST_F(postgres_cursor, may_be_a_number_and_looks_back_by_one) {
  const auto cursor = open_by("n", 0).run().back().cursor;
  EXPECT_EQ(cursor, R"({"column":"n","at":"20"})");
  EXPECT_EQ(keys(open_by("n", 0, 1).run({.cursor = cursor})), (texts{"4", "2", "3"}));
  EXPECT_EQ(keys(open_by("n", 10, 1).run({.cursor = cursor})), (texts{"4", "1", "2", "3"}));
  const auto least = R"({"column":"n","at":"-2147483648"})";
  EXPECT_EQ(keys(open_by("n", 1000).run({.cursor = least})).size(), 5u);
}

TEST_F(postgres_cursor, looks_back_for_what_a_slow_transaction_wrote) {
  db.run("DELETE FROM t WHERE at IS NULL OR at < '2026-01-01'");
  tests::postgres_client slow{server()};
  slow.run("BEGIN; INSERT INTO t VALUES (7, '2026-01-01 10:59:30Z', 1, 'slow')");
  const auto cursor = open_by("at", "1m").run().back().cursor;
  slow.run("COMMIT");
  EXPECT_EQ(keys(open_by("at", "0s").run({.cursor = cursor})), (texts{"2", "3"}));
  EXPECT_EQ(keys(open_by("at", "1m").run({.cursor = cursor})), (texts{"7", "2", "3"}));
  EXPECT_EQ(keys(open({{"cursor", "at"}}).run({.cursor = cursor})), (texts{"7", "2", "3"}));
}

TEST_F(postgres_cursor, of_a_full_run_is_not_asked_for) {
  const auto pages =
      open_by("at", "0s", 2)
          .run({.cursor = R"({"column":"at","at":"2026-01-01 11:00:00+00"})", .full = true});
  EXPECT_EQ(keys(pages).size(), 5u);
  for (const auto& p : pages)
    EXPECT_TRUE(p.complete);
}

TEST_F(postgres_cursor, means_the_same_moment_whatever_zone_the_role_lives_in) {
  const auto cursor = open_by("at", "0s").run().back().cursor;
  db.run("ALTER ROLE tenon SET timezone = 'America/New_York'; ALTER ROLE tenon SET datestyle = "
         "'SQL, DMY'; ALTER ROLE tenon SET intervalstyle = 'postgres'");
  auto elsewhere = postgres_source(usual(blocking)); // with connections of its own
  auto reading = open_in(*elsewhere, {{"cursor", "at"}, {"lookback", "0s"}});
  EXPECT_EQ(keys(reading.run({.cursor = cursor})), (texts{"4", "2", "3"}));
  EXPECT_EQ(lines(reading.run())[0], R"(1 {"id":1,"at":"2026-01-01T10:00:00Z","n":10,"v":"a"})");
  db.run("ALTER ROLE tenon RESET ALL");
}

} // namespace
} // namespace tenon::actors
