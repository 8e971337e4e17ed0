// A platform is asked to send its events to a node, shown against its twin: it is asked once,
// whatever kills the node meanwhile; what it then sends is believed and stored, each event once;
// and it is told to stop when the hook is removed, also when its integration went first.
#include "config/yaml.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/running_node.hpp"

#include <csignal>
#include <fstream>
#include <random>

namespace {

using namespace tenon;
using namespace tenon::tests;

class subscribed_hook : public running_node {
protected:
  void start_both() {
    const auto file = directory_ / "shop.yaml";
    std::ofstream{file} << R"yaml(connector: {name: shop, title: Shop}
base: https://api.shop.example/v1
params: {token: {title: Token, secret: true}, signing: {title: What signs, secret: true}}
auth: {key: {name: Authorization, prefix: "Bearer ", value: "{{secret.token}}"}}
streams: {customers: {request: {get: /customers}, records: data, key: id}}
hooks:
  events:
    verify: {hmac: sha256, secret: signing, header: x-signature, encoding: hex,
             signed: "{{ts}}.{{raw}}", ts: {header: x-time, unit: s, tolerance: 5m}}
    challenge:
      echo: {from: query hub.challenge}
      when: "query['hub.topic'] == 'events' and \
        query['hub.mode'] == (hook.wanted ? 'subscribe' : 'unsubscribe')"
    each: "*"
    id: "{{id}}"
    type: kind
    subscribe:
      create: {post: /hooks, body: {url: "{{hook.address}}", secret: "{{secret.signing}}"}}
      id: hook.id
      until: hook.ends
      lasts: 7d
      find: {request: {get: /hooks}, items: hooks, id: id, when: url == hook.address}
      delete: {delete: "/hooks/{{hook.id}}"}
tests:
  secrets: {token: shop-secret, signing: canary-signing-41c8}
  streams: {customers: {records: [{id: c1, name: Ann}]}}
  hooks: {events: {body: [{id: e1, kind: made}, {id: e2, kind: made}]}}
)yaml";
    twin_.emplace("tenon", words{"twin", file.string()});
    ASSERT_TRUE(twin_->first_line().starts_with("http://")) << twin_->errors();
    const auto spec = config::read_yaml(contents_of(file), "shop.yaml");
    ASSERT_TRUE(spec) << spec.error().why;
    start_node({"--public-url", public_url});
    apply({object{{"kind", "connector"}, {"name", "shop"}, {"spec", spec->front().value}},
           object{{"kind", "credential"},
                  {"name", "shop"},
                  {"spec", object{{"secrets", object{{"token", "shop-secret"},
                                                     {"signing", "canary-signing-41c8"}}}}}},
           integration()});
  }

  value integration() const {
    return object{
        {"kind", "integration"},
        {"name", "shop"},
        {"spec",
         object{{"connector", "shop"}, {"credential", "shop"}, {"through", twin_->first_line()}}}};
  }
  static value hook() {
    return object{{"kind", "hook"},
                  {"name", "orders"},
                  {"spec", object{{"integration", "shop"}, {"hook", "events"}}}};
  }

  value twin_says(const std::string& what) const {
    const auto server = nodes::cli::parse_server(twin_->first_line());
    const nodes::cli::api asked{nodes::cli::http_client{{*server, ""}}, "default"};
    auto got = asked.get("/_twin/" + what);
    EXPECT_TRUE(got) << got.why.why;
    return got.body;
  }
  list subscribers() const {
    const auto all = twin_says("subscribers");
    return all.is<list>() ? *all.as<list>() : list{};
  }
  std::string status(const std::string& member) {
    const auto shown = get({"hooks", "orders"});
    const auto* of = shown.find("status");
    return of == nullptr ? "" : nodes::cli::text_at(*of, member);
  }
  void await_subscribed() {
    await("the subscription", [this] { return status("state") == "subscribed"; });
  }
  void remove(const std::string& kind, const std::string& name) {
    const auto done = api_->remove(api_->path({kind, name}));
    EXPECT_TRUE(done) << done.why.why;
  }

  /// What the twin signs for the address that it was told, sent there.
  unsigned deliver() {
    const auto server = nodes::cli::parse_server(twin_->first_line());
    const nodes::cli::api asked{nodes::cli::http_client{{*server, ""}}, "default"};
    const auto address = nodes::cli::text_at(subscribers().front(), "address");
    const auto made = asked.post("/_twin/deliver/events", object{{"to", address}});
    EXPECT_TRUE(made) << made.why.why;
    const auto body = nodes::cli::text_at(made.body, "body");
    std::string head;
    for (const auto& [name, content] : *made.body.find("headers")->as<object>())
      head += name + ": " + *content.as<std::string>() + "\r\n";
    raw_client platform{port()};
    platform.send("POST " + address.substr(std::string{public_url}.size()) +
                  " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
                  "\r\n" + head + "\r\n" + body);
    return platform.response().status;
  }

  /// What the twin sends of its own to those whom it was asked to send to; what each answered.
  list sent() {
    const auto server = nodes::cli::parse_server(twin_->first_line());
    const nodes::cli::api asked{nodes::cli::http_client{{*server, ""}}, "default"};
    const auto here = "http://127.0.0.1:" + std::to_string(port());
    const auto made = asked.post("/_twin/send/events", object{{"through", here}});
    EXPECT_TRUE(made) << made.why.why;
    return made.body.is<list>() ? *made.body.as<list>() : list{};
  }

  static constexpr auto public_url = "https://me.example";
  std::optional<started_program> twin_;
};

TEST_F(subscribed_hook, is_asked_for_once_and_what_comes_is_stored_once) {
  start_both();
  apply({hook()});
  await_subscribed();
  ASSERT_EQ(subscribers().size(), 1u);
  EXPECT_EQ(nodes::cli::text_at(subscribers().front(), "address"),
            std::string{public_url} + "/hooks/default/shop/events");
  EXPECT_EQ(status("subscription"), nodes::cli::text_at(subscribers().front(), "id"));
  EXPECT_FALSE(status("until").empty());
  EXPECT_EQ(deliver(), 200u);
  EXPECT_EQ(contents("shop_events").size(), 2u);
  EXPECT_EQ(deliver(), 200u) << "a replay is acknowledged, and changes nothing";
  EXPECT_EQ(contents("shop_events").size(), 2u);
  EXPECT_EQ(node_->errors().find("canary"), std::string::npos);
  EXPECT_EQ(write_json(get({"hooks", "orders"})).find("canary"), std::string::npos);
}

TEST_F(subscribed_hook, gets_what_the_platform_sends_of_its_own_and_nobody_else_does) {
  start_both();
  EXPECT_TRUE(sent().empty()) << "nobody has asked for it";
  apply({hook()});
  await_subscribed();
  const auto answers = sent();
  ASSERT_EQ(answers.size(), 1u);
  const auto* said = answers.front().find("status");
  ASSERT_TRUE(said) << write_json(answers.front());
  EXPECT_EQ(*said, value{200});
  EXPECT_EQ(contents("shop_events").size(), 2u);
  const auto server = nodes::cli::parse_server(twin_->first_line());
  const nodes::cli::api asked{nodes::cli::http_client{{*server, ""}}, "default"};
  const auto refused = asked.post("/_twin/send/events", object{{"to", "http://192.0.2.1/hooks"}});
  ASSERT_TRUE(refused) << refused.why.why;
  ASSERT_EQ(refused.body.as<list>()->size(), 1u);
  EXPECT_NE(refused.body.as<list>()->front().find("error"), nullptr);
}

TEST_F(subscribed_hook, is_one_however_often_the_node_is_killed_meanwhile) {
  start_both();
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  apply({hook()});
  for (int kills = 0; kills < 4; ++kills) {
    const auto asked =
        number(twin_says("ledger"), "requests") + static_cast<std::int64_t>(random() % 3);
    await("some requests", [&] {
      return !subscribers().empty() || number(twin_says("ledger"), "requests") >= asked;
    });
    ::kill(node_->pid(), SIGKILL);
    node_->wait();
    start_node({"--public-url", public_url});
  }
  await_subscribed();
  EXPECT_EQ(subscribers().size(), 1u);
  EXPECT_EQ(status("subscription"), nodes::cli::text_at(subscribers().front(), "id"));
}

TEST_F(subscribed_hook, is_not_ended_by_others_who_ask_its_platform) {
  start_both();
  const auto asked = [this](const std::string& mode, const std::string& topic = "events") {
    raw_client platform{port()};
    platform.send("GET /hooks/default/shop/events?hub.challenge=1158&hub.mode=" + mode +
                  "&hub.topic=" + topic + " HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto said = platform.response();
    EXPECT_TRUE(said.status != 200 || said.body == "1158") << said.body;
    return said.status;
  };
  EXPECT_EQ(asked("subscribe"), 404u) << "nobody has asked for it";
  apply({hook()});
  await_subscribed();
  EXPECT_EQ(asked("subscribe"), 200u);
  EXPECT_EQ(asked("unsubscribe"), 404u) << "a stranger has asked for that";
  EXPECT_EQ(asked("subscribe", "another"), 404u);
  EXPECT_EQ(subscribers().size(), 1u);
  EXPECT_EQ(status("state"), "subscribed");
  EXPECT_EQ(deliver(), 200u);
  remove("hooks", "orders");
  await("the farewell", [this] { return subscribers().empty(); });
  EXPECT_EQ(asked("unsubscribe"), 200u);
  EXPECT_EQ(asked("subscribe"), 404u);
}

TEST_F(subscribed_hook, is_told_to_stop_when_it_is_removed) {
  start_both();
  apply({hook()});
  await_subscribed();
  remove("hooks", "orders");
  await("the farewell", [this] { return subscribers().empty(); });
}

TEST_F(subscribed_hook, is_told_to_stop_also_when_its_integration_went_first) {
  start_both();
  apply({hook()});
  await_subscribed();
  remove("integrations", "shop");
  remove("hooks", "orders");
  await("the farewell", [this] { return subscribers().empty(); });
}

TEST_F(subscribed_hook, says_why_there_is_none) {
  start_both();
  auto wrong = hook();
  (*wrong.as<object>())["spec"] = object{{"integration", "shop"}, {"hook", "invoices"}};
  apply({wrong});
  await("the reason", [this] { return !status("why").empty(); });
  expect_says(status("why"), "no hook invoices");
  (*wrong.as<object>())["spec"] = object{{"integration", "nobody"}, {"hook", "events"}};
  apply({wrong});
  await("the reason", [this] {
    return status("why").find("invoices") == std::string::npos && !status("why").empty();
  });
  EXPECT_TRUE(subscribers().empty());
  apply({hook()});
  await_subscribed();
  EXPECT_EQ(subscribers().size(), 1u);
}

} // namespace
