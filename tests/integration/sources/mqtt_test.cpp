// Messages of a real MQTT broker: what is acknowledged, what comes again, and what goes wrong.
#include "actors/sync/sources/mqtt.hpp"
#include "tests/support/mqtt_broker.hpp"
#include "tests/support/secrets.hpp"
#include "tests/support/source_reading.hpp"

#include <algorithm>
#include <fstream>
#include <set>
#include <thread>

namespace tenon::actors {
namespace {

using tests::lines;
using tests::source_reading;
using texts = std::vector<std::string>;

class mqtt_messages : public ::testing::Test {
protected:
  static tests::mqtt_broker& broker() {
    static tests::mqtt_broker only;
    return only;
  }

  static relational::database_options usual(runtime::executor& blocking) {
    relational::database_options o{
        tests::secrets({{"main", {{"user", "tenon"}, {"password", "a secret of the test"}}},
                        {"wrong", {{"user", "tenon"}, {"password", "hunter2"}}},
                        {"reader", {{"user", "reader"}, {"password", "reads"}}}}),
        blocking};
    o.policy.allowed.push_back(*runtime::outbound::parse_network("127.0.0.0/8"));
    return o;
  }

  /// Topics and a session of the test's own.
  std::string topic(const std::string& below = "t") const { return own_ + '/' + below; }

  object options(object more = {}) const {
    object o{{"url", broker().url()},
             {"credential", "main"},
             {"topics", topic("#")},
             {"client_id", own_},
             {"quiet", "100ms"}};
    for (const auto& [option, v] : more)
      o[option] = v;
    return o;
  }
  source_reading open(object more = {}) { return open_in(*kind, std::move(more)); }
  source_reading open_in(source_kind& of, object more) const {
    auto opened = of.open({"acme", "sync", "messages"}, options(std::move(more)));
    if (!opened)
      throw std::runtime_error{opened.error().where + ": " + opened.error().why};
    return source_reading{*std::move(opened)};
  }
  /// As a node that was killed does: connections are lost, and nothing else is known.
  void lose_connections() { kind = mqtt_source(usual(blocking)); }

  static texts payloads(const std::vector<source_page>& pages) {
    texts all;
    for (const auto& p : pages) {
      for (const auto& r : p.records) {
        const auto text = r.content.text();
        const auto from = text.find("\"payload\":") + 10;
        all.push_back(text.substr(from, text.find(",\"retained\"") - from));
      }
      for (const auto& l : p.letters)
        all.push_back("! " + l.place + ": " + l.reason);
    }
    return all;
  }
  static texts numbers(int from, int to) {
    texts all;
    for (int i = from; i <= to; ++i)
      all.push_back('"' + std::to_string(i) + '"');
    return all;
  }

  runtime::workers blocking{{.threads = 2}};
  std::unique_ptr<source_kind> kind = mqtt_source(usual(blocking));

private:
  static std::string fresh_name() {
    static int made = 0; // a repeated test has a session of its own, too
    return ::testing::UnitTest::GetInstance()->current_test_info()->name() + std::to_string(++made);
  }
  const std::string own_ = fresh_name();
};

TEST_F(mqtt_messages, come_once_and_in_their_order_run_after_run) {
  auto reading = open({{"page_size", 40}});
  const auto cursor = reading.run().back().cursor; // from now on there is a session
  broker().publish_numbers(topic(), 1, 100);
  const auto first = reading.run({.cursor = cursor});
  EXPECT_EQ(payloads(first), numbers(1, 100));
  EXPECT_EQ(first.front().records.size(), 40u);
  EXPECT_TRUE(payloads(reading.run({.cursor = cursor})).empty());
  broker().publish_numbers(topic(), 101, 110);
  lose_connections();
  EXPECT_EQ(payloads(open().run({.cursor = cursor})), numbers(101, 110));
  lose_connections();
  EXPECT_TRUE(payloads(open().run({.cursor = cursor})).empty());
  std::set<std::string> keys;
  for (const auto& p : first)
    for (const auto& r : p.records)
      keys.insert(r.key);
  EXPECT_EQ(keys.size(), 100u);
}

TEST_F(mqtt_messages, are_there_once_whatever_page_a_node_was_killed_at) {
  const auto cursor = open().run().back().cursor;
  constexpr int per_page = 7, all = 30;
  int published = 0;
  // Up to `stored` pages are in the collection; `ahead`: one more was read, and is lost; `unheard`:
  // the last one was stored, but the sync had not heard of it.
  for (std::size_t stored = 0; stored < 6; ++stored)
    for (const bool ahead : {false, true})
      for (const bool unheard : {false, true}) {
        broker().publish_numbers(topic(), published + 1, published + all);
        std::vector<source_page> kept;
        page_request wanted{.cursor = cursor}, before;
        {
          auto reading = open({{"page_size", per_page}});
          for (std::size_t i = 0; i < stored; ++i) {
            kept.push_back(reading.page(wanted));
            before = wanted;
            wanted.position = kept.back().position;
          }
          if (ahead)
            reading.page(wanted);
        }
        lose_connections();
        auto reading = open({{"page_size", per_page}});
        if (unheard && stored > 0) {
          reading.page(before); // the collection answers what it stored then
        }
        const auto rest = reading.run(wanted);
        kept.insert(kept.end(), rest.begin(), rest.end());
        EXPECT_EQ(payloads(kept), numbers(published + 1, published + all))
            << stored << " pages, " << ahead << unheard;
        published += all;
      }
  lose_connections();
  EXPECT_TRUE(payloads(open().run({.cursor = cursor})).empty());
}

TEST_F(mqtt_messages, are_the_same_when_a_page_is_asked_for_twice) {
  const auto cursor = open().run().back().cursor;
  broker().publish_numbers(topic(), 1, 20);
  auto reading = open({{"page_size", 8}});
  const auto first = reading.page({.cursor = cursor});
  EXPECT_EQ(lines({reading.page({.cursor = cursor})}), lines({first}));
  const auto second = reading.page({.position = first.position, .cursor = cursor});
  EXPECT_EQ(lines({reading.page({.position = first.position, .cursor = cursor})}), lines({second}));
}

TEST_F(mqtt_messages, are_not_acknowledged_before_the_page_after_is_asked_for) {
  const auto cursor = open().run().back().cursor;
  broker().publish_numbers(topic(), 1, 10);
  EXPECT_EQ(open().page({.cursor = cursor}).records.size(), 10u); // and this is all: never stored
  lose_connections();
  const auto again = open().run({.cursor = cursor});
  EXPECT_EQ(payloads(again), numbers(1, 10));
}

TEST_F(mqtt_messages, of_more_pages_than_the_broker_has_in_flight_come_all) {
  const auto cursor = open().run().back().cursor;
  broker().publish_numbers(topic(), 1, 5'000);
  EXPECT_EQ(payloads(open().run({.cursor = cursor})), numbers(1, 5'000));
}

TEST_F(mqtt_messages, say_what_they_say_in_each_reading) {
  const auto cursor = open().run().back().cursor;
  broker().publish(topic("a/b"), "{\"device\":7,\"at\":[1]}\nplain\n",
                   "-q 1 -D publish user-property site zurich -D publish content-type text/x");
  broker().publish_whole(topic("raw"), "\xff\xfe");
  const auto a = topic("a/b"), raw = topic("raw");
  const auto more = R"(,"retained":false,"content_type":"text/x","properties":{"site":"zurich"}})";
  // Nothing is asked for after a first page, so that each reading gets them all.
  const auto read = [&](const char* how) {
    lose_connections();
    texts all;
    for (const auto& line : lines({open({{"payload", how}}).page({.cursor = cursor})}))
      all.push_back(line.starts_with('!') ? line : line.substr(line.find(' ') + 1));
    return all;
  };
  EXPECT_EQ(read("text"),
            (texts{"{\"topic\":\"" + a + R"(","payload":"{\"device\":7,\"at\":[1]}")" + more,
                   "{\"topic\":\"" + a + R"(","payload":"plain")" + more,
                   "! " + raw + ": the payload is not UTF-8; payload: base64 takes it"}));
  EXPECT_EQ(
      read("json"),
      (texts{"{\"topic\":\"" + a + R"(","payload":{"device":7,"at":[1]})" + more,
             "! " + a + ": the payload is not JSON", "! " + raw + ": the payload is not JSON"}));
  EXPECT_EQ(read("base64")[2], "{\"topic\":\"" + raw + R"(","payload":"//4=","retained":false})");
}

TEST_F(mqtt_messages, have_the_key_that_an_expression_finds) {
  const object keyed{{"payload", "json"}, {"key", "payload.device"}};
  const auto cursor = open(keyed).run().back().cursor;
  broker().publish(topic(), "{\"device\":\"a\"}\n{\"device\":7}\n{\"device\":{}}\n{}\n");
  texts keys;
  for (const auto& p : open(keyed).run({.cursor = cursor})) {
    for (const auto& r : p.records)
      keys.push_back(r.key);
    for (const auto& l : p.letters)
      keys.push_back("! " + l.reason);
  }
  std::ranges::sort(keys);
  ASSERT_EQ(keys.size(), 4u);
  EXPECT_EQ(keys[2], "7");
  EXPECT_EQ(keys[3], "a");
  EXPECT_TRUE(keys[0].starts_with("! key: ")) << keys[0];
}

TEST_F(mqtt_messages, that_are_retained_come_once_unless_they_are_not_wanted) {
  broker().publish(topic("kept"), "last words\n", "-q 1 -r");
  const auto without = open({{"retained", false}, {"client_id", topic("other")}}).run();
  EXPECT_TRUE(payloads(without).empty());
  const auto first = open().run();
  EXPECT_EQ(payloads(first), texts{"\"last words\""});
  EXPECT_NE(lines(first).front().find("\"retained\":true"), std::string::npos);
  lose_connections();
  EXPECT_TRUE(payloads(open().run({.cursor = first.back().cursor})).empty());
}

TEST_F(mqtt_messages, of_topics_that_are_not_wanted_any_more_stay_away) {
  const auto cursor = open({{"topics", list{topic("a"), topic("b")}}}).run().back().cursor;
  broker().publish_numbers(topic("a"), 1, 2);
  auto reading = open({{"topics", list{topic("b"), topic("c")}}});
  const auto next = reading.run({.cursor = cursor});
  EXPECT_EQ(payloads(next), numbers(1, 2)); // they were promised
  for (const auto* below : {"a", "b", "c"})
    broker().publish_numbers(topic(below), 5, 5);
  EXPECT_EQ(payloads(reading.run({.cursor = next.back().cursor})).size(), 2u);
}

TEST_F(mqtt_messages, are_shared_among_those_of_a_group) {
  const object group{{"topics", "$share/g/" + topic("#")}};
  object other = group;
  other["client_id"] = topic("other");
  auto one = open(group), two = open(other);
  const auto cursor = one.run().back().cursor;
  two.run();
  broker().publish_numbers(topic(), 1, 50);
  auto all = payloads(one.run({.cursor = cursor}));
  std::ranges::copy(payloads(two.run({.cursor = cursor})), std::back_inserter(all));
  EXPECT_EQ(all.size(), 50u);
  EXPECT_EQ(std::set(all.begin(), all.end()).size(), 50u);
}

TEST_F(mqtt_messages, that_are_too_large_are_letters_with_their_beginning) {
  const auto cursor = open().run().back().cursor;
  broker().publish_whole(topic(), std::string(9u << 20, 'x'));
  broker().publish_whole(topic(), std::string(5u << 20, 'y'));
  broker().publish(topic(), "after\n");
  const auto pages = open().run({.cursor = cursor});
  const auto said = payloads(pages);
  ASSERT_EQ(said.size(), 3u);
  std::size_t letters = 0;
  for (const auto& p : pages)
    for (const auto& l : p.letters) {
      ++letters;
      EXPECT_NE(l.reason.find("more than"), std::string::npos) << l.reason;
      EXPECT_EQ(l.bytes.size(), 64u << 10);
    }
  EXPECT_EQ(letters, 2u);
}

TEST_F(mqtt_messages, tell_that_the_broker_has_forgotten_the_session) {
  const auto cursor = open().run().back().cursor;
  auto stranger = open({{"client_id", topic("stranger")}});
  const auto said = payloads(stranger.run({.cursor = cursor}));
  ASSERT_EQ(said.size(), 1u);
  EXPECT_NE(said.front().find("has forgotten the session"), std::string::npos);
}

TEST_F(mqtt_messages, are_kept_by_the_broker_no_more_once_the_sync_is_gone) {
  auto reading = open();
  const auto cursor = reading.run().back().cursor;
  broker().publish_numbers(topic(), 1, 5);
  const auto done = reading.forget();
  ASSERT_TRUE(done) << done.error().why;
  ASSERT_TRUE(open().forget()); // also when there is nothing any more
  lose_connections();
  const auto said = payloads(open().run({.cursor = cursor}));
  ASSERT_EQ(said.size(), 1u);
  EXPECT_NE(said.front().find("has forgotten the session"), std::string::npos) << said.front();
  const auto refused = open({{"credential", "wrong"}}).forget();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, code::forbidden);
}

TEST_F(mqtt_messages, refuse_options_with_their_place_and_what_to_write) {
  struct wrong {
    object options;
    std::string place, why;
  };
  for (const auto& w : std::vector<wrong>{
           {{{"url", "tcp://h"}}, "url", "no address of such a server"},
           {{{"url", "mqtt://h/path"}}, "url", "cannot be read"},
           {{{"topics", ""}}, "topics", "no topics"},
           {{{"topics", list{}}}, "topics", "no topics"},
           {{{"topics", "a/#/b"}}, "topics", "no topics"},
           {{{"topics", "a+/b"}}, "topics", "no topics"},
           {{{"payload", "xml"}}, "payload", ""},
           {{{"key", "payload."}}, "key", ""},
           {{{"client_id", ""}}, "client_id", "cannot be a name"},
           {{{"quiet", "1h"}}, "quiet", ""},
           {{{"qos", 2}}, "qos", ""},
       }) {
    const auto checked = kind->check(options(w.options));
    ASSERT_FALSE(checked) << w.place << ' ' << w.why;
    EXPECT_EQ(checked.error().where, "spec.from.mqtt." + w.place) << checked.error().why;
    EXPECT_NE(checked.error().why.find(w.why), std::string::npos) << checked.error().why;
  }
}

TEST_F(mqtt_messages, say_who_is_not_let_in) {
  struct asked_wrongly {
    object options;
    tenon::code code;
    std::string place, why;
  };
  for (const auto& w : std::vector<asked_wrongly>{
           {{{"credential", "wrong"}}, code::forbidden, "credential", "does not let us in"},
           {{{"credential", "none"}}, code::not_found, "credential", "the credential none"},
       }) {
    const auto t = open(w.options).trouble();
    EXPECT_EQ(t.why.code, w.code) << t.why.why;
    EXPECT_EQ(t.why.where, "spec.from.mqtt." + w.place) << t.why.why;
    EXPECT_NE(t.why.why.find(w.why), std::string::npos) << t.why.why;
    EXPECT_EQ((t.why.why + t.why.remedy).find("hunter2"), std::string::npos);
    EXPECT_FALSE(t.transient) << t.why.why;
  }
}

TEST_F(mqtt_messages, come_through_tls_from_whoever_proves_to_be_the_broker) {
  const auto untrusted = open({{"url", broker().tls_url()}}).trouble();
  EXPECT_EQ(untrusted.why.code, code::forbidden) << untrusted.why.why;
  EXPECT_EQ(untrusted.why.where, "spec.from.mqtt.sslmode");
  std::ifstream file{broker().certificate.file()};
  const std::string ca{std::istreambuf_iterator<char>{file}, {}};
  const object proven{{"url", broker().tls_url()}, {"ca", ca}};
  const auto cursor = open(proven).run().back().cursor;
  broker().publish(topic(), std::string(100'000, 'x') + '\n');
  EXPECT_EQ(payloads(open(proven).run({.cursor = cursor})).front().size(), 100'002u);
  auto strict = usual(blocking);
  strict.policy.allowed.clear();
  const auto guarded = mqtt_source(strict);
  EXPECT_EQ(open_in(*guarded, {}).trouble().why.code, code::forbidden);
}

TEST_F(mqtt_messages, go_on_after_the_broker_was_away_or_began_again_in_the_middle) {
  const auto away =
      open({{"url", "mqtt://127.0.0.1:" + std::to_string(tests::free_port())}}).trouble();
  EXPECT_EQ(away.why.code, code::unavailable);
  EXPECT_TRUE(away.transient);
  tests::mqtt_broker own;
  const object there{{"url", own.url()}, {"page_size", 20}};
  auto reading = open(there);
  const auto cursor = reading.run().back().cursor;
  own.publish_numbers(topic(), 1, 50);
  std::vector<source_page> kept{reading.page({.cursor = cursor})};
  own.stop();
  const page_request next{.position = kept[0].position, .cursor = cursor};
  const auto t = reading.trouble(next);
  EXPECT_TRUE(t.transient);
  EXPECT_EQ(t.why.code, code::unavailable) << t.why.why;
  own.start();
  for (auto& p : reading.run(next))
    kept.push_back(std::move(p));
  EXPECT_EQ(payloads(kept), numbers(1, 50));
}

TEST_F(mqtt_messages, end_at_once_when_the_node_does) {
  std::stop_source closing;
  auto ending = usual(blocking);
  ending.closing = closing.get_token();
  const auto ended = mqtt_source(ending);
  auto reading = open_in(*ended, {{"quiet", "60s"}});
  std::optional<source_trouble> t;
  std::thread reader{[&] { t = reading.trouble(); }};
  closing.request_stop();
  reader.join();
  EXPECT_EQ(t->why.code, code::unavailable) << t->why.why;
}

} // namespace
} // namespace tenon::actors
