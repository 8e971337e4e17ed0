// Streams of a real Redis server, and what goes wrong with it.
#include "actors/sync/sources/redis.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/secrets.hpp"
#include "tests/support/source_reading.hpp"

#include <fstream>
#include <thread>

namespace tenon::actors {
namespace {

using tests::lines;
using tests::source_reading;
using texts = std::vector<std::string>;

class redis_streams : public ::testing::Test {
protected:
  static tests::redis_server& server() {
    static tests::redis_server only;
    return only;
  }

  static relational::database_options usual(runtime::executor& blocking) {
    relational::database_options o{
        tests::secrets({{"main", {{"password", "a secret of the test"}}},
                        {"wrong", {{"password", "hunter2"}}},
                        {"reader", {{"user", "reader"}, {"password", "reads"}}}}),
        blocking};
    o.policy.allowed.push_back(*runtime::outbound::parse_network("127.0.0.0/8"));
    return o;
  }

  redis_streams() { db.run({"FLUSHALL"}); }

  static object options(object more = {}) {
    object o{{"url", server().url()}, {"credential", "main"}, {"stream", "s"}};
    for (const auto& [option, v] : more)
      o[option] = v;
    return o;
  }
  source_reading open(object more = {}) { return open_in(*kind, std::move(more)); }
  static source_reading open_in(source_kind& of, object more) {
    auto opened = of.open({"acme", "sync", "events"}, options(std::move(more)));
    if (!opened)
      throw std::runtime_error{opened.error().where + ": " + opened.error().why};
    return source_reading{*std::move(opened)};
  }

  tests::redis_client db{server()};
  runtime::workers blocking{{.threads = 2}};
  std::unique_ptr<source_kind> kind = redis_source(usual(blocking));
};

TEST_F(redis_streams, are_read_to_the_end_they_had_and_then_on_from_there) {
  db.add("s", 1, 25);
  auto reading = open({{"page_size", 10}});
  const auto first = reading.page({});
  db.add("s", 26, 30); // after the run has begun: for the next one
  auto rest = reading.run({.position = first.position, .cursor = first.cursor});
  EXPECT_EQ(first.records.size(), 10u);
  EXPECT_EQ(first.expected, 25u);
  EXPECT_EQ(lines(rest).size(), 15u);
  EXPECT_EQ(lines(rest).back(), R"(25-0 {"id":"25-0","v":"25"})");
  const auto next = reading.run({.cursor = rest.back().cursor});
  EXPECT_EQ(lines(next).size(), 5u);
  EXPECT_TRUE(lines(reading.run({.cursor = next.back().cursor})).empty());
  EXPECT_EQ(lines(reading.run({.cursor = next.back().cursor, .full = true})).size(), 30u);
}

TEST_F(redis_streams, are_found_by_patterns_and_come_one_after_the_other) {
  db.add("orders:b", 1, 3);
  db.add("orders:a", 1, 2);
  db.add("other", 1, 1);
  db.run({"SET", "orders:text", "no stream"});
  auto reading = open({{"stream", list{"orders:*", "other"}}, {"page_size", 2}});
  const auto pages = reading.run();
  EXPECT_EQ(lines(pages), (texts{R"(orders:a|1-0 {"id":"1-0","stream":"orders:a","v":"1"})",
                                 R"(orders:a|2-0 {"id":"2-0","stream":"orders:a","v":"2"})",
                                 R"(orders:b|1-0 {"id":"1-0","stream":"orders:b","v":"1"})",
                                 R"(orders:b|2-0 {"id":"2-0","stream":"orders:b","v":"2"})",
                                 R"(orders:b|3-0 {"id":"3-0","stream":"orders:b","v":"3"})",
                                 R"(other|1-0 {"id":"1-0","stream":"other","v":"1"})"}));
  db.add("orders:a", 3, 3);
  db.add("orders:c", 1, 1); // one that was not there
  EXPECT_EQ(lines(reading.run({.cursor = pages.back().cursor})),
            (texts{R"(orders:a|3-0 {"id":"3-0","stream":"orders:a","v":"3"})",
                   R"(orders:c|1-0 {"id":"1-0","stream":"orders:c","v":"1"})"}));
}

TEST_F(redis_streams, tell_what_was_trimmed_before_it_was_read) {
  db.add("s", 1, 10);
  auto reading = open();
  const auto first = reading.run();
  db.add("s", 11, 30);
  db.run({"XTRIM", "s", "MAXLEN", "5"});
  const auto next = reading.run({.cursor = first.back().cursor});
  const auto said = lines(next);
  ASSERT_EQ(said.size(), 6u);
  EXPECT_EQ(said[0], R"(26-0 {"id":"26-0","v":"26"})");
  EXPECT_EQ(said[5], "! s:30-0: 15 entries between 10-0 and 30-0 of s were deleted or trimmed "
                     "before being read");
  db.run({"XTRIM", "s", "MAXLEN", "0"}); // what was read may go
  EXPECT_TRUE(lines(reading.run({.cursor = next.back().cursor})).empty());
  db.run({"DEL", "s"});
  EXPECT_TRUE(lines(reading.run({.cursor = next.back().cursor})).empty());
  db.add("s", 50, 51);
  const auto anew = lines(reading.run({.cursor = next.back().cursor}));
  ASSERT_EQ(anew.size(), 3u);
  EXPECT_NE(anew[2].find("begun anew"), std::string::npos);
}

TEST_F(redis_streams, give_up_nothing_that_is_trimmed_between_two_pages) {
  db.add("s", 1, 40);
  auto reading = open({{"page_size", 10}});
  const auto first = reading.page({});
  db.run({"XTRIM", "s", "MAXLEN", "15"});
  const auto rest = reading.run({.position = first.position, .cursor = first.cursor});
  EXPECT_EQ(lines(rest).size(), 16u);
  EXPECT_NE(lines(rest).back().find("15 entries between 0-0 and 40-0"), std::string::npos)
      << lines(rest).back();
}

TEST_F(redis_streams, of_large_entries_are_read_in_answers_of_some_megabytes) {
  constexpr int all = 100;
  for (int i = 1; i <= all; ++i)
    db.run({"XADD", "s", std::to_string(i) + "-0", "v", std::string(300'000, 'x')});
  texts keys, expected;
  for (const auto& p : open().run()) {
    EXPECT_LT(p.bytes, 12u << 20); // a page may be 8 MiB, and one record more
    for (const auto& r : p.records)
      keys.push_back(r.key);
  }
  for (int i = 1; i <= all; ++i)
    expected.push_back(std::to_string(i) + "-0");
  EXPECT_EQ(keys, expected);
}

TEST_F(redis_streams, that_suddenly_have_large_entries_end_a_page_within_an_answer) {
  db.add("s", 1, 20); // so that the next ones are asked for by the thousand
  for (int i = 21; i <= 80; ++i)
    db.run({"XADD", "s", std::to_string(i) + "-0", "v", std::string(1'000'000, 'x')});
  std::size_t count = 0;
  for (const auto& p : open().run()) {
    EXPECT_LT(p.bytes, 12u << 20);
    count += p.records.size();
  }
  EXPECT_EQ(count, 80u);
}

TEST_F(redis_streams, refuse_options_with_their_place_and_what_to_write) {
  struct wrong {
    object options;
    std::string place, why;
  };
  for (const auto& w : std::vector<wrong>{
           {{{"url", "http://h"}}, "url", "no address of such a server"},
           {{{"url", "redis://u:p@h"}}, "url", "a password does not belong"},
           {{{"url", "redis://h/shop"}}, "url", "is a number"},
           {{{"stream", ""}}, "stream", "no names of streams"},
           {{{"stream", list{}}}, "stream", ""},
           {{{"decode", "xml"}}, "decode", ""},
           {{{"id_as", ""}}, "id_as", "cannot be the name"},
           {{{"stream", "a*"}, {"id_as", "stream"}}, "id_as", "cannot be the name"},
           {{{"page_size", 0}}, "page_size", ""},
           {{{"sslmode", "maybe"}}, "sslmode", "no sslmode maybe"},
           {{{"group", "workers"}}, "group", ""},
       }) {
    const auto checked = kind->check(options(w.options));
    ASSERT_FALSE(checked) << w.place << ' ' << w.why;
    EXPECT_EQ(checked.error().where, "spec.from.redis." + w.place) << checked.error().why;
    EXPECT_NE(checked.error().why.find(w.why), std::string::npos) << checked.error().why;
  }
}

TEST_F(redis_streams, say_who_is_not_let_in_and_what_is_not_there) {
  db.run({"SET", "text", "no stream"});
  db.add("s", 1, 1);
  db.run({"ACL", "SETUSER", "reader", "on", ">reads", "~allowed", "+xrange", "+xinfo"});
  struct asked_wrongly {
    object options;
    tenon::code code;
    std::string place, why;
  };
  for (const auto& w : std::vector<asked_wrongly>{
           {{{"credential", "wrong"}}, code::forbidden, "credential", "does not let us in"},
           {{{"credential", "none"}}, code::not_found, "credential", "the credential none"},
           {{{"credential", "reader"}}, code::forbidden, "credential", "may not do it"},
           {{{"stream", "text"}}, code::malformed, "stream", "no stream"},
           {{{"stream", "absent"}}, code::not_found, "stream", "no such stream"},
           {{{"url", server().url(99)}}, code::not_found, "url", "no such database"},
       }) {
    const auto t = open(w.options).trouble();
    EXPECT_EQ(t.why.code, w.code) << t.why.why;
    EXPECT_EQ(t.why.where, "spec.from.redis." + w.place) << t.why.why;
    EXPECT_NE(t.why.why.find(w.why), std::string::npos) << t.why.why;
    EXPECT_EQ((t.why.why + t.why.remedy).find("hunter2"), std::string::npos);
    EXPECT_FALSE(t.transient) << t.why.why;
  }
  db.run({"ACL", "SETUSER", "reader", "~s"});
  EXPECT_EQ(open({{"credential", "reader"}}).page({}).records.size(), 1u);
  EXPECT_TRUE(lines(open({{"stream", "absent*"}}).run()).empty());
}

TEST_F(redis_streams, are_read_through_tls_from_whoever_proves_to_be_the_server) {
  db.add("s", 1, 30);
  const auto untrusted = open({{"url", server().tls_url()}}).trouble();
  EXPECT_EQ(untrusted.why.code, code::forbidden) << untrusted.why.why;
  EXPECT_EQ(untrusted.why.where, "spec.from.redis.sslmode");
  std::ifstream file{server().certificate.file()};
  const std::string ca{std::istreambuf_iterator<char>{file}, {}};
  EXPECT_EQ(open({{"url", server().tls_url()}, {"ca", ca}}).page({}).records.size(), 30u);
  EXPECT_EQ(open({{"url", server().tls_url()}, {"sslmode", "require"}}).page({}).records.size(),
            30u);
  const auto clear = open({{"sslmode", "require"}}).trouble();
  EXPECT_EQ(clear.why.code, code::forbidden) << clear.why.why;
  EXPECT_NE(clear.why.remedy.find("rediss://"), std::string::npos);
  auto by_name = usual(blocking);
  by_name.lookup = [](const std::string&) -> result<std::vector<runtime::outbound::address>> {
    return std::vector{*runtime::outbound::parse_address("127.0.0.1")};
  };
  auto another = server().tls_url();
  another.replace(another.find("127.0.0.1"), 9, "localhost");
  const auto named = redis_source(by_name);
  EXPECT_EQ(open_in(*named, {{"url", another}, {"ca", ca}}).trouble().why.code, code::forbidden);
}

TEST_F(redis_streams, reach_only_networks_that_the_operator_allows) {
  auto strict = usual(blocking);
  strict.policy.allowed.clear();
  const auto guarded = redis_source(strict);
  EXPECT_EQ(open_in(*guarded, {}).trouble().why.code, code::forbidden);
}

TEST_F(redis_streams, go_on_after_the_server_was_away_or_killed_in_the_middle) {
  const auto away =
      open({{"url", "redis://127.0.0.1:" + std::to_string(tests::free_port())}}).trouble();
  EXPECT_EQ(away.why.code, code::unavailable);
  EXPECT_TRUE(away.transient);
  auto own = std::make_unique<tests::redis_server>();
  tests::redis_client{*own}.add("s", 1, 100);
  auto reading = open({{"url", own->url()}, {"page_size", 40}});
  const auto first = reading.page({});
  own->stop();
  const auto t = reading.trouble({.position = first.position, .cursor = first.cursor});
  EXPECT_TRUE(t.transient);
  EXPECT_EQ(t.why.code, code::unavailable) << t.why.why;
  own->start();
  EXPECT_EQ(lines(reading.run({.position = first.position, .cursor = first.cursor})).size(), 60u);
}

TEST_F(redis_streams, end_at_once_when_the_node_does) {
  db.add("s", 1, 1);
  std::stop_source closing;
  auto ending = usual(blocking);
  ending.closing = closing.get_token();
  const auto ended = redis_source(ending);
  db.run({"CLIENT", "PAUSE", "30000", "ALL"}); // nobody else is answered either
  std::optional<source_trouble> t;
  auto reading = open_in(*ended, {});
  std::thread reader{[&] { t = reading.trouble(); }};
  closing.request_stop();
  reader.join();
  EXPECT_EQ(t->why.code, code::unavailable) << t->why.why;
  server().stop();
  server().start();
}

} // namespace
} // namespace tenon::actors
