// Platforms send to a node: what is signed is stored before it is acknowledged, each event once,
// and nobody else gets anything in.
#include "runtime/signing/signing.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/running_node.hpp"

#include <thread>

namespace {

using namespace tenon;
using namespace tenon::tests;
namespace signing = runtime::signing;

class hooked_node : public running_node {
protected:
  static constexpr auto secret = "canary-hook-5f2c9d81b7e64a03";

  void SetUp() override {
    start_node({"--public-url", "https://me.example/"});
    subscription one{.url = "http://127.0.0.1:9", .name = "gen"};
    one.params = R"({"signing": {"title": "what signs", "secret": true}})";
    one.secrets["signing"] = secret;
    auto all = one.resources();
    auto& manifest = *all.front().as<object>()->find("spec")->as<object>();
    manifest["hooks"] = *read_json(R"({
      "events": {"verify": {"hmac": "sha256", "secret": "signing", "header": "x-signature",
                            "encoding": "hex", "signed": "{{url}}|{{raw}}"},
                 "challenge": [{"echo": {"from": "query hub.challenge",
                                "token": {"from": "query hub.token", "secret": "signing"}}},
                               "options"],
                 "each": "*", "id": "{{id}}", "type": "kind"}})");
    apply(all);
  }

  raw_response ask(const std::string& method, const std::string& target, const std::string& body,
                   const std::string& more = "") const {
    raw_client platform{port()};
    platform.send(method + ' ' + target + " HTTP/1.1\r\nHost: x\r\nContent-Length: " +
                  std::to_string(body.size()) + "\r\n" + more + "\r\n" + body);
    return platform.response();
  }
  static std::string signature(const std::string& body, const std::string& key = secret) {
    return signing::to_hex(signing::hmac(signing::digest::sha256, key,
                                         "https://me.example/hooks/default/gen/events|" + body));
  }
  raw_response send(const std::string& body) const {
    return ask("POST", target, body, "X-Signature: " + signature(body) + "\r\n");
  }

  /// A row with its version, as the API shows it.
  value row(const std::string& key) {
    value found;
    const auto read =
        api_->each(api_->path({"records", "gen_events"}) + "?limit=1000", [&](const value& v) {
          if (nodes::cli::text_at(v, "key") == key)
            found = v;
          return true;
        });
    EXPECT_TRUE(read) << read.why.why;
    return found;
  }

  const std::string target = "/hooks/default/gen/events";
};

TEST_F(hooked_node, stores_each_event_once_before_it_answers) {
  const std::string body = R"([{"id":"a1","kind":"made","n":1.50},{"id":"a2"}])";
  EXPECT_EQ(send(body).status, 200u);
  auto kept = contents("gen_events");
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_EQ(*read_json(kept.at("a1")),
            *read_json(R"({"id":"a1","event":{"id":"a1","kind":"made","n":1.50},"type":"made"})"));
  const auto before = row("a1");
  EXPECT_EQ(number(before, "version"), 1) << write_json(before);
  EXPECT_EQ(send(body).status, 200u) << "a replay is acknowledged";
  EXPECT_EQ(send(R"([{"id":"a1","n":"another text"},{"id":"a3"}])").status, 200u);
  EXPECT_EQ(row("a1"), before) << "and changes nothing";
  EXPECT_EQ(contents("gen_events").size(), 3u);
}

TEST_F(hooked_node, lets_nobody_in_who_cannot_sign) {
  const std::string body = R"([{"id":"evil"}])";
  const auto refused =
      ask("POST", target, body, "X-Signature: " + signature(body, "other") + "\r\n");
  EXPECT_EQ(refused.status, 401u);
  EXPECT_EQ((refused.head + refused.body).find("canary"), std::string::npos);
  EXPECT_EQ(ask("POST", target, body).status, 401u);
  EXPECT_EQ(ask("POST", target + "?a=1", body, "X-Signature: " + signature(body) + "\r\n").status,
            401u)
      << "the address is signed too";
  EXPECT_EQ(ask("POST", target, body + ' ', "X-Signature: " + signature(body) + "\r\n").status,
            401u);
  for (const char* nowhere : {"/hooks/default/gen/none", "/hooks/default/none/events",
                              "/hooks/other/gen/events", "/hooks/default/BAD..name/events"})
    EXPECT_EQ(ask("POST", nowhere, body).status, 404u) << nowhere;
  EXPECT_EQ(ask("POST", target, std::string(5u << 20, 'x')).status, 413u);
  EXPECT_FALSE(api_->get(api_->path({"collections", "gen_events"})));
}

TEST_F(hooked_node, has_a_platform_send_again_what_it_could_not_judge) {
  const std::string body = R"([{"id":"a1"}])";
  const auto with = [&](object secrets) {
    apply({object{{"kind", "credential"},
                  {"name", "gen"},
                  {"spec", object{{"secrets", std::move(secrets)}}}}});
  };
  with({});
  const auto later = send(body);
  EXPECT_EQ(later.status, 503u);
  EXPECT_EQ(later.body.find("signing"), std::string::npos) << "what is wrong is not a stranger's";
  expect_says(node_->errors(), "hook.not_served");
  with({{"signing", secret}});
  EXPECT_EQ(send(body).status, 200u);
  EXPECT_EQ(contents("gen_events").size(), 1u);
}

TEST_F(hooked_node, answers_who_asks_whether_it_is_there) {
  const auto there =
      ask("GET", target + "?hub.mode=subscribe&hub.challenge=1158&hub.token=" + secret, "");
  EXPECT_EQ(there.status, 200u);
  EXPECT_EQ(there.body, "1158");
  EXPECT_TRUE(there.says("nosniff"));
  EXPECT_EQ(ask("GET", target + "?hub.challenge=1158&hub.token=x", "").status, 401u);
  const auto may = ask("OPTIONS", target, "", "WebHook-Request-Origin: sap.example\r\n");
  EXPECT_EQ(may.status, 200u);
  EXPECT_TRUE(may.says("WebHook-Allowed-Origin: sap.example"));
}

TEST_F(hooked_node, what_was_acknowledged_is_there_after_a_kill) {
  std::mutex guard;
  std::set<std::string> acknowledged;
  std::atomic<bool> over{false};
  std::vector<std::jthread> platforms;
  for (int p = 0; p < 4; ++p)
    platforms.emplace_back([&, p] {
      for (int i = 0; !over && i < 10'000; ++i) {
        const auto id = std::to_string(p) + '-' + std::to_string(i);
        // The one before comes again, as platforms do that heard no answer.
        const auto body = R"([{"id":")" + id + R"("},{"id":")" + std::to_string(p) + '-' +
                          std::to_string(std::max(0, i - 1)) + "\"}]";
        if (send(body).status != 200)
          return;
        const std::scoped_lock lock{guard};
        acknowledged.insert(id);
      }
    });
  await("a hundred events to be taken", [&] {
    const std::scoped_lock lock{guard};
    return acknowledged.size() >= 100;
  });
  const auto was = node_->pid();
  ::kill(was, SIGKILL);
  over = true;
  platforms.clear();
  node_.reset();
  start_node({"--public-url", "https://me.example"});
  const auto kept = contents("gen_events");
  for (const auto& id : acknowledged)
    EXPECT_TRUE(kept.contains(id)) << id << " was acknowledged";
  EXPECT_EQ(number(row("0-0"), "version"), 1) << "it came more than once";
}

} // namespace
