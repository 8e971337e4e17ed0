// `tenon integration test` and `tenon integration health`, on a node, with everything that can be
// wrong about an account at a platform, one at a time.
#include "config/yaml.hpp"
#include "tests/integration/outbound/certificates.hpp"
#include "tests/support/running_node.hpp"
#include "tests/support/self_signed.hpp"

#include <atomic>

namespace {

using namespace tenon;
using namespace tenon::tests;

/// A platform with a check, two streams and a limit; it does what the test says.
class shop_platform {
public:
  explicit shop_platform(boost::asio::ssl::context* tls = nullptr)
      : server_{[this](const canned_request& r) { return answer(r); }, tls} {}

  std::string url() const { return server_.url(); }
  std::vector<canned_request> requests() const { return server_.requests(); }

  std::atomic<unsigned> orders{200}; // what that stream is answered with
  std::atomic<unsigned> everything{200};

private:
  canned_answer answer(const canned_request& r) const {
    const auto refused = [](unsigned status) {
      return canned_answer{.status = status, .body = R"({"message":"not for you"})"};
    };
    if (everything != 200)
      return refused(everything);
    if (r.authorization != "Bearer right")
      return refused(401);
    if (r.target.starts_with("/me"))
      return {.body = R"({"name":"Anna's shop"})"};
    if (r.target.starts_with("/orders") && orders != 200)
      return refused(orders);
    return {.body = R"({"data":[{"id":1}],"total":1})",
            .headers = {{"X-Limit", "100"}, {"X-Remaining", "97"}}};
  }

  canned_server server_;
};

class integration_trial : public running_node {
protected:
  void connect(const std::string& url, const std::string& secret = "right",
               const std::string& limits = R"({"buckets": [{"kind": "fixed", "rate": "100/1h"}],
                 "observe": {"limit": "header x-limit", "remaining": "header x-remaining"}})") {
    const auto manifest = read_json(R"({"connector": "shop", "base": "{{conn.base_url}}",
      "params": {"base_url": {"title": "address"}, "token": {"title": "t", "secret": true}},
      "auth": {"key": {"name": "Authorization", "prefix": "Bearer ", "value": "{{secret.token}}"}},
      "check": {"get": "/me", "name": "{{body.name}}"},
      "limits": )" + limits + R"(,
      "streams": {
        "customers": {"request": {"get": "/customers"}, "records": "data", "key": "id",
          "page": {"offset": {"limit": "limit", "size": 100, "total": "total"}}},
        "orders": {"request": {"get": "/orders"}, "records": "data", "key": "id"}}})");
    ASSERT_TRUE(manifest) << manifest.error().why;
    const object from{{"connector", object{{"integration", "shop"}, {"stream", "customers"}}}};
    apply({named("connector", *manifest), named("credential", secrets(secret)),
           named("integration", object{{"connector", "shop"},
                                       {"credential", "shop"},
                                       {"config", object{{"base_url", url}}}}),
           named("sync", object{{"from", from}, {"into", "customers"}, {"retries", 0}})});
  }

  static object named(const char* kind, value spec) {
    return {{"kind", kind}, {"name", "shop"}, {"spec", std::move(spec)}};
  }
  static object secrets(const std::string& token) {
    return {{"secrets", object{{"token", token}}}};
  }

  value tried() {
    const auto got = api_->post(api_->path({"integrations", "shop", "test"}), object{});
    EXPECT_TRUE(got) << got.why.why;
    return got.body;
  }

  static value check_of(const value& report, std::string_view name) {
    for (const auto& one : nodes::cli::list_at(report, "checks"))
      if (nodes::cli::text_at(one, "check") == name)
        return one;
    ADD_FAILURE() << name << " is not in " << write_json(report);
    return {};
  }
  static void expect_check(const value& report, std::string_view name, std::string_view outcome,
                           std::string_view says = "") {
    const auto one = check_of(report, name);
    EXPECT_EQ(nodes::cli::text_at(one, "outcome"), outcome) << write_json(one);
    expect_says(nodes::cli::text_at(one, "detail"), says);
    if (outcome == "failed" || outcome == "warned") {
      EXPECT_FALSE(nodes::cli::text_at(one, "remedy").empty()) << write_json(one);
    }
  }
};

TEST_F(integration_trial, of_an_account_in_order_passes_and_writes_nothing) {
  shop_platform shop;
  start_node();
  connect(shop.url());
  const auto report = tried();
  EXPECT_EQ(nodes::cli::text_at(report, "outcome"), "passed") << write_json(report);
  EXPECT_EQ(number(report, "failed"), 0);
  EXPECT_EQ(number(report, "warned"), 0) << write_json(report);
  expect_check(report, "resolves", "passed", "127.0.0.1");
  expect_check(report, "connects", "passed", "127.0.0.1");
  expect_check(report, "accepted", "passed", "as Anna's shop");
  expect_check(report, "stream customers", "passed", "may be read");
  expect_check(report, "stream orders", "passed");
  expect_check(report, "known", "passed", "97 of 100 are left");
  expect_check(report, "headroom", "passed", "of 100 are left");
  expect_check(report, "https", "passed", "does not leave this machine");
  expect_check(report, "webhooks", "skipped");
  for (const auto& r : shop.requests())
    EXPECT_EQ(r.method, "GET");
  EXPECT_EQ(shop.requests().at(1).target, "/customers?limit=1&offset=0");
}

TEST_F(integration_trial, with_a_wrong_secret_names_the_credential_and_tries_no_stream) {
  shop_platform shop;
  start_node();
  connect(shop.url(), "wrong");
  const auto report = tried();
  EXPECT_EQ(nodes::cli::text_at(report, "outcome"), "failed");
  expect_check(report, "accepted", "failed", "401");
  expect_check(report, "stream customers", "skipped", "not accepted");
  EXPECT_EQ(shop.requests().size(), 1u);
  EXPECT_EQ(write_json(report).find("wrong"), std::string::npos) << "a secret is shown";
}

TEST_F(integration_trial, is_remembered_as_the_integrations_check_and_counted) {
  shop_platform shop;
  start_node();
  connect(shop.url());
  const auto status = [&](const char* member) {
    const auto shown = get({"integrations", "shop"});
    const auto* said = shown.find("status");
    return said ? nodes::cli::text_at(*said, member) : "";
  };
  EXPECT_EQ(status("check"), "never made");
  tried();
  EXPECT_EQ(status("check"), "passed");
  EXPECT_EQ(status("account"), "Anna's shop");
  shop.everything = 401;
  tried();
  EXPECT_EQ(status("check"), "failed");
  expect_says(status("why"), "401");
  shop.everything = 429; // says nothing of who we are
  tried();
  expect_says(status("why"), "401");
  EXPECT_EQ(metric(R"(tenon_integration_checks_total{outcome="passed"})"), 1);
  EXPECT_EQ(metric(R"(tenon_integration_checks_total{outcome="failed"})"), 1);
}

TEST_F(integration_trial, names_the_stream_that_is_not_permitted) {
  shop_platform shop;
  shop.orders = 403;
  start_node();
  connect(shop.url());
  const auto report = tried();
  EXPECT_EQ(number(report, "failed"), 1) << write_json(report);
  expect_check(report, "stream customers", "passed");
  expect_check(report, "stream orders", "failed", "it is not permitted");
}

TEST_F(integration_trial, says_that_nobody_listens_and_that_a_name_leads_nowhere) {
  std::string gone;
  {
    const shop_platform shop;
    gone = shop.url();
  }
  start_node();
  connect(gone);
  auto report = tried();
  expect_check(report, "resolves", "passed");
  expect_check(report, "connects", "failed", "failed, at 127.0.0.1");
  expect_check(report, "stream customers", "skipped", "no connection");
  connect("http://shop.invalid");
  report = tried();
  expect_check(report, "resolves", "failed", "shop.invalid");
  expect_check(report, "https", "warned", "clear text");
}

TEST_F(integration_trial, keeps_to_the_limit_and_says_when_it_is_used_up) {
  shop_platform shop;
  start_node();
  connect(shop.url(), "right", R"({"buckets": [{"kind": "fixed", "rate": "2/1h"}]})");
  const auto report = tried();
  EXPECT_EQ(nodes::cli::text_at(report, "outcome"), "passed") << "it is only not known";
  expect_check(report, "stream customers", "passed");
  expect_check(report, "stream orders", "warned", "limit");
  expect_check(report, "headroom", "warned", "0 of 2");
  EXPECT_EQ(shop.requests().size(), 2u);
  shop.everything = 429;
  connect(shop.url(), "right", "{}");
  const auto refused = tried();
  expect_check(refused, "accepted", "warned", "429");
  expect_check(refused, "known", "warned", "declares no limits");
}

TEST_F(integration_trial, shows_a_certificate_that_ends_soon_and_refuses_bad_ones) {
  const self_signed good{"127.0.0.1"};
  auto tls = good.server();
  shop_platform shop{&tls};
  start_node({}, {"SSL_CERT_FILE=" + good.file().string()});
  connect(shop.url());
  auto report = tried();
  EXPECT_EQ(nodes::cli::text_at(report, "outcome"), "passed") << write_json(report);
  expect_check(report, "handshake", "passed", "TLSv1.3");
  expect_check(report, "certificate chain", "passed", "tenon test");
  expect_check(report, "certificate's end", "warned", "in 0 days");
  expect_check(report, "https", "passed", "encrypted");

  const certificate expired{
      {.name = "shop", .subjects = "IP:127.0.0.1", .valid_from = -7200, .valid_until = -3600}};
  auto old_tls = expired.serving();
  shop_platform old_shop{&old_tls};
  connect(old_shop.url());
  report = tried();
  EXPECT_EQ(nodes::cli::text_at(report, "outcome"), "failed");
  expect_check(report, "certificate", "failed");
  expect_check(report, "certificate's end", "failed", "it ended on");
  expect_check(report, "stream customers", "skipped", "no connection");
}

TEST_F(integration_trial, is_a_command_whose_exit_code_says_how_it_went) {
  shop_platform shop;
  start_node();
  connect(shop.url());
  const words access{"--server", node_->first_line(), "--key", owner_key};
  const auto run = [&](const words& what) {
    auto all = what;
    all.insert(all.end(), access.begin(), access.end());
    started_program command{"tenon", all};
    auto said = command.first_line() + '\n' + command.rest_of_output();
    return std::pair{command.wait(), said};
  };
  auto [code, said] = run({"integration", "test", "shop"});
  EXPECT_EQ(code, 0) << said;
  expect_says(said, "✓");
  expect_says(said, "stream customers");
  shop.orders = 403;
  std::tie(code, said) = run({"integration", "test", "shop"});
  EXPECT_EQ(code, 1) << said;
  expect_says(said, "✗");
  std::tie(code, said) = run({"--json", "integration", "test", "shop"});
  EXPECT_EQ(code, 1);
  const auto report = read_json(said);
  ASSERT_TRUE(report) << said;
  EXPECT_EQ(number(*report, "failed"), 1);
  std::tie(code, said) = run({"integration", "health", "shop"});
  EXPECT_EQ(code, 0) << said;
  expect_says(said, "reachability");
  std::tie(code, said) = run({"integration", "test", "nobody"});
  EXPECT_EQ(code, 4) << said;
}

class integration_health : public integration_trial {
protected:
  value health() { return get({"integrations", "shop", "health"}); }
  static value part_of(const value& all, std::string_view name) {
    for (const auto& one : nodes::cli::list_at(all, "metrics"))
      if (nodes::cli::text_at(one, "metric") == name)
        return one;
    ADD_FAILURE() << name << " is not in " << write_json(all);
    return {};
  }
};

TEST_F(integration_health, is_unknown_until_something_happens_and_then_follows_it) {
  shop_platform shop;
  start_node();
  connect(shop.url());
  const auto before = health();
  EXPECT_EQ(number(before, "known"), 0) << write_json(before);
  EXPECT_TRUE(before.find("score")->is_null());

  EXPECT_EQ(state(run("shop")), "succeeded");
  const auto well = health();
  EXPECT_EQ(number(well, "score"), 100) << write_json(well);
  EXPECT_EQ(number(well, "known"), 7) << write_json(well);
  expect_says(nodes::cli::text_at(part_of(well, "data_freshness"), "from"), "the sync shop");
  EXPECT_EQ(number(part_of(well, "quota_headroom"), "value"), -1) << "it is a part, not a count";

  shop.everything = 500;
  EXPECT_EQ(state(run("shop")), "failed");
  const auto broken = health();
  EXPECT_LT(number(broken, "score"), 80) << write_json(broken);
  EXPECT_EQ(nodes::cli::text_at(part_of(broken, "error_rate"), "state"), "poor");
  EXPECT_FALSE(nodes::cli::list_at(broken, "advice").empty());
}

TEST_F(integration_health, shows_in_status_and_metrics_by_itself) {
  shop_platform shop;
  start_node();
  connect(shop.url());
  EXPECT_EQ(state(run("shop")), "succeeded");
  await("the health in its status", [&] {
    const auto shown = get({"integrations", "shop"});
    const auto* status = shown.find("status");
    const auto* found = status ? status->find("health") : nullptr;
    return found && number(*found, "score") == 100;
  });
  EXPECT_EQ(metric("tenon_integration_health_lowest"), 100);
  EXPECT_EQ(metric(R"(tenon_integration_health{metric="score",state="good"})"), 1);
}

TEST_F(integration_health, knows_of_a_credential_that_is_refused) {
  shop_platform shop;
  start_node();
  connect(shop.url(), "wrong");
  tried();
  const auto found = health();
  EXPECT_EQ(nodes::cli::text_at(part_of(found, "credentials"), "state"), "poor")
      << write_json(found);
  EXPECT_LE(number(found, "score"), 30);
}

TEST_F(integration_health, outlives_the_node) {
  shop_platform shop;
  start_node();
  connect(shop.url());
  EXPECT_EQ(state(run("shop")), "succeeded");
  const auto before = number(part_of(health(), "reachability"), "score");
  EXPECT_EQ(before, 100);
  node_->terminate();
  node_.reset();
  start_node();
  const auto after = health();
  EXPECT_EQ(number(part_of(after, "reachability"), "score"), 100) << write_json(after);
  EXPECT_EQ(number(part_of(after, "data_freshness"), "score"), 100);
}

class trial_against_a_twin : public integration_trial,
                             public ::testing::WithParamInterface<const char*> {};

TEST_P(trial_against_a_twin, passes_for_every_stream_and_finds_no_secret_in_what_the_twin_says) {
  const std::string connector = GetParam();
  started_program twin{"tenon", words{"twin", connector}};
  ASSERT_TRUE(twin.first_line().starts_with("http://")) << twin.errors();
  start_node();
  const auto spec =
      config::read_yaml(contents_of("config/connectors/" + connector + ".yaml"), connector);
  ASSERT_TRUE(spec) << spec.error().why;
  const auto* tests = spec->front().value.find("tests");
  ASSERT_TRUE(tests);
  const auto* filled = tests->find("secrets");
  const auto* config = tests->find("config");
  apply({object{{"kind", "credential"},
                {"name", "shop"},
                {"spec", object{{"secrets", filled ? *filled : value{object{}}}}}},
         object{{"kind", "integration"},
                {"name", "shop"},
                {"spec", object{{"connector", connector},
                                {"credential", "shop"},
                                {"config", config ? *config : value{object{}}},
                                {"through", twin.first_line()}}}}});
  const auto report = tried();
  EXPECT_EQ(number(report, "failed"), 0) << write_json(report);
  EXPECT_GE(number(report, "passed"), 8) << write_json(report);
  expect_check(report, "secrets", "passed");
}

INSTANTIATE_TEST_SUITE_P(shipped, trial_against_a_twin, ::testing::Values("claude", "x_analytics"));

} // namespace
