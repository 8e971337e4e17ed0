// Change capture from a real server: what is told, when it is confirmed, and what is lost when a
// slot, a page or a connection is: nothing.
#include "tests/integration/sources/postgres_reading.hpp"

#include "actors/sync/sources/postgres/pgoutput.hpp"
#include "protocols/json.hpp"
#include "tests/support/until.hpp"

#include <random>

namespace tenon::actors {
namespace {

using content = std::map<std::string, std::string>;

class postgres_changes : public postgres_reading {
protected:
  postgres_changes() { db.run("CREATE TABLE t (id int PRIMARY KEY, v text)"); }

  source_reading follow(object more = {}) {
    more["changes"] = object{{"slot", "tenon_test"}};
    return open(std::move(more));
  }
  std::string confirmed() {
    return db.run("SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = "
                  "'tenon_test'");
  }
  /// The server has noticed that nobody reads the slot any more.
  bool is_idle() {
    const auto in_use = [&] {
      return db.run("SELECT count(*) FROM pg_replication_slots WHERE active");
    };
    return tests::until(in_use, [](const std::string& n) { return n == "0"; }) == "0";
  }
  /// As a collection keeps them; a whole run leaves only what it has shown.
  static void store(content& kept, const std::vector<source_page>& pages) {
    if (pages.back().complete)
      kept.clear();
    for (const auto& p : pages)
      store(kept, p);
  }
  static void store(content& kept, const source_page& p) {
    for (const auto& r : p.records) {
      if (r.deleted)
        kept.erase(r.key);
      else
        kept[r.key] = r.content.text();
    }
  }
  /// What the table has, read plainly.
  content table(object more = {}) {
    content all;
    store(all, open(std::move(more)).run());
    return all;
  }
};

TEST_F(postgres_changes, begin_with_the_table_and_then_tell_what_was_changed) {
  db.run("INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')");
  auto reading = follow({{"page_size", 2}});
  const auto first = reading.run();
  EXPECT_EQ(keys(first), (texts{"1", "2", "3"}));
  for (const auto& p : first)
    EXPECT_TRUE(p.complete);
  db.run("UPDATE t SET v = 'B' WHERE id = 2; DELETE FROM t WHERE id = 1; INSERT INTO t VALUES (4, "
         "'d'); UPDATE t SET id = 30 WHERE id = 3");
  const auto second = reading.run({.cursor = first.back().cursor});
  EXPECT_EQ(lines(second), (texts{R"(2 {"id":2,"v":"B"})", "1  deleted", R"(4 {"id":4,"v":"d"})",
                                  "3  deleted", R"(30 {"id":30,"v":"c"})"}));
  EXPECT_FALSE(second.back().complete);
  const auto third = reading.run({.cursor = second.back().cursor});
  EXPECT_TRUE(lines(third).empty());
  EXPECT_EQ(third.back().cursor, second.back().cursor);
}

TEST_F(postgres_changes, leave_nothing_at_the_server_when_they_are_forgotten) {
  const auto kept = [&] {
    return db.run("SELECT concat_ws('|', (SELECT count(*) FROM pg_replication_slots), "
                  "(SELECT count(*) FROM pg_publication))");
  };
  auto reading = follow({{"page_size", 2}});
  const auto cursor = reading.run().back().cursor;
  db.run("INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')");
  reading.page({.cursor = cursor}); // its stream is kept for the next page
  EXPECT_EQ(kept(), "1|1");
  ASSERT_TRUE(reading.forget());
  EXPECT_EQ(kept(), "0|0");
  EXPECT_TRUE(reading.forget()) << "it is fine that they are gone";
  // A sync that goes on after all reads the table anew.
  EXPECT_TRUE(reading.trouble({.cursor = cursor}).start_over);
}

TEST_F(postgres_changes, lose_nothing_that_happens_while_the_table_is_read) {
  db.run("INSERT INTO t SELECT i, 'old' FROM generate_series(1, 9) i");
  auto reading = follow({{"page_size", 3}});
  content kept;
  auto p = reading.page({});
  store(kept, p);
  db.run("UPDATE t SET v = 'new' WHERE id IN (1, 9); DELETE FROM t WHERE id IN (2, 8); INSERT INTO "
         "t VALUES (0, 'zero'), (10, 'ten'); DELETE FROM t WHERE id = 10");
  while (!p.last) {
    p = reading.page({.position = p.position, .cursor = p.cursor});
    store(kept, p);
  }
  EXPECT_EQ(kept, table());
}

TEST_F(postgres_changes, are_confirmed_only_when_the_page_before_the_last_one_is_stored) {
  db.run("INSERT INTO t VALUES (0, 'x')");
  auto reading = follow({{"page_size", 2}});
  const auto cursor = reading.run().back().cursor;
  for (int i = 1; i <= 8; ++i)
    db.run("INSERT INTO t VALUES (" + std::to_string(i) + ", 'x')");
  const auto at_first = confirmed();
  const auto one = reading.page({.cursor = cursor});
  // This is asked for in advance: page one may not be stored yet.
  const auto two = reading.page({.position = one.position, .cursor = one.cursor});
  EXPECT_EQ(keys({one, two}), (texts{"1", "2", "3", "4"}));
  EXPECT_LE(
      postgres::pgoutput::to_position(confirmed()),
      postgres::pgoutput::to_position(read_json(cursor)->find("at")->as<std::string>()->c_str()));
  // The node dies before it is, and asks for page one again.
  EXPECT_EQ(keys(follow({{"page_size", 2}}).run({.cursor = cursor})).size(), 8u);
  EXPECT_NE(at_first, "");
}

TEST_F(postgres_changes, can_be_read_again_from_every_page_after_a_crash) {
  auto reading = follow({{"page_size", 3}});
  const auto cursor = reading.run().back().cursor;
  db.run(
      "BEGIN; INSERT INTO t SELECT i, 'x' FROM generate_series(1, 7) i; COMMIT; UPDATE t SET v = "
      "'y' WHERE id > 4; DELETE FROM t WHERE id = 2");
  std::vector<source_page> pages{reading.page({.cursor = cursor})};
  while (!pages.back().last) {
    const auto& before = pages.back();
    auto again = follow({{"page_size", 3}}).page({.position = before.position});
    pages.push_back(reading.page({.position = before.position, .cursor = before.cursor}));
    EXPECT_EQ(lines({again}), lines({pages.back()})) << "page " << pages.size();
  }
  ASSERT_GE(pages.size(), 4u);
  content kept;
  store(kept, pages);
  EXPECT_EQ(kept, table());
}

TEST_F(postgres_changes, bring_the_collection_to_what_the_table_is_whatever_happens) {
  std::random_device any;
  const auto seed = any();
  std::cout << "seed " << seed << '\n';
  std::mt19937 draw{seed};
  const auto upto = [&](int most) {
    return static_cast<int>(draw() % static_cast<unsigned>(most));
  };
  db.run("ALTER TABLE t ADD COLUMN big text; ALTER TABLE t ALTER COLUMN big SET STORAGE EXTERNAL");
  content kept;
  std::string cursor, position;
  bool in_run = false;
  for (int step = 0; step < 150; ++step) {
    const auto id = std::to_string(upto(12));
    switch (upto(7)) {
    case 0:
    case 1:
      db.run("INSERT INTO t VALUES (" + id + ", 's" + std::to_string(step) + "', repeat('z', " +
             std::to_string(upto(2) * 5000) +
             ")) ON CONFLICT (id) DO UPDATE "
             "SET v = excluded.v");
      break;
    case 2:
      db.run("DELETE FROM t WHERE id = " + id);
      break;
    case 3:
      db.run("UPDATE t SET id = id + 20, v = 'moved' WHERE id = " + id +
             " AND NOT EXISTS (SELECT FROM t o WHERE o.id = t.id + 20)");
      break;
    case 4:
      db.run("BEGIN; UPDATE t SET v = v || '!'; DELETE FROM t WHERE id = " + id + "; COMMIT");
      break;
    default: {
      auto reading = follow({{"page_size", 1 + upto(4)}});
      if (!in_run && upto(10) == 0)
        db.run("SELECT pg_drop_replication_slot('tenon_test') FROM pg_replication_slots WHERE "
               "slot_name = 'tenon_test' AND NOT active");
      auto answer = reading.ask({.position = position, .cursor = cursor});
      if (auto* t = std::get_if<source_trouble>(&answer)) {
        ASSERT_TRUE(t->start_over || t->transient) << t->why.why;
        if (t->start_over) {
          cursor = position = "";
          in_run = false;
        }
        break;
      }
      auto& p = std::get<source_page>(answer);
      if (!in_run && p.complete)
        kept.clear(); // what a whole run does not show is gone at its end
      in_run = !p.last;
      if (upto(4) == 0 && in_run && !position.empty())
        break; // the node dies before it is stored
      store(kept, p);
      position = p.position;
      cursor = p.cursor;
    }
    }
  }
  auto reading = follow({{"page_size", 3}});
  for (int run = 0; run < 2; ++run) {
    source_page p{.position = position, .cursor = cursor};
    do {
      p = reading.page({.position = p.position, .cursor = p.cursor});
      if (position.empty() && p.complete && !in_run)
        kept.clear();
      in_run = true;
      store(kept, p);
    } while (!p.last);
    position = "";
    cursor = p.cursor;
  }
  EXPECT_EQ(kept, table());
}

TEST_F(postgres_changes, keep_large_values_that_did_not_change) {
  db.run("ALTER TABLE t ADD COLUMN big text; ALTER TABLE t ALTER COLUMN big SET STORAGE EXTERNAL; "
         "INSERT INTO t VALUES (1, 'a', repeat('z', 9000)), (2, 'b', repeat('y', 9000)), (3, 'c', "
         "repeat('x', 9000))");
  auto reading = follow();
  const auto cursor = reading.run().back().cursor;
  db.run(
      "UPDATE t SET v = 'A' WHERE id = 1; UPDATE t SET v = 'B' WHERE id = 2; DELETE FROM t WHERE "
      "id = 2; UPDATE t SET v = 'C' WHERE id = 3");
  const auto pages = reading.run({.cursor = cursor});
  const auto found = lines(pages);
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0], "2  deleted");
  EXPECT_EQ(found[1], R"(1 {"id":1,"v":"A","big":")" + std::string(9000, 'z') + "\"}");
  EXPECT_EQ(found[2], R"(3 {"id":3,"v":"C","big":")" + std::string(9000, 'x') + "\"}");
  // With the whole row told, nothing has to be read again.
  db.run("ALTER TABLE t REPLICA IDENTITY FULL; UPDATE t SET v = 'AA' WHERE id = 1");
  const auto whole = lines(reading.run({.cursor = pages.back().cursor}));
  EXPECT_EQ(whole, texts{R"(1 {"id":1,"v":"AA","big":")" + std::string(9000, 'z') + "\"}"});
}

TEST_F(postgres_changes, follow_a_table_whose_columns_change) {
  db.run("CREATE TYPE mood AS ENUM ('sad', 'ok'); INSERT INTO t VALUES (1, 'a')");
  auto reading = follow();
  const auto cursor = reading.run().back().cursor;
  db.run(
      "INSERT INTO t VALUES (2, '5'); ALTER TABLE t ADD COLUMN m mood[]; INSERT INTO t VALUES (3, "
      "'7', '{ok}'); ALTER TABLE t ALTER COLUMN v TYPE int USING NULL; INSERT INTO t VALUES (4, "
      "8, NULL); ALTER TABLE t DROP COLUMN m; INSERT INTO t VALUES (5, 9)");
  EXPECT_EQ(lines(reading.run({.cursor = cursor})),
            (texts{R"(2 {"id":2,"v":"5"})", R"(3 {"id":3,"v":"7","m":"{ok}"})",
                   R"(4 {"id":4,"v":8,"m":null})", R"(5 {"id":5,"v":9})"}));
}

TEST_F(postgres_changes, say_values_as_a_plain_reading_says_them) {
  db.run("ALTER TABLE t ADD COLUMN tz timestamptz, ADD COLUMN by bytea, ADD COLUMN n numeric, ADD "
         "COLUMN f float8, ADD COLUMN j jsonb, ADD COLUMN a timestamptz[], ADD COLUMN b bool, ADD "
         "COLUMN s interval; ALTER ROLE tenon SET timezone = 'America/New_York'; ALTER ROLE tenon "
         "SET datestyle = 'SQL, DMY'");
  auto fresh = postgres_source(usual(blocking));
  auto reading = open_in(*fresh, {{"changes", object{}}});
  const auto cursor = reading.run().back().cursor;
  db.run(
      "INSERT INTO t VALUES (1, E'a\\t\\\\', '2026-01-31 12:00:00.5+00', '\\x00ff', "
      "12345678901234567890.5, 0.1, '{\"a\": 1}', ARRAY[timestamptz '2026-01-31 12:00+00'], true, "
      "'1 day')");
  content told;
  store(told, reading.run({.cursor = cursor}));
  EXPECT_EQ(told, table());
  EXPECT_NE(told["1"].find(R"("tz":"2026-01-31T12:00:00.5Z")"), std::string::npos) << told["1"];
  db.run("ALTER ROLE tenon RESET ALL");
}

TEST_F(postgres_changes, start_over_after_truncate_and_are_whole_again) {
  db.run("INSERT INTO t VALUES (1, 'a')");
  auto reading = follow();
  const auto cursor = reading.run().back().cursor;
  db.run("INSERT INTO t VALUES (2, 'b'); TRUNCATE t; INSERT INTO t VALUES (3, 'c')");
  const auto t = reading.trouble({.cursor = cursor});
  EXPECT_TRUE(t.start_over);
  EXPECT_NE(t.why.why.find("TRUNCATE"), std::string::npos);
  const auto pages = reading.run({});
  EXPECT_EQ(keys(pages), texts{"3"});
  EXPECT_TRUE(pages.back().complete);
}

TEST_F(postgres_changes, start_over_when_the_slot_is_gone_or_was_moved) {
  auto reading = follow();
  const auto cursor = reading.run().back().cursor;
  db.run("INSERT INTO t VALUES (1, 'a')");
  auto moved = follow();
  EXPECT_TRUE(is_idle());
  db.run("SELECT pg_replication_slot_advance('tenon_test', pg_current_wal_lsn())");
  const auto ahead = moved.trouble({.cursor = cursor});
  EXPECT_TRUE(ahead.start_over);
  EXPECT_NE(ahead.why.why.find("is further than what was read"), std::string::npos)
      << ahead.why.why;
  EXPECT_TRUE(is_idle());
  db.run("SELECT pg_drop_replication_slot('tenon_test')");
  const auto gone = follow().trouble({.cursor = cursor});
  EXPECT_TRUE(gone.start_over);
  EXPECT_NE(gone.why.why.find("slot tenon_test is gone"), std::string::npos) << gone.why.why;
  EXPECT_EQ(keys(follow().run({})), texts{"1"});
  EXPECT_TRUE(follow().trouble({.position = "rubbish"}).start_over);
  EXPECT_EQ(follow().trouble({.cursor = R"({"nonsense":1})"}).why.where, "cursor");
}

TEST_F(postgres_changes, need_what_a_person_must_set_and_say_so) {
  db.run("CREATE TABLE k (id int PRIMARY KEY, other int NOT NULL UNIQUE, v text)");
  const auto hidden = follow({{"table", "k"}, {"key", "other"}}).trouble();
  EXPECT_EQ(hidden.why.where, "spec.from.postgres.key");
  EXPECT_NE(hidden.why.remedy.find("REPLICA IDENTITY FULL"), std::string::npos);
  db.run(
      "ALTER TABLE k REPLICA IDENTITY USING INDEX k_other_key; INSERT INTO k VALUES (1, 10, 'a')");
  EXPECT_EQ(keys(follow({{"table", "k"}, {"key", "other"}}).run()), texts{"10"});

  db.run("DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN PASSWORD 'reads'; GRANT USAGE ON "
         "SCHEMA public TO reader; GRANT SELECT ON t TO reader; CREATE PUBLICATION empty; DROP "
         "PUBLICATION tenon_test");
  const auto barred = follow({{"credential", "reader"}}).trouble();
  EXPECT_EQ(barred.why.code, code::forbidden) << barred.why.why;
  EXPECT_NE(barred.why.remedy.find("CREATE PUBLICATION"), std::string::npos) << barred.why.remedy;
  const auto lacking =
      open({{"changes", object{{"slot", "tenon_test"}, {"publication", "empty"}}}}).trouble();
  EXPECT_EQ(lacking.why.code, code::conflict);
  EXPECT_NE(lacking.why.remedy.find("ADD TABLE"), std::string::npos);
  db.run("ALTER PUBLICATION empty ADD TABLE t");
  const object published{{"changes", object{{"slot", "tenon_test"}, {"publication", "empty"}}},
                         {"credential", "reader"}};
  const auto unprivileged = open(published).trouble();
  EXPECT_EQ(unprivileged.why.code, code::forbidden) << unprivileged.why.why;
  EXPECT_NE(unprivileged.why.remedy.find("REPLICATION"), std::string::npos);
  db.run("ALTER ROLE reader REPLICATION");
  EXPECT_TRUE(is_idle());
  db.run("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
  EXPECT_TRUE(keys(open(published).run()).empty());
}

TEST_F(postgres_changes, of_another_table_are_published_when_the_sync_turns_to_it) {
  db.run("CREATE TABLE next (id int PRIMARY KEY); INSERT INTO t VALUES (1, 'a')");
  EXPECT_EQ(keys(follow().run()), texts{"1"});
  const auto cursor = follow({{"table", "next"}}).run().back().cursor;
  db.run("INSERT INTO next VALUES (7)");
  EXPECT_EQ(keys(follow({{"table", "next"}}).run({.cursor = cursor})), texts{"7"});
}

TEST_F(postgres_changes, need_a_server_that_keeps_changes) {
  tests::postgres_server plain{{"wal_level=replica"}};
  tests::postgres_client there{plain};
  there.run("CREATE TABLE t (id int PRIMARY KEY)");
  const auto t = follow({{"url", plain.url()}}).trouble();
  EXPECT_EQ(t.why.code, code::conflict);
  EXPECT_EQ(t.why.where, "spec.from.postgres.changes");
  EXPECT_NE(t.why.remedy.find("wal_level = logical"), std::string::npos);
  EXPECT_FALSE(t.transient);
}

TEST_F(postgres_changes, of_other_tables_and_of_partitions_are_told_apart) {
  db.run(
      "CREATE TABLE other (id int PRIMARY KEY); CREATE TABLE p (id int PRIMARY KEY) PARTITION BY "
      "RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)");
  db.run("CREATE PUBLICATION everything FOR TABLE t, other, p");
  const auto wrong =
      open({{"table", "p"}, {"changes", object{{"publication", "everything"}}}}).trouble();
  EXPECT_NE(wrong.why.remedy.find("publish_via_partition_root"), std::string::npos);
  auto both = open({{"changes", object{{"publication", "everything"}}}});
  const auto cursor = both.run().back().cursor;
  db.run("INSERT INTO other VALUES (1); INSERT INTO t VALUES (1, 'a'); DELETE FROM other; TRUNCATE "
         "other");
  EXPECT_EQ(keys(both.run({.cursor = cursor})), texts{"1"});
  auto root = open({{"table", "p"}, {"changes", object{{"slot", "tenon_p"}}}});
  const auto from = root.run().back().cursor;
  db.run("INSERT INTO p VALUES (5)");
  EXPECT_EQ(keys(root.run({.cursor = from})), texts{"5"});
}

TEST_F(postgres_changes, of_a_transaction_larger_than_a_page_are_told_to_their_end) {
  auto reading = follow({{"page_size", 500}});
  const auto cursor = reading.run().back().cursor;
  db.run("INSERT INTO t SELECT i, 'x' FROM generate_series(1, 20000) i");
  const auto pages = reading.run({.cursor = cursor});
  EXPECT_GE(pages.size(), 40u);
  EXPECT_EQ(keys(pages).size(), 20'000u);
}

TEST_F(postgres_changes, move_the_cursor_past_what_others_write) {
  auto reading = follow();
  const auto cursor = reading.run().back().cursor;
  db.run("CREATE TABLE busy (v text); INSERT INTO busy SELECT repeat(md5(i::text), 60) FROM "
         "generate_series(1, 12000) i");
  const auto next = reading.run({.cursor = cursor}).back().cursor;
  EXPECT_NE(next, cursor);
  reading.run({.cursor = next});
  EXPECT_EQ(db.run("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn) < 16777216 "
                   "FROM pg_replication_slots"),
            "t");
}

} // namespace
} // namespace tenon::actors
