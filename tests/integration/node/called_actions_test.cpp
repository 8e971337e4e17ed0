// One thing is done at a platform now, through the API and the program: each record has an end of
// its own, what the platform answered comes back, and nothing is done twice in silence.
#include "config/yaml.hpp"
#include "tests/support/canned_server.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/running_node.hpp"

#include <mutex>

namespace {

using namespace tenon;
using namespace tenon::tests;

class called_action : public running_node {
protected:
  /// The account that the twin of a shipped connector says is to be applied.
  void start_twin(const std::string& connector) {
    twin_.emplace("tenon", words{"twin", connector});
    ASSERT_TRUE(twin_->first_line().starts_with("http://")) << twin_->errors();
    start_node();
    const auto said = twin_->errors();
    const auto account = config::read_yaml(said.substr(said.find("kind:")), "twin");
    ASSERT_TRUE(account);
    list resources;
    for (const auto& one : *account)
      resources.push_back(one.value);
    apply(resources);
  }

  void start_shop(const std::string& url, const std::string& actions) {
    start_node();
    const auto spec = config::read_yaml("connector: {name: shop, title: Shop}\nbase: " + url +
                                            R"(
params: {token: {title: Token, secret: true}}
auth: {key: {name: Authorization, prefix: "Bearer ", value: "{{secret.token}}"}}
streams: {customers: {request: {get: /customers}, records: data, key: id}}
errors:
  - {when: {status: 422}, do: skip_record, classify: invalid, say: "{{body.why}}"}
actions:
)" + actions,
                                        "shop.yaml");
    ASSERT_TRUE(spec) << spec.error().why;
    apply({object{{"kind", "connector"}, {"name", "shop"}, {"spec", spec->front().value}},
           object{{"kind", "credential"},
                  {"name", "shop"},
                  {"spec", object{{"secrets", object{{"token", "canary-shop-77d1"}}}}}},
           object{{"kind", "integration"},
                  {"name", "shop"},
                  {"spec", object{{"connector", "shop"}, {"credential", "shop"}}}}});
  }

  raw_response post(const std::string& path, const std::string& body, const std::string& more = "",
                    const std::string& key = owner_key) const {
    raw_client client{port()};
    client.send("POST /api/v1/default/integrations/" + path +
                " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + key + "\r\n" + more +
                "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return client.response();
  }
  list items(const std::string& path, const std::string& body, const std::string& more = "") const {
    const auto said = post(path, body, more);
    EXPECT_EQ(said.status, 200u) << said.body;
    const auto read = read_json(said.body);
    const auto* all = read ? read->find("items") : nullptr;
    return all != nullptr && all->is<list>() ? *all->as<list>() : list{};
  }
  static std::string at(const value& item, const char* name) {
    return nodes::cli::text_at(item, name);
  }

  std::optional<started_program> twin_;
};

TEST_F(called_action, gives_back_what_a_model_says) {
  start_twin("claude");
  const std::string record =
      R"({"max_tokens": 64, "messages": [{"role": "user", "content": "Say hello"}]})";
  const auto all = items("claude_twin/actions/create_message", record);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(at(all[0], "outcome"), "written") << write_json(all[0]);
  const auto* returned = all[0].find("returned");
  ASSERT_NE(returned, nullptr) << write_json(all[0]);
  for (const auto* name : {"id", "content", "usage", "stop_reason"})
    EXPECT_NE(returned->find(name), nullptr) << name;
  started_program command{"tenon",
                          {"--server", node_->first_line(), "--key", owner_key, "--json",
                           "integration", "call", "claude_twin", "create_message", "--record",
                           record}};
  const auto shown = command.first_line() + command.rest_of_output();
  EXPECT_EQ(command.wait(), 0) << command.errors();
  expect_says(shown, "written");
}

TEST_F(called_action, takes_a_list_and_the_platform_has_all_of_it) {
  start_twin("hubspot");
  const auto all = items("hubspot_twin/actions/upsert_contacts?key=email",
                         R"([{"email": "a@example.com", "firstname": "Ann"},
                             {"email": "b@example.com", "firstname": "Bob"}])");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(at(all[0], "key"), "a@example.com");
  for (const auto& one : all)
    EXPECT_EQ(at(one, "outcome"), "written") << write_json(one);
  const auto server = nodes::cli::parse_server(twin_->first_line());
  const nodes::cli::api asked{nodes::cli::http_client{{*server, ""}}, "default"};
  EXPECT_EQ(number(asked.get("/_twin/ledger").body, "written"), 2);
}

TEST_F(called_action, tells_of_each_record_what_came_of_it) {
  const canned_server shop{[](const canned_request& r) -> canned_answer {
    if (r.body.find("bad") != std::string::npos)
      return {.status = 422, .body = R"({"why":"no such city, canary-shop-77d1"})"};
    if (r.body.find("lost") != std::string::npos)
      return {.raw = ""};
    return {.status = 201, .body = "", .headers = {{"X-Made-Id", "n-1"}}};
  }};
  start_shop(shop.url(), "  put: {mode: insert, request: {post: /customers},\n"
                         "        returns: {made: \"{{header.x_made_id}}\", n: \"{{status}}\"}}\n");
  const auto all = items("shop/actions/put", R"([{"id": "c1", "city": "Rome"},
                                                 {"id": "c2", "city": "bad"},
                                                 {"id": "c3", "city": "lost"}, {"city": "Oslo"}])");
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(write_json(all[0]),
            R"({"key":"c1","outcome":"written","returned":{"made":"n-1","n":201}})");
  EXPECT_EQ(at(all[1], "outcome"), "refused");
  expect_says(write_json(all[1]), "no such city");
  EXPECT_EQ(write_json(all[1]).find("canary"), std::string::npos);
  EXPECT_EQ(at(all[2], "outcome"), "uncertain") << write_json(all[2]);
  expect_says(write_json(all[2]), "may have been written or not");
  EXPECT_EQ(at(all[3], "outcome"), "written") << "one record's end is not the others'";
  EXPECT_EQ(at(all[3], "key"), "4");
  EXPECT_EQ(shop.requests().size(), 4u) << "what may have been done is not done again";
  started_program command{"tenon",
                          {"--server", node_->first_line(), "--key", owner_key, "integration",
                           "call", "shop", "put", "--record", R"({"id":"c2","city":"bad"})"}};
  const auto shown = command.first_line() + command.rest_of_output();
  EXPECT_EQ(command.wait(), 1) << "it was refused";
  expect_says(shown, "no such city");
}

TEST_F(called_action, is_refused_to_a_sync_too_and_its_letter_holds_no_secret) {
  const canned_server shop{[](const canned_request& r) -> canned_answer {
    if (r.method == "GET")
      return {.body = R"({"data":[{"id":"c1","city":"bad"}]})"};
    return {.status = 422, .body = R"({"why":"no such city for )" + r.authorization + "\"}"};
  }};
  start_shop(shop.url(), "  put: {mode: insert, request: {post: /customers}}\n");
  const object stream{{"connector", object{{"integration", "shop"}, {"stream", "customers"}}}};
  const object action{{"connector", object{{"integration", "shop"}, {"action", "put"}}}};
  const object kept{{"collection", object{{"name", "customers"}}}};
  apply({object{{"kind", "sync"},
                {"name", "read"},
                {"spec", object{{"from", stream}, {"into", "customers"}}}},
         object{{"kind", "sync"},
                {"name", "write"},
                {"spec", object{{"from", kept}, {"to", action}}}}});
  ASSERT_EQ(number(run("read"), "stored"), 1);
  EXPECT_EQ(number(run("write"), "dead_lettered"), 1);
  const auto letters = write_json(get({"records", "customers", "letters"}));
  expect_says(letters, "no such city for Bearer ***");
  EXPECT_EQ(letters.find("canary"), std::string::npos) << letters;
}

TEST_F(called_action, is_named_to_the_platform_by_the_key_of_who_calls) {
  std::mutex guard;
  std::vector<std::string> keys;
  const canned_server shop{[&](const canned_request& r) -> canned_answer {
    const std::scoped_lock lock{guard};
    keys.push_back(r.header("Idempotency-Key"));
    return {.body = "{}"};
  }};
  start_shop(shop.url(), "  pay: {mode: call, request: {post: /pay},\n"
                         "        idempotency: {header: Idempotency-Key}}\n"
                         "  tell: {mode: call, request: {post: /tell}}\n");
  const std::string mine{"Idempotency-Key: order-17\r\n"};
  for (int times = 0; times < 2; ++times)
    EXPECT_EQ(items("shop/actions/pay", R"([{"id": 1}, {"id": 2}])", mine).size(), 2u);
  EXPECT_EQ(items("shop/actions/pay", R"({"id": 1})").size(), 1u);
  EXPECT_EQ(items("shop/actions/pay", R"({"id": 1})").size(), 1u);
  ASSERT_EQ(keys.size(), 6u);
  EXPECT_EQ(keys[0], "order-17");
  EXPECT_EQ(keys[1], "order-17-1");
  EXPECT_EQ(std::vector(keys.begin(), keys.begin() + 2),
            std::vector(keys.begin() + 2, keys.begin() + 4));
  EXPECT_NE(keys[4], keys[5]) << "without a key each call is another";
  const auto refused = post("shop/actions/tell", R"({"id": 1})", mine);
  EXPECT_EQ(refused.status, 409u) << refused.body;
  expect_says(refused.body, "does not know a call of tell again");
  EXPECT_EQ(keys.size(), 6u);
}

TEST_F(called_action, is_refused_with_what_is_wrong) {
  const canned_server shop{[](const canned_request&) { return canned_answer{.status = 401}; }};
  start_shop(shop.url(), "  put: {mode: upsert, request: {put: \"/customers/{{key}}\"}}\n");
  EXPECT_EQ(post("shop/actions/put_it", "{}").status, 404u);
  expect_says(post("shop/actions/put_it", "{}").body, "put");
  EXPECT_EQ(post("nobody/actions/put", "{}").status, 404u);
  for (const auto* body : {"", "7", "[]", "[7]", "{\"a\":"})
    EXPECT_EQ(post("shop/actions/put", body).status, 422u) << body;
  EXPECT_EQ(post("shop/actions/put", "{}", "Idempotency-Key: a b\r\n").status, 422u);
  const auto failed = post("shop/actions/put", "{}");
  EXPECT_GE(failed.status, 400u) << "no record was written, and no record is at fault";
  EXPECT_EQ(failed.body.find("canary"), std::string::npos);
  const auto made = api_->post(api_->path({"keys"}), object{{"role", "operator"}});
  ASSERT_TRUE(made) << made.why.why;
  const auto key = at(made.body, "key");
  EXPECT_EQ(post("shop/actions/put", "{}", "", key).status, 403u) << "it writes";
}

} // namespace
