// What goes wrong with a PostgreSQL server, and what is said about it.
#include "tests/integration/sources/postgres_reading.hpp"
#include "tests/support/until.hpp"

namespace tenon::actors {
namespace {

using postgres_failures = postgres_reading;

TEST_F(postgres_failures, refuses_options_with_their_place_and_what_to_write) {
  struct wrong {
    object options;
    std::string place, why, remedy;
  };
  const value t{"t"};
  for (const auto& w : std::vector<wrong>{
           {{{"urls", t}}, "urls", "no option urls", "Did you mean url?"},
           {{{"table", t}, {"key", t}}, "url", "missing", "postgres://"},
           {{{"url", "mysql://h/d"}}, "url", "no address of such a server", "postgres://host"},
           {{{"url", "postgres://u:p@h/d"}}, "url", "a password does not belong", "credential"},
           {{{"url", "postgres://h"}}, "url", "names no database", ""},
           {{{"url", "postgres://h:0/d"}}, "url", "port", ""},
           {{{"url", "postgres://h:12x/d"}}, "url", "port", ""},
           {{{"url", "postgres://h,other/d"}}, "url", "no host", ""},
           {{{"url", "postgres:///d"}}, "url", "no host", ""},
           {{{"url", "postgres://h/d?sslmode=disable"}}, "url", "more than server", ""},
           {{{"sslmode", "disable"}}, "sslmode", "no sslmode disable", "verify-full"},
           {{{"ca", "nothing"}}, "ca", "no certificate", "PEM"},
           {{{"lookback", "soon"}}, "lookback", "no distance", "5m"},
           {{{"lookback", -1}}, "lookback", "no distance", ""},
           {{{"page_size", 20'001}}, "page_size", "no page size", "1 to 20000"},
           {{{"changes", object{{"slot", "mine"}}}},
            "changes.slot",
            "no name for a slot",
            "tenon_"},
           {{{"changes", object{{"slots", "x"}}}}, "changes.slots", "no such option", "slot and"},
           {options({{"table", "a.b.c"}}), "table", "no name of a table", "schema.table"},
           {options({{"changes", object{}}, {"cursor", "at"}}), "cursor", "without it", "Leave"},
           {options({{"changes", object{}}, {"where", "true"}}), "where", "without it", "publica"},
       }) {
    const auto checked = kind->check(w.options);
    ASSERT_FALSE(checked) << w.place << ' ' << w.why;
    EXPECT_EQ(checked.error().where, "spec.from.postgres." + w.place);
    EXPECT_NE(checked.error().why.find(w.why), std::string::npos) << checked.error().why;
    EXPECT_NE(checked.error().remedy.find(w.remedy), std::string::npos) << checked.error().remedy;
  }
  EXPECT_TRUE(kind->check(options({{"url", "postgresql://me%40x@[::1]/d%20b"}})));
}

TEST_F(postgres_failures, says_what_there_is_when_a_name_is_wrong) {
  db.run("CREATE TABLE t (id int PRIMARY KEY, name text, at float8 UNIQUE, j jsonb, k text UNIQUE);"
         "CREATE TABLE songs (id int, a int, UNIQUE (id, a)); CREATE VIEW v AS SELECT 1 AS id;"
         "CREATE TABLE loose (a int, b int); CREATE UNIQUE INDEX ON loose (a) WHERE b > 0;"
         "CREATE UNIQUE INDEX ON loose ((a + b))");
  struct asked_wrongly {
    object options;
    tenon::code code;
    std::string place, why, remedy;
  };
  for (const auto& w : std::vector<asked_wrongly>{
           {{{"table", "song"}}, code::not_found, "table", "no table public.song", "mean songs?"},
           {{{"table", "other.t"}}, code::not_found, "table", "no table", "no tables in this"},
           {{{"table", "v"}}, code::malformed, "table", "is a view", "table that it reads"},
           {{{"key", "idd"}}, code::not_found, "key", "no column idd", "Did you mean id?"},
           {{{"key", list{"id", "id"}}}, code::malformed, "key", "twice", "once"},
           {{{"cursor", "nothing"}}, code::not_found, "cursor", "no column", "id, name"},
           {{{"columns", "nam"}}, code::not_found, "columns", "no column", "mean name?"},
           {{{"key", "name"}}, code::malformed, "key", "unique", "Its primary key is id"},
           {{{"key", "at"}}, code::malformed, "key", "is double precision, by which", "numbers"},
           {{{"cursor", "j"}}, code::malformed, "cursor", "is jsonb, by which", "times"},
           {{{"table", "songs"}}, code::malformed, "key", "unique", "a unique index"},
           {{{"table", "loose"}, {"key", "a"}}, code::malformed, "key", "unique", "create"},
           {{{"where", "id > "}}, code::malformed, "where", "syntax error", "Check `where`"},
           {{{"where", "true) TO PROGRAM 'true'; --"}}, code::malformed, "where", "", ""},
           {{{"where", "true); DROP TABLE t; --"}}, code::malformed, "where", "", ""},
           {{{"url", server().url("absent")}}, code::not_found, "url", "no database absent", ""},
           {{{"credential", "wrong"}}, code::forbidden, "credential", "does not let tenon in", ""},
           {{{"credential", "none"}}, code::not_found, "credential", "the credential none", ""},
       }) {
    const auto t = open(w.options).trouble();
    EXPECT_EQ(t.why.code, w.code) << t.why.why;
    EXPECT_EQ(t.why.where, "spec.from.postgres." + w.place) << t.why.why;
    EXPECT_NE(t.why.why.find(w.why), std::string::npos) << t.why.why;
    EXPECT_NE(t.why.remedy.find(w.remedy), std::string::npos) << t.why.remedy;
    EXPECT_EQ((t.why.why + t.why.remedy).find("hunter2"), std::string::npos);
    EXPECT_FALSE(t.transient) << t.why.why;
  }
  EXPECT_TRUE(open({{"key", "k"}}).page({}).last);
  EXPECT_EQ(db.run("SELECT count(*) FROM t"), "0");
}

TEST_F(postgres_failures, says_that_a_user_may_not_read_the_table) {
  db.run(
      "CREATE TABLE t (id int PRIMARY KEY); DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN "
      "PASSWORD 'reads'; GRANT USAGE ON SCHEMA public TO reader");
  const auto t = open({{"credential", "reader"}}).trouble();
  EXPECT_EQ(t.why.code, code::forbidden);
  EXPECT_NE(t.why.remedy.find("GRANT SELECT ON"), std::string::npos);
  db.run("GRANT SELECT ON t TO reader");
  EXPECT_TRUE(open({{"credential", "reader"}}).page({}).last);
}

TEST_F(postgres_failures, reaches_only_networks_that_the_operator_allows) {
  auto strict = usual(blocking);
  strict.policy.allowed.clear();
  const auto guarded = postgres_source(strict);
  const auto t = open_in(*guarded, {}).trouble();
  EXPECT_EQ(t.why.code, code::forbidden);
  EXPECT_EQ(t.why.where, "spec.from.postgres.url");
  // A name is judged by what it stands for, each time.
  auto renamed = usual(blocking);
  renamed.lookup = [](const std::string&) -> result<std::vector<runtime::outbound::address>> {
    return std::vector{*runtime::outbound::parse_address("169.254.169.254")};
  };
  const auto misled = postgres_source(renamed);
  EXPECT_EQ(open_in(*misled, {{"url", "postgres://db.example.com/d"}}).trouble().why.code,
            code::forbidden);
}

TEST_F(postgres_failures, proves_whom_it_talks_to_as_far_as_it_is_asked) {
  db.run("CREATE TABLE t (id int PRIMARY KEY)");
  const auto untrusted = open({{"sslmode", "verify-full"}}).trouble();
  EXPECT_EQ(untrusted.why.code, code::forbidden) << untrusted.why.why;
  EXPECT_EQ(untrusted.why.where, "spec.from.postgres.sslmode");
  std::ifstream file{server().certificate.file()};
  const std::string ca{std::istreambuf_iterator<char>{file}, {}};
  EXPECT_TRUE(open({{"sslmode", "verify-full"}, {"ca", ca}}).page({}).last);
  EXPECT_TRUE(open({{"sslmode", "require"}}).page({}).last);
  const auto otherwise = "postgres://localhost:" + std::to_string(server().port()) + "/postgres";
  auto by_name = usual(blocking);
  by_name.lookup = [](const std::string&) -> result<std::vector<runtime::outbound::address>> {
    return std::vector{*runtime::outbound::parse_address("127.0.0.1")};
  };
  const auto named = postgres_source(by_name);
  const object another{{"url", otherwise}, {"sslmode", "verify-full"}, {"ca", ca}};
  EXPECT_EQ(open_in(*named, another).trouble().why.code, code::forbidden);
}

TEST_F(postgres_failures, tries_again_later_when_nobody_answers) {
  const auto t =
      open({{"url", "postgres://127.0.0.1:" + std::to_string(tests::free_port()) + "/postgres"}})
          .trouble();
  EXPECT_EQ(t.why.code, code::unavailable);
  EXPECT_TRUE(t.transient);
  EXPECT_NE(t.why.why.find("refused"), std::string::npos) << t.why.why;
}

TEST_F(postgres_failures, gives_up_a_statement_that_takes_too_long_or_waits_for_a_lock) {
  db.run("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
  auto hurried = usual(blocking);
  hurried.statement_limit = span{300};
  hurried.lock_limit = span{100};
  const auto limited = postgres_source(hurried);
  const auto late = open_in(*limited, {{"where", "pg_sleep(20) IS NOT NULL"}}).trouble();
  EXPECT_EQ(late.why.code, code::timed_out) << late.why.why;
  EXPECT_TRUE(late.transient);
  EXPECT_NE(late.why.remedy.find("index"), std::string::npos);
  tests::postgres_client other{server()};
  other.run("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE");
  const auto locked = open_in(*limited, {}).trouble();
  EXPECT_EQ(locked.why.code, code::unavailable) << locked.why.why;
  EXPECT_NE(locked.why.why.find("locked"), std::string::npos) << locked.why.why;
  other.run("COMMIT");
  EXPECT_TRUE(open_in(*limited, {}).page({}).last);
}

TEST_F(postgres_failures, starts_over_when_a_column_turns_from_integer_to_text) {
  db.run("CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t SELECT i, i FROM "
         "generate_series(1, 3) i");
  auto reading = open({{"page_size", 1}});
  const auto first = reading.page({});
  db.run("ALTER TABLE t ALTER COLUMN v TYPE text");
  const auto t = reading.trouble({.position = first.position, .cursor = first.cursor});
  EXPECT_TRUE(t.start_over);
  EXPECT_EQ(t.why.code, code::stale);
  EXPECT_EQ(lines(reading.run()).front(), R"(1 {"id":1,"v":"1"})");
  EXPECT_TRUE(reading.trouble({.position = "rubbish"}).start_over);
}

TEST_F(postgres_failures, goes_on_after_the_server_was_killed_in_the_middle) {
  db.run("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'x' FROM "
         "generate_series(1, 100) i");
  auto own = std::make_unique<tests::postgres_server>();
  {
    tests::postgres_client there{*own};
    there.run("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'x' FROM "
              "generate_series(1, 100) i");
  }
  auto reading = open({{"url", own->url()}, {"page_size", 40}});
  const auto first = reading.page({});
  own->stop();
  const auto t = reading.trouble({.position = first.position});
  EXPECT_TRUE(t.transient);
  EXPECT_EQ(t.why.code, code::unavailable) << t.why.why;
  own->start();
  EXPECT_EQ(keys(reading.run({.position = first.position})).size(), 60u);
}

TEST_F(postgres_failures, is_not_misled_by_a_connection_that_ended_between_two_pages) {
  db.run("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 3)");
  auto reading = open({{"page_size", 1}});
  const auto first = reading.page({});
  db.run("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = "
         "'tenon'");
  EXPECT_EQ(keys(reading.run({.position = first.position})), (texts{"2", "3"}));
}

TEST_F(postgres_failures, is_cut_off_in_the_middle_of_a_page_and_tried_again) {
  db.run("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, repeat('x', 1000) "
         "FROM generate_series(1, 20000) i; CREATE FUNCTION slow(int) RETURNS bool LANGUAGE sql "
         "VOLATILE AS 'SELECT pg_sleep(CASE WHEN $1 = 5000 THEN 30 ELSE 0 END) IS NOT NULL'");
  std::optional<source_trouble> t;
  auto reading = open({{"page_size", 20'000}, {"where", "public.slow(id)"}});
  std::thread reader{[&] { t = reading.trouble(); }};
  const auto pid = tests::until(
      [&] {
        return db.run(
            "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query LIKE "
            "'COPY%'");
      },
      [](const std::string& found) { return !found.empty(); });
  EXPECT_EQ(db.run("SELECT pg_terminate_backend(" + pid + ", 5000)"), "t");
  reader.join();
  EXPECT_TRUE(t->transient);
  EXPECT_EQ(t->why.code, code::unavailable) << t->why.why;
}

TEST_F(postgres_failures, says_which_text_the_database_cannot_say_in_utf_8) {
  db.run("DROP DATABASE IF EXISTS other WITH (FORCE)");
  db.run("CREATE DATABASE other ENCODING 'EUC_JIS_2004' LOCALE 'C' TEMPLATE template0");
  tests::postgres_client other{server(), "other"};
  other.run("CREATE TABLE t (id int PRIMARY KEY, v text); SET client_encoding = 'EUC_JIS_2004';");
  other.run("INSERT INTO t VALUES (1, convert_from('\\x8ffefe', 'EUC_JIS_2004'))");
  const auto t = open({{"url", server().url("other")}}).trouble();
  EXPECT_EQ(t.why.code, code::malformed) << t.why.why;
  EXPECT_NE(t.why.remedy.find("columns"), std::string::npos);
  EXPECT_EQ(lines(open({{"url", server().url("other")}, {"columns", "id"}}).run()),
            texts{R"(1 {"id":1})"});
}

TEST_F(postgres_failures, waits_when_nobody_is_free_to_read) {
  runtime::workers full{{.threads = 1, .tasks = 0}};
  const auto busy = postgres_source(usual(full));
  const auto t = open_in(*busy, {}).trouble();
  EXPECT_TRUE(t.transient);
  EXPECT_EQ(t.why.code, code::overloaded);
}

} // namespace
} // namespace tenon::actors
