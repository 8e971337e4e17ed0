// Letters of what servers, taps and platforms say: each kind of source reads its own again, with
// nothing but what the letter kept; rows are asked for where they are.
#include "tests/integration/node/replayed_letters.hpp"
#include "tests/support/mariadb_server.hpp"
#include "tests/support/mqtt_broker.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/taps.hpp"

namespace {

using namespace tenon;
using namespace tenon::tests;

class letters_of_servers : public replayed_letters {
protected:
  void know(const std::string& user, const std::string& password) {
    const object secrets{{"user", user}, {"password", password}};
    apply({object{
        {"kind", "credential"}, {"name", "server"}, {"spec", object{{"secrets", secrets}}}}});
  }
  /// Whatever was shown of letters, and logged: nobody has to see this.
  void expect_unsaid(const std::string& secret) {
    EXPECT_EQ(command({"letters", "rows", "--json"}).out.find(secret), std::string::npos);
    EXPECT_EQ(node_->terminate(), 0);
    EXPECT_EQ(node_->errors().find(secret), std::string::npos);
  }
};

TEST_F(letters_of_servers, of_postgres_are_rows_as_they_are_now_whichever_way_they_came) {
  postgres_server server;
  postgres_client db{server};
  db.run("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, repeat('x', "
         "4194305) FROM generate_series(1, 2) i");
  start();
  know(server.user, server.password);
  const object table{
      {"url", server.url()}, {"credential", "server"}, {"table", "t"}, {"changes", object{}}};
  read_by_id("postgres", table);
  ran(2);
  db.run("INSERT INTO t VALUES (3, repeat('x', 4194305)), (4, 'fine')");
  ran(1);
  EXPECT_EQ(replay("1"), "letter 1 stays: column v has 4194305 bytes, more than 4 MiB\n");
  db.run("UPDATE t SET v = 'mended ' || id");
  EXPECT_EQ(command({"letters", "rows", "--replay", "all"}).out,
            "OUTCOME  LETTERS\nstored         3\n");
  EXPECT_EQ(contents("rows"), (rows{{"1", R"({"id":1,"v":"mended 1"})"},
                                    {"2", R"({"id":2,"v":"mended 2"})"},
                                    {"3", R"({"id":3,"v":"mended 3"})"},
                                    {"4", R"({"id":4,"v":"fine"})"}}));
  EXPECT_TRUE(kept().empty());
  expect_unsaid(server.password);
}

TEST_F(letters_of_servers, of_mariadb_are_rows_as_they_are_now) {
  mariadb_server server;
  mariadb_client db{server};
  db.run("CREATE TABLE t (a int, b varchar(9), v longtext, PRIMARY KEY (a, b)); INSERT INTO t "
         "VALUES (1, 'x|y', REPEAT('x', 4194305)), (2, 'z', REPEAT('x', 4194305))");
  start();
  know("tenon", server.password);
  object table{
      {"url", server.url()}, {"credential", "server"}, {"table", "t"}, {"key", list{"a", "b"}}};
  read_with("mariadb", table);
  ran(2);
  db.run("UPDATE t SET v = 'mended' WHERE a = 1");
  EXPECT_EQ(replay("1"), "letter 1 stored\n");
  EXPECT_EQ(replay("2"), "letter 2 stays: column v has 4194305 bytes, more than 4 MiB\n");
  table["columns"] = list{"a", "b"};
  read_with("mariadb", table);
  EXPECT_EQ(replay("2"), "letter 2 stored\n");
  EXPECT_EQ(contents("rows"), (rows{{"1|x\\|y", R"({"a":1,"b":"x|y","v":"mended"})"},
                                    {"2|z", R"({"a":2,"b":"z"})"}}));
  expect_unsaid(server.password);
}

TEST_F(letters_of_servers, of_redis_are_entries_that_may_be_gone_there) {
  redis_server server;
  redis_client db{server};
  db.run({"XADD", "orders", "1-0", "v", "caf\xe9", "w", "a\nb"});
  db.run({"XADD", "orders", "2-0", "v", "fine"});
  start();
  know("default", server.password);
  object stream{{"url", server.url()}, {"credential", "server"}, {"stream", "orders"}};
  read_with("redis", stream);
  ran(1);
  db.run({"DEL", "orders"});
  EXPECT_EQ(replay("1"), "letter 1 stays: field `v` is not UTF-8; decode: base64 takes it\n");
  stream["decode"] = "base64";
  read_with("redis", stream);
  EXPECT_EQ(replay("1"), "letter 1 stored\n");
  EXPECT_EQ(contents("rows"), (rows{{"1-0", R"({"id":"1-0","v":"Y2Fm6Q==","w":"YQpi"})"},
                                    {"2-0", R"({"id":"2-0","v":"fine"})"}}));
  expect_unsaid(server.password);
}

TEST_F(letters_of_servers, of_redis_that_tell_what_is_missing_hold_nothing_to_be_read) {
  redis_server server;
  redis_client db{server};
  db.add("orders", 1, 10);
  start();
  know("default", server.password);
  read_with("redis", {{"url", server.url()}, {"credential", "server"}, {"stream", "orders"}});
  ran(0);
  db.add("orders", 11, 20);
  db.run({"XTRIM", "orders", "MAXLEN", "5"});
  ran(1);
  const auto refused = command({"letters", "rows", "--replay", "1"});
  expect_says(refused.err, "the letter holds nothing that could be read again: 5 entries");
  EXPECT_EQ(refused.code, nodes::cli::exit_code::refused);
  EXPECT_EQ(command({"letters", "rows", "--discard", "1"}).out, "letter 1 given up\n");
}

TEST_F(letters_of_servers, of_mqtt_are_messages_that_nobody_has_any_more) {
  mqtt_broker broker;
  start();
  know(broker.user, broker.password);
  object topics{{"url", broker.url()}, {"credential", "server"}, {"topics", "plant/#"},
                {"quiet", "100ms"},    {"payload", "json"},      {"key", "payload.device"}};
  read_with("mqtt", topics);
  ran(0); // from now on there is a session
  broker.publish_whole("plant/a", "caf\xe9");
  ran(1);
  broker.stop();
  EXPECT_EQ(replay("1"), "letter 1 stays: the payload is not JSON\n");
  topics["payload"] = "base64";
  read_with("mqtt", topics);
  EXPECT_TRUE(replay("1").starts_with("letter 1 stays: key: ")) << "it has no such field";
  topics["key"] = "topic";
  read_with("mqtt", topics);
  EXPECT_EQ(replay("1"), "letter 1 stored\n");
  EXPECT_EQ(contents("rows"),
            (rows{{"plant/a", R"({"topic":"plant/a","payload":"Y2Fm6Q==","retained":false})"}}));
  expect_unsaid(broker.password);
}

TEST_F(letters_of_servers, of_taps_are_records_or_lines_that_are_none) {
  taps scripts;
  const auto tap = scripts.make("tap-own", R"(
echo "the token is canary-91c2"
echo '{"type":"SCHEMA","stream":"numbers","schema":{},"key_properties":["id"]}'
echo '{"type":"RECORD","stream":"numbers","record":{"no":7}}'
echo '{"type":"RECORD","stream":"numbers","record":{"no":8,"_sdc_deleted_at":"2026-01-01"}}'
echo '{"type":"STATE","value":{"at":1}}'
)");
  start_node({"--stdio", "numbers=" + tap.string()});
  const object secrets{{"token", "canary-91c2"}};
  apply({object{{"kind", "credential"}, {"name", "tap"}, {"spec", object{{"secrets", secrets}}}}});
  object stream{{"tap", "numbers"}, {"stream", "numbers"}, {"credential", "tap"}, {"key", "id"}};
  read_with("singer", stream);
  ran(3);
  const auto line = command({"letters", "rows", "--replay", "1"});
  expect_says(line.err, "no whole record that could be read again: this is no message of Singer's");
  EXPECT_EQ(line.code, nodes::cli::exit_code::refused);
  EXPECT_EQ(replay("2"), "letter 2 stays: field id of the key is missing\n");
  stream["key"] = "no";
  read_with("singer", stream);
  EXPECT_EQ(replay("2"), "letter 2 stored\n");
  EXPECT_EQ(replay("3"), "letter 3 forgotten: the record is so already\n") << "deleted there";
  EXPECT_EQ(contents("rows"), (rows{{"7", R"({"no":7})"}}));
  expect_unsaid("canary-91c2");
}

TEST_F(letters_of_servers, of_platforms_are_records_as_their_connector_reads_them_now) {
  start_vendor({"--generate", "3"});
  start_node();
  auto resources = subscription{.url = vendor(), .name = "rows"}.resources();
  const auto member = [](value& of, const char* name) -> value& {
    return (*of.as<object>())[name];
  };
  auto& stream = member(member(member(resources.front(), "spec"), "streams"), "records");
  member(stream, "key") = "number";
  apply(resources);
  const auto done = run("rows");
  EXPECT_EQ(number(done, "dead_lettered"), 3) << write_json(done);
  expect_says(replay("1"), "letter 1 stays: the key field `number` is missing or empty");
  vendor_.reset(); // it is not asked
  member(stream, "key") = "id";
  member(stream, "keep") = "id != 2";
  member(stream, "map") = object{{"it", "{{id}}"}};
  apply(resources);
  EXPECT_EQ(command({"letters", "rows", "--replay", "all"}).out,
            "OUTCOME   LETTERS\nfiltered        1\nstored          2\n");
  EXPECT_EQ(contents("rows"), (rows{{"1", R"({"it":1})"}, {"3", R"({"it":3})"}}));
  EXPECT_TRUE(kept().empty());
}

} // namespace
