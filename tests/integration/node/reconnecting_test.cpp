// A platform says that a person has to connect again: from then on nobody asks it, whoever runs a
// sync is told why and what to do, and it shows; until somebody has done it.
#include "tests/support/oauth_provider.hpp"
#include "tests/support/running_node.hpp"

#include <atomic>

namespace {

using namespace tenon;
using namespace tenon::tests;

class cut_off_account : public running_node {
protected:
  std::string token_of(const std::string& credential) {
    const auto shown = get({"credentials", credential});
    return nodes::cli::text_at(*shown.find("status"), "token");
  }
  void expect_barred(const std::string& sync) {
    const auto before = asked.load();
    const auto barred = run(sync);
    expect_failed(barred, "a person has to connect it: Ann took the permission back", "",
                  "tenon credential connect");
    EXPECT_EQ(asked, before) << "the platform is left alone";
  }

  std::atomic<int> asked = 0;
};

TEST_F(cut_off_account, is_not_asked_again_until_a_person_has_acted) {
  const canned_server platform{[&](const canned_request& r) -> canned_answer {
    ++asked;
    if (r.authorization == "Bearer new")
      return {.body = R"({"data":[{"id":1},{"id":2}],"next":null})"};
    return {.status = 403, .body = R"({"error":"permission_withdrawn"})"};
  }};
  start_node();
  auto one = subscription{.url = platform.url()}.with_key("old");
  one.rules = R"([{"when": {"status": 403, "contains": "permission_withdrawn"}, "do": "reconnect",
                   "classify": "auth_dead", "say": "Ann took the permission back"}])";
  auto resources = one.resources();
  auto second = *resources.back().as<object>();
  second["name"] = "other";
  second["spec"].as<object>()->find("into")->as<std::string>()->assign("other");
  resources.emplace_back(second);
  apply(resources);

  const auto first = run("gen");
  expect_failed(first, "Ann took the permission back", "", "Connect the credential again");
  EXPECT_EQ(asked, 1) << "it is not repeated";
  await("the credential's state", [&] { return token_of("gen") == "to be connected"; });
  expect_barred("gen");
  expect_barred("other");

  const auto health = write_json(get({"integrations", "gen", "health"}));
  expect_says(health, "a person has to connect the credential: Ann took the permission back");
  const auto listed = write_json(get({"integrations", "gen"}));
  expect_says(listed, "Ann took the permission back");

  node_.reset();
  start_node();
  EXPECT_EQ(token_of("gen"), "to be connected") << "a restart is not a person";
  expect_barred("gen");

  one.secrets["key"] = "new";
  apply(one.resources());
  const auto done = run("gen");
  EXPECT_EQ(state(done), "succeeded") << write_json(done);
  EXPECT_EQ(state(run("other")), "succeeded");
  EXPECT_EQ(token_of("gen"), "none") << "it needs none";
}

// What tells the credential is whatever asks first: an attempt, or the errand of a hook.
class withdrawn : public cut_off_account {
protected:
  void set_up() {
    start_node({"--public-url", "https://me.example"});
    auto one = subscription{.url = platform.url()}.with_key("old");
    one.rules = R"([{"when": {"status": 403, "contains": "permission_withdrawn"}, "do": "reconnect",
                     "classify": "auth_dead", "say": "Ann took the permission back"}])";
    auto all = one.resources();
    auto& spec = *(*all.front().as<object>())["spec"].as<object>();
    spec["hooks"] = *read_json(R"({"events": {"verify": {"token": "header x-token",
      "secret": "key"}, "each": "*", "id": "{{id}}", "type": "kind",
      "subscribe": {"create": {"post": "/hooks", "body": {"url": "{{hook.address}}"}},
                    "id": "hook.id"}}})");
    apply(all);
  }
  void expect_cut_off() {
    await("the credential's state", [&] { return token_of("gen") == "to be connected"; });
    const auto before = asked.load();
    const auto barred = run("gen");
    expect_failed(barred, "a person has to connect it", "", "tenon credential connect");
    expect_says(why(barred), "Ann took the permission back");
    EXPECT_EQ(asked, before) << "the platform is left alone";
  }

  const canned_server platform{[&](const canned_request&) -> canned_answer {
    ++asked;
    return {.status = 403, .body = R"({"error":"permission_withdrawn"})"};
  }};
};

TEST_F(withdrawn, is_told_by_a_trial) {
  set_up();
  const auto tried = api_->post(api_->path({"integrations", "gen", "test"}), object{});
  ASSERT_TRUE(tried) << tried.why.why;
  EXPECT_EQ(nodes::cli::text_at(tried.body, "outcome"), "failed") << write_json(tried.body);
  expect_cut_off();
}

TEST_F(withdrawn, is_told_by_the_errand_of_a_hook) {
  set_up();
  apply({object{{"kind", "hook"},
                {"name", "orders"},
                {"spec", object{{"integration", "gen"}, {"hook", "events"}}}}});
  expect_cut_off();
}

class other_holder : public running_node {
protected:
  void set_up_account() {
    subscription one{.url = provider.url()};
    one.auth = R"({"oauth2": {"authorize": "{{conn.base_url}}/ask",
      "token": "{{conn.base_url}}/token", "pkce": "S256", "rotates": true, "scopes": ["read"]}})";
    one.params = R"({"client_id": {"title": "id"},
                     "client_secret": {"title": "the client's secret", "secret": true}})";
    one.config["client_id"] = "me";
    one.secrets["client_secret"] = "canary-5f2c9d81b7e64a03";
    one.rules = R"([{"when": {"status": 401}, "do": "refresh_auth", "max": 2}])";
    one.retries = 1;
    apply(one.resources());
    connect();
  }
  void connect() {
    const auto begun =
        api_->post(api_->path({"credentials", "gen", "connect"}), object{{"integration", "gen"}});
    ASSERT_TRUE(begun) << begun.why.why;
    const auto back = provider.allow(nodes::cli::text_at(begun.body, "url"));
    raw_client browser{port()};
    browser.send("GET " + back.substr(back.find('/', back.find("//") + 2)) +
                 " HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_EQ(browser.response().status, 200u);
  }
  std::string status(std::string_view member) {
    const auto credential = get({"credentials", "gen"});
    return nodes::cli::text_at(*credential.find("status"), member);
  }
  void expect_told() {
    const auto failed = run("gen");
    expect_failed(failed, "a person has to connect it", "", "tenon credential connect");
    expect_says(status("why"), "invalid_grant");
    expect_says(status("why"), "another program");
    const auto asked = provider.counts().asked;
    run("gen");
    EXPECT_EQ(provider.counts().asked, asked) << "a dead grant is not tried for ever";
  }

  oauth_provider provider;
};

TEST_F(other_holder, of_one_refresh_token_costs_the_connection_and_both_are_told) {
  start_node();
  set_up_account();
  EXPECT_EQ(state(run("gen")), "succeeded");
  node_.reset();
  const auto theirs = directory_ / "theirs", ours = directory_ / "ours";
  std::filesystem::copy(data(), theirs, std::filesystem::copy_options::recursive);

  provider.expire();
  start_node(); // this one is first, and replaces the token that both hold
  EXPECT_EQ(state(run("gen")), "succeeded");
  EXPECT_EQ(provider.counts().refreshes, 1);
  node_.reset();
  std::filesystem::rename(data(), ours);
  std::filesystem::rename(theirs, data());

  provider.expire();
  start_node(); // this one shows what was replaced, and the provider takes everything back
  expect_told();
  EXPECT_EQ(provider.counts().reuses, 1);
  node_.reset();
  std::filesystem::remove_all(data());
  std::filesystem::rename(ours, data());

  start_node();
  expect_told();
  connect();
  EXPECT_EQ(state(run("gen")), "succeeded");
}

} // namespace
