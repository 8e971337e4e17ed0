#include "tests/integration/sources/mariadb_reading.hpp"

#include "protocols/json.hpp"

namespace tenon::actors {
namespace {

TEST_F(mariadb_reading, gives_the_same_records_with_every_page_size) {
  db.run("CREATE TABLE t (id int PRIMARY KEY, name text); INSERT INTO t SELECT CAST(seq AS SIGNED) "
         "* 3 - 30, "
         "CONCAT('n', seq) FROM seq_1_to_24");
  const auto all = lines(open().run());
  ASSERT_EQ(all.size(), 24u);
  EXPECT_EQ(all.front(), R"(-27 {"id":-27,"name":"n1"})");
  for (std::int64_t size = 1; size <= 25; ++size) {
    const auto pages = open({{"page_size", size}}).run();
    EXPECT_EQ(lines(pages), all) << size;
    EXPECT_EQ(pages.front().expected, 24u);
    EXPECT_TRUE(pages.back().complete);
  }
}

TEST_F(mariadb_reading, pages_by_a_key_of_several_columns) {
  db.run(
      "CREATE TABLE t (a varchar(20), b date, c int, PRIMARY KEY (b, a)); INSERT INTO t SELECT "
      "CONCAT('x|', seq % 7), DATE '2026-01-01' + INTERVAL (seq % 20) DAY, seq FROM seq_1_to_60");
  const list key{"a", "b"};
  const auto all = lines(open({{"key", key}}).run());
  ASSERT_EQ(all.size(), 60u);
  EXPECT_EQ(lines(open({{"key", key}, {"page_size", 7}}).run()), all);
  EXPECT_EQ(lines(open({{"key", key}, {"page_size", 1}}).run()), all);
  EXPECT_EQ(all.front().substr(0, 16), R"(x\|0|2026-01-02 )");
}

TEST_F(mariadb_reading, says_each_kind_of_value_in_json) {
  db.run(R"(CREATE TABLE t (id bigint unsigned PRIMARY KEY, ti tinyint(1), f float, d double,
      n decimal(40,10), dt datetime(3), ts timestamp(6) NULL, day date, at time(1), y year,
      bits bit(12), bin varbinary(10), bl longblob, j json, e enum('a','b'), s set('x','y','z'),
      u uuid, i6 inet6, tx longtext, l1 varchar(10) CHARACTER SET latin1, p point,
      g int AS (ti * 2), big bigint);
    INSERT INTO t (id) VALUES (1);
    SET time_zone = '+00:00';
    INSERT INTO t (id, ti, f, d, n, dt, ts, day, at, y, bits, bin, bl, j, e, s, u, i6, tx, l1, p,
      big)
    VALUES (18446744073709551615, 1, 0.1, 1e300, 1234567.25, '2026-01-31 12:00:00.25',
      '2026-01-31 12:00:00.5', '2026-02-28', '-23:59:59.5', 2026, b'101', x'00ff', x'0102',
      '{"a":\n [1, 2.50]}', 'b', 'x,z', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '::ffff:10.0.0.1',
      'say "x" 🐢', 'ä', POINT(1, 2.5), -9223372036854775808))");
  EXPECT_EQ(
      lines(open({{"page_size", 1}}).run()),
      (texts{R"(1 {"id":1,"ti":null,"f":null,"d":null,"n":null,"dt":null,"ts":null,"day":null,)"
             R"("at":null,"y":null,"bits":null,"bin":null,"bl":null,"j":null,"e":null,"s":null,)"
             R"("u":null,"i6":null,"tx":null,"l1":null,"p":null,"g":null,"big":null})",
             R"(18446744073709551615 {"id":"18446744073709551615","ti":1,"f":0.1,"d":1e300,)"
             R"("n":"1234567.2500000000","dt":"2026-01-31T12:00:00.250",)"
             R"("ts":"2026-01-31T12:00:00.500000Z","day":"2026-02-28","at":"-23:59:59.5","y":2026,)"
             R"("bits":5,"bin":"AP8=","bl":"AQI=","j":{"a":  [1, 2.50]},"e":"b","s":"x,z",)"
             R"--("u":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","i6":"::ffff:10.0.0.1",)--"
             R"--("tx":"say \"x\" 🐢","l1":"ä","p":"POINT(1 2.5)","g":2,)--"
             R"("big":-9223372036854775808})"}));
}

TEST_F(mariadb_reading, takes_every_kind_of_key_that_can_be_ordered) {
  for (const auto& [type, values] : std::vector<std::pair<std::string, std::string>>{
           {"bigint unsigned", "(0), (9223372036854775808), (18446744073709551615)"},
           {"decimal(30,5)", "(-1.5), (0), (12345678901234567890.12345)"},
           {"uuid", "(uuid()), ('00000000-0000-0000-0000-000000000001'), (uuid())"},
           {"timestamp(6)", "('2026-01-01 00:00:00.000001'), ('2026-01-01'), ('2027-01-01')"},
           {"date", "('2026-01-01'), ('0001-01-01'), ('9999-12-31')"},
           {"binary(3)", "(x'000000'), (x'ffffff'), (x'616200')"},
           {"varchar(9) CHARACTER SET latin1", "('B'), ('a'), ('ä'), ('it''s'), ('#')"},
           {"varchar(9) COLLATE utf8mb4_bin", "('B'), ('b'), ('żół'), ('🐢'), ('A')"},
           {"inet6", "('::1'), ('::ffff:10.0.0.1'), ('fe80::1')"},
           {"year", "(2026), (1999), (2155)"}}) {
    db.run("DROP TABLE IF EXISTS t; CREATE TABLE t (id " + type +
           " PRIMARY KEY); INSERT INTO t "
           "VALUES " +
           values);
    const auto count = std::stoul(db.run("SELECT COUNT(*) FROM t"));
    const auto all = lines(open().run());
    EXPECT_EQ(all.size(), count) << type;
    EXPECT_EQ(lines(open({{"page_size", 1}}).run()), all) << type;
  }
}

TEST_F(mariadb_reading, leaves_out_columns_and_rows_that_are_not_asked_for) {
  db.run("CREATE TABLE t (id int PRIMARY KEY, a int, b int, gone bool); INSERT INTO t SELECT seq, "
         "seq, -seq, seq = 4 FROM seq_1_to_6");
  EXPECT_EQ(lines(open({{"columns", list{"b"}},
                        {"where", "a % 2 = 0"},
                        {"deleted", "gone"},
                        {"page_size", 1}})
                      .run()),
            (texts{R"(2 {"id":2,"b":-2,"gone":0})", R"(4 {"id":4,"b":-4,"gone":1} deleted)",
                   R"(6 {"id":6,"b":-6,"gone":0})"}));
}

TEST_F(mariadb_reading, ends_a_page_by_its_bytes_and_makes_letters_of_what_is_too_large) {
  db.run("CREATE TABLE t (id int PRIMARY KEY, v longtext); INSERT INTO t SELECT seq, REPEAT('x', "
         "2000000) FROM seq_1_to_10; INSERT INTO t VALUES (11, REPEAT('x', 4194305))");
  const auto pages = open().run();
  EXPECT_EQ(pages.size(), 3u);
  const auto all = lines(pages);
  ASSERT_EQ(all.size(), 11u);
  EXPECT_EQ(all.back(), "! row 11: column v has 4194305 bytes, more than 4 MiB");
}

TEST_F(mariadb_reading, names_with_quotes_in_them_are_only_names) {
  db.run(
      "CREATE TABLE `a``; DROP TABLE x; --` (`id`` OR 1` int PRIMARY KEY); INSERT INTO `a``; DROP "
      "TABLE x; --` VALUES (1), (2)");
  EXPECT_EQ(
      keys(open({{"table", "a`; DROP TABLE x; --"}, {"key", "id` OR 1"}, {"page_size", 1}}).run()),
      (texts{"1", "2"}));
}

TEST_F(mariadb_reading, by_a_cursor_brings_only_what_may_be_new) {
  db.run(
      "CREATE TABLE t (id int PRIMARY KEY, at timestamp(6) NULL, n int unsigned); SET time_zone = "
      "'+00:00'; INSERT INTO t VALUES (1, '2026-01-01 10:00:00', 10), (2, '2026-01-01 "
      "11:00:00.000001', 20), (3, '2026-01-01 11:00:00.000001', 20), (4, NULL, NULL), (5, "
      "'2025-01-01', 5)");
  const auto by = [&](const char* cursor, value lookback, std::int64_t size = 500) {
    return open({{"cursor", cursor}, {"lookback", std::move(lookback)}, {"page_size", size}});
  };
  const auto first = by("at", "0s").run();
  EXPECT_EQ(keys(first).size(), 5u);
  EXPECT_EQ(first.back().cursor, R"({"column":"at","at":"2026-01-01 11:00:00.000001"})");
  EXPECT_FALSE(first.back().complete);
  db.run("INSERT INTO t VALUES (0, '2026-01-01 11:00:00.000001', 20), (6, '2026-01-02', 30), (7, "
         "'2026-01-01 10:59:30', 15); UPDATE t SET at = '2026-01-03' WHERE id = 1");
  const std::string cursor = first.back().cursor;
  for (std::int64_t size = 1; size <= 6; ++size)
    EXPECT_EQ(keys(by("at", "0s", size).run({.cursor = cursor})),
              (texts{"4", "0", "2", "3", "6", "1"}))
        << size;
  EXPECT_EQ(keys(open({{"cursor", "at"}}).run({.cursor = cursor})),
            (texts{"4", "7", "0", "2", "3", "6", "1"}));
  const auto number = R"({"column":"n","at":"20"})";
  EXPECT_EQ(keys(by("n", 0, 1).run({.cursor = number})), (texts{"4", "0", "2", "3", "6"}));
  EXPECT_EQ(keys(by("n", 1000, 1).run({.cursor = number})).size(), 8u);
}

TEST_F(mariadb_reading, starts_over_when_a_column_turns_from_integer_to_text) {
  db.run("CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 1), (2, 2)");
  auto reading = open({{"page_size", 1}});
  const auto first = reading.page({});
  db.run("ALTER TABLE t MODIFY v text");
  EXPECT_TRUE(reading.trouble({.position = first.position}).start_over);
  EXPECT_EQ(lines(reading.run()).front(), R"(1 {"id":1,"v":"1"})");
}

} // namespace
} // namespace tenon::actors
