// What goes wrong with a MariaDB server, and what is said about it.
#include "tests/integration/sources/mariadb_reading.hpp"
#include "tests/support/until.hpp"

#include <thread>

namespace tenon::actors {
namespace {

using mariadb_failures = mariadb_reading;

TEST_F(mariadb_failures, says_what_there_is_when_a_name_is_wrong) {
  db.run("CREATE TABLE t (id int PRIMARY KEY, name text, f double UNIQUE, e enum('a') UNIQUE);"
         "CREATE TABLE songs (id int, a int, UNIQUE (id, a)); CREATE VIEW v AS SELECT 1 AS id");
  struct asked_wrongly {
    object options;
    tenon::code code;
    std::string place, why, remedy;
  };
  for (const auto& w : std::vector<asked_wrongly>{
           {{{"table", "song"}}, code::not_found, "table", "no table shop.song", "mean songs?"},
           {{{"table", "v"}}, code::malformed, "table", "is a view", "table that it reads"},
           {{{"key", "idd"}}, code::not_found, "key", "no column idd", "Did you mean id?"},
           {{{"cursor", "nothing"}}, code::not_found, "cursor", "no column", "id, name"},
           {{{"key", "name"}}, code::malformed, "key", "unique", "Its primary key is id"},
           {{{"key", "f"}}, code::malformed, "key", "is double, by which", "numbers"},
           {{{"key", "e"}}, code::malformed, "key", "is enum('a'), by which", "numbers"},
           {{{"table", "songs"}}, code::malformed, "key", "unique", "a unique index"},
           {{{"where", "id > "}}, code::malformed, "where", "syntax", "Check `where`"},
           {{{"where", "true; DROP TABLE t"}}, code::malformed, "where", "", ""},
           {{{"url", server().url("absent")}}, code::not_found, "url", "no database absent", ""},
           {{{"credential", "wrong"}}, code::forbidden, "credential", "does not let tenon in", ""},
           {{{"credential", "none"}}, code::not_found, "credential", "the credential none", ""},
       }) {
    const auto t = open(w.options).trouble();
    EXPECT_EQ(t.why.code, w.code) << t.why.why;
    EXPECT_EQ(t.why.where, "spec.from.mariadb." + w.place) << t.why.why;
    EXPECT_NE(t.why.why.find(w.why), std::string::npos) << t.why.why;
    EXPECT_NE(t.why.remedy.find(w.remedy), std::string::npos) << t.why.remedy;
    EXPECT_EQ((t.why.why + t.why.remedy).find("hunter2"), std::string::npos);
    EXPECT_FALSE(t.transient) << t.why.why;
  }
  EXPECT_EQ(db.run("SELECT COUNT(*) FROM t"), "0");
  EXPECT_EQ(kind->check(options({{"changes", object{}}})).error().where,
            "spec.from.mariadb.changes");
}

TEST_F(mariadb_failures, says_that_a_user_may_not_read_the_table) {
  db.run("CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE seen (id int PRIMARY KEY); CREATE OR "
         "REPLACE USER reader@'%' IDENTIFIED BY 'reads'; GRANT SELECT ON shop.seen TO reader@'%'");
  const auto t = open({{"credential", "reader"}}).trouble();
  EXPECT_EQ(t.why.code, code::not_found) << t.why.why; // the server does not say that it is there
  EXPECT_NE(t.why.remedy.find("seen"), std::string::npos) << t.why.remedy;
  db.run("GRANT SELECT ON shop.t TO reader@'%'");
  EXPECT_TRUE(open({{"credential", "reader"}}).page({}).last);
}

TEST_F(mariadb_failures, reaches_only_networks_that_the_operator_allows) {
  auto strict = usual(blocking);
  strict.policy.allowed.clear();
  const auto guarded = mariadb_source(strict);
  EXPECT_EQ(open_in(*guarded, {}).trouble().why.code, code::forbidden);
}

TEST_F(mariadb_failures, proves_whom_it_talks_to_as_far_as_it_is_asked) {
  db.run("CREATE TABLE t (id int PRIMARY KEY)");
  const auto untrusted = open({{"sslmode", "verify-full"}}).trouble();
  EXPECT_EQ(untrusted.why.code, code::forbidden) << untrusted.why.why;
  EXPECT_EQ(untrusted.why.where, "spec.from.mariadb.sslmode");
  std::ifstream file{server().certificate.file()};
  const std::string ca{std::istreambuf_iterator<char>{file}, {}};
  EXPECT_TRUE(open({{"sslmode", "verify-full"}, {"ca", ca}}).page({}).last);
  EXPECT_TRUE(open({{"sslmode", "require"}}).page({}).last);
  const auto otherwise = "mariadb://localhost:" + std::to_string(server().port()) + "/shop";
  const object another{{"url", otherwise}, {"sslmode", "verify-full"}, {"ca", ca}};
  auto by_name = usual(blocking);
  by_name.lookup = [](const std::string&) -> result<std::vector<runtime::outbound::address>> {
    return std::vector{*runtime::outbound::parse_address("127.0.0.1")};
  };
  const auto named = mariadb_source(by_name);
  EXPECT_EQ(open_in(*named, another).trouble().why.code, code::forbidden);
}

TEST_F(mariadb_failures, tries_again_later_when_nobody_answers) {
  const auto t =
      open({{"url", "mariadb://127.0.0.1:" + std::to_string(tests::free_port()) + "/shop"}})
          .trouble();
  EXPECT_EQ(t.why.code, code::unavailable);
  EXPECT_TRUE(t.transient);
}

TEST_F(mariadb_failures, gives_up_a_statement_that_takes_too_long_or_waits_for_a_lock) {
  db.run("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
  auto hurried = usual(blocking);
  hurried.statement_limit = span{300};
  const auto limited = mariadb_source(hurried);
  const auto late = open_in(*limited, {{"where", "SLEEP(20) = 0"}}).trouble();
  EXPECT_EQ(late.why.code, code::timed_out) << late.why.why;
  EXPECT_TRUE(late.transient);
  auto impatient = usual(blocking);
  impatient.lock_limit = span{1'000};
  const auto waiting = mariadb_source(impatient);
  tests::mariadb_client other{server()};
  other.run("LOCK TABLES t WRITE");
  const auto locked = open_in(*waiting, {}).trouble();
  EXPECT_EQ(locked.why.code, code::unavailable) << locked.why.why;
  EXPECT_NE(locked.why.why.find("locked"), std::string::npos) << locked.why.why;
  other.run("UNLOCK TABLES");
  EXPECT_TRUE(open_in(*waiting, {}).page({}).last);
}

TEST_F(mariadb_failures, goes_on_after_the_server_was_killed_in_the_middle) {
  auto own = std::make_unique<tests::mariadb_server>();
  tests::mariadb_client{*own}.run("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT seq "
                                  "FROM seq_1_to_100");
  auto reading = open({{"url", own->url()}, {"page_size", 40}});
  const auto first = reading.page({});
  own->stop();
  const auto t = reading.trouble({.position = first.position});
  EXPECT_TRUE(t.transient);
  EXPECT_EQ(t.why.code, code::unavailable) << t.why.why;
  own->start();
  EXPECT_EQ(keys(reading.run({.position = first.position})).size(), 60u);
}

TEST_F(mariadb_failures, is_cut_off_in_the_middle_of_a_page_and_tried_again) {
  db.run("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT seq FROM seq_1_to_1000");
  std::optional<source_trouble> t;
  auto reading = open({{"where", "IF(id = 500, SLEEP(30), 0) = 0"}});
  std::thread reader{[&] { t = reading.trouble(); }};
  const auto id = tests::until(
      [&] {
        return db.run("SELECT id FROM information_schema.processlist WHERE state = 'User sleep'");
      },
      [](const std::string& found) { return !found.empty(); });
  db.run("KILL CONNECTION " + id);
  reader.join();
  EXPECT_TRUE(t->transient);
  EXPECT_EQ(t->why.code, code::unavailable) << t->why.why;
}

TEST_F(mariadb_failures, ends_at_once_when_the_node_does) {
  db.run("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
  std::stop_source closing;
  auto ending = usual(blocking);
  ending.closing = closing.get_token();
  const auto ended = mariadb_source(ending);
  std::optional<source_trouble> t;
  auto reading = open_in(*ended, {{"where", "SLEEP(40) = 0"}});
  std::thread reader{[&] { t = reading.trouble(); }};
  const auto id = tests::until(
      [&] {
        return db.run("SELECT id FROM information_schema.processlist WHERE state = 'User sleep'");
      },
      [](const std::string& found) { return !found.empty(); });
  closing.request_stop();
  reader.join();
  EXPECT_EQ(t->why.code, code::unavailable) << t->why.why;
  db.run("KILL " + id); // the server would notice later
}

} // namespace
} // namespace tenon::actors
