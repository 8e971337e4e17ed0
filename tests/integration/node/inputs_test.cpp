// What people write wrong: resources that cannot be taken, secrets that are missing or refused,
// addresses where nobody is. Each is told where it is and what to do, and the node goes on.
#include "tests/support/raw_client.hpp"
#include "tests/support/running_node.hpp"

namespace {

using namespace tenon;
using namespace tenon::tests;

class wrong_input : public running_node {
protected:
  void SetUp() override { start_node(); }

  struct said {
    int code = 0;
    std::string errors;
  };
  /// `tenon apply -f` of a file with this text, which is called it.yaml.
  said apply_text(const std::string& text, const words& more = {}) {
    const auto file = directory_ / "it.yaml";
    std::ofstream{file} << text;
    words arguments{"apply", "-f", file.string(), "--no-color"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    started_program client{"tenon", arguments, environment()};
    const auto code = client.wait();
    return {code, client.errors()};
  }
  words environment() const {
    return {"TENON_SERVER=" + node_->first_line(), std::string{"TENON_KEY="} + owner_key};
  }
  bool is_there(const char* kind, const char* name) {
    return static_cast<bool>(api_->get(api_->path({kind, name})));
  }
};

struct mistake {
  const char* what;
  const char* text;
  int code;
  const char* why;
  const char* at;
  const char* remedy;
};

constexpr int refused = 4;
constexpr int cannot_be_read = 2;

const mistake mistakes[]{
    {"a field that there is not",
     "kind: sync\nname: s\nspec:\n  from: {connector: {integration: i, stream: s}}\n"
     "  into: c\n  retrys: 5\n",
     refused, "retrys", "it.yaml:6:3", "retries"},
    {"a field that a source has not",
     "kind: sync\nname: s\nspec:\n  from: {connector: {integration: i, streem: s}}\n  into: c\n",
     refused, "streem", "it.yaml:4:38", "{integration: …, stream: …}"},
    {"a kind that there is not", "kind: synk\nname: s\nspec: {}\n", cannot_be_read,
     "there is no kind \"synk\"", "it.yaml:1:1", "sync"},
    {"a number that is a text",
     "kind: sync\nname: s\nspec:\n  from: {connector: {integration: i, stream: s}}\n"
     "  into: c\n  retries: many\n",
     refused, "expected number, found text", "it.yaml:6:3", "without quotes"},
    {"a secret that is a number", "kind: credential\nname: s\nspec:\n  secrets: {token: 12}\n",
     refused, "the secret is a number", "it.yaml:4:13", "in quotes"},
    {"a flow map that is never closed",
     "kind: sync\nname: s\nspec:\n  from: {connector: {integration: i\n  into: c\n", cannot_be_read,
     "", "it.yaml:", "Close"},
    {"an indentation with a tab", "kind: sync\nname: s\nspec:\n\tinto: c\n", cannot_be_read, "",
     "it.yaml:4:", "no tabs"},
    {"an hour that there is not",
     "kind: schedule\nname: s\nspec:\n  sync: s\n  cron: \"0 25 * * *\"\n", refused,
     "\"25\" is no hour", "it.yaml:5:3", "0 to 23"},
    {"four fields of a cron expression",
     "kind: schedule\nname: s\nspec:\n  sync: s\n  cron: \"0 3 * *\"\n", refused, "has 4 fields",
     "it.yaml:5:3", "minute, hour, day, month and weekday"},
    {"a time zone that there is not",
     "kind: schedule\nname: s\nspec:\n  sync: s\n  cron: \"0 3 * * *\"\n"
     "  timezone: Europe/Atlantis\n",
     refused, "Europe/Atlantis", "it.yaml:6:3", "Europe/Berlin"},
    {"a path of a manifest that cannot be read",
     "kind: connector\nname: c\nspec:\n  connector: c\n  version: 1\n  base: https://a.example\n"
     "  streams:\n    s:\n      request: {get: /s}\n      key: id\n"
     "      page: {cursor: {form: next, to: after}}\n",
     refused, "`from` is missing", "it.yaml:11:", "from: paging.next"},
    {"a connector that there is not", "kind: integration\nname: s\nspec:\n  connector: hubspott\n",
     refused, "there is no connector called hubspott", "it.yaml:4:3", "Did you mean hubspot?"},
    {"a field of a config that the connector has not",
     "kind: integration\nname: s\nspec:\n  connector: custom_ai\n"
     "  config: {base_url: \"http://a.example\", model: m, modle: n}\n",
     refused, "no parameter `modle`", "it.yaml:5:52 (spec.config.modle)", "model"},
    {"a field of a config that is missing",
     "kind: integration\nname: s\nspec:\n  connector: custom_ai\n  config: {model: m}\n", refused,
     "`base_url` is missing", "it.yaml:5:3 (spec.config.base_url)", "Fill in: Address"},
    {"a config that is missing", "kind: integration\nname: s\nspec: {connector: slack}\n", refused,
     "`client_id` is missing", "it.yaml:3:1 (spec.config.client_id)", "Fill in: Client id"},
    {"a field of a config that is a list",
     "kind: integration\nname: s\nspec:\n  connector: custom_ai\n"
     "  config: {base_url: \"http://a.example\", model: [m, n]}\n",
     refused, "`model` is a single value", "it.yaml:5:42 (spec.config.model)", "text or a number"},
    {"a way to prove who asks that there is not",
     "kind: integration\nname: s\nspec:\n  connector: custom_ai\n"
     "  config: {base_url: \"http://a.example\", model: m, auth: bear}\n",
     refused, "`auth` is not as expected", "it.yaml:5:52 (spec.config.auth)", "bearer|header|none"},
    {"a secret in a config",
     "kind: integration\nname: s\nspec:\n  connector: claude\n  config: {api_key: sk-1}\n", refused,
     "`api_key` is a secret", "it.yaml:5:12 (spec.config.api_key)", "secrets of a credential"},
};

TEST_F(wrong_input, in_a_file_is_told_with_its_line_and_what_to_do_and_changes_nothing) {
  for (const auto& m : mistakes) {
    SCOPED_TRACE(m.what);
    const auto told = apply_text(m.text);
    EXPECT_EQ(told.code, m.code) << told.errors;
    expect_says(told.errors, m.why);
    expect_says(told.errors, m.at);
    expect_says(told.errors, "\n  do ");
    expect_says(told.errors, m.remedy);
    EXPECT_FALSE(is_there("syncs", "s") || is_there("schedules", "s") ||
                 is_there("credentials", "s") || is_there("integrations", "s") ||
                 is_there("connectors", "c"));
  }
  expect_serves();
}

TEST_F(wrong_input, of_several_kinds_in_a_resource_is_told_with_each_line) {
  const auto connector =
      apply_text("kind: connector\nname: c\nspec:\n  connector: c\n  base: https://a.example\n"
                 "  magic: 1\n  streams:\n    s:\n      request: {get: /s}\n"
                 "      key: id\n      pages: 7\n");
  EXPECT_EQ(connector.code, refused);
  expect_says(connector.errors, "it.yaml:6:3 (spec.magic)");
  expect_says(connector.errors, "it.yaml:11:7 (spec.streams.s.pages)");
  EXPECT_EQ(connector.errors.find("more)"), std::string::npos) << connector.errors;

  const auto sync =
      apply_text("kind: sync\nname: s\nspec:\n  from:\n    connector: {integration: i, "
                 "stream: s, streem: t}\n  intoo: c\n  retries: many\n  keep: \"1 +\"\n"
                 "  into: c\n");
  EXPECT_EQ(sync.code, refused);
  for (const auto* place : {"it.yaml:5:44 (spec.from.connector.streem)", "it.yaml:6:3 (spec.intoo)",
                            "it.yaml:7:3 (spec.retries)", "it.yaml:8:3 (spec.keep"})
    expect_says(sync.errors, place);
  const auto schedule = apply_text("kind: schedule\nname: s\nspec:\n  sync: s\n  cron: never\n");
  EXPECT_EQ(schedule.errors.find("neither"), std::string::npos) << schedule.errors;

  const auto account =
      apply_text("kind: integration\nname: i\nspec:\n  connector: custom_ai\n  conection: 7\n"
                 "  config:\n    modell: m\n    base_url: ftp://a.example\n    api_key: sk-1\n");
  EXPECT_EQ(account.code, refused);
  for (const auto* place : {"it.yaml:5:3 (spec.conection)", "it.yaml:7:5 (spec.config.modell)",
                            "it.yaml:6:3 (spec.config.model)", "it.yaml:8:5 (spec.config.base_url)",
                            "it.yaml:9:5 (spec.config.api_key)"})
    expect_says(account.errors, place);
  expect_serves();
}

constexpr auto account_at_it = "kind: integration\nname: s\n"
                               "spec: {connector: mine, config: {region: eu}}\n";
constexpr auto mine = "---\nkind: connector\nname: mine\nspec:\n  connector: mine\n"
                      "  base: https://{{conn.region}}.example\n  params: {region: Region}\n"
                      "  streams: {s: {request: {get: /s}, key: id}}\n";

TEST_F(wrong_input, is_not_seen_in_who_names_a_connector_that_comes_with_it) {
  const auto both = std::string{account_at_it} + mine;
  const auto tried = apply_text(both, {"--dry-run"});
  EXPECT_EQ(tried.code, 0) << tried.errors;
  EXPECT_FALSE(is_there("integrations", "s") || is_there("connectors", "mine"));
  const auto taken = apply_text(both);
  EXPECT_EQ(taken.code, 0) << taken.errors;
  EXPECT_TRUE(is_there("integrations", "s") && is_there("connectors", "mine"));
}

TEST_F(wrong_input, of_a_connector_keeps_out_who_names_it) {
  const std::string both = std::string{account_at_it} + mine + "  magic: 1\n";
  for (const auto& more : {words{"--dry-run"}, words{}}) {
    const auto told = apply_text(both, more);
    EXPECT_EQ(told.code, refused);
    expect_says(told.errors, "it.yaml:12:3 (spec.magic)");
    expect_says(told.errors, "there is no connector called mine");
    EXPECT_FALSE(is_there("integrations", "s") || is_there("connectors", "mine"));
  }
}

TEST_F(wrong_input, that_only_a_new_connector_sees_leaves_who_is_there_readable) {
  ASSERT_EQ(apply_text(std::string{account_at_it} + mine).code, 0);
  auto renamed = std::string{mine};
  renamed.replace(renamed.find("region: Region"), 6, "area");
  renamed.replace(renamed.find("conn.region"), 11, "conn.area");
  ASSERT_EQ(apply_text(renamed).code, 0);
  const auto shown = get({"integrations", "s"});
  EXPECT_EQ(write_json(*shown.find("spec")->find("config")), R"({"region":"eu"})");
  const auto again = apply_text(account_at_it);
  EXPECT_EQ(again.code, refused);
  expect_says(again.errors, "it.yaml:3:34 (spec.config.region)");
  expect_says(again.errors, "`area` is missing");
  EXPECT_EQ(apply_text("kind: integration\nname: s\n"
                       "spec: {connector: mine, config: {area: eu}}\n")
                .code,
            0);
}

TEST_F(wrong_input, of_one_resource_does_not_keep_the_others_of_its_file_out) {
  const auto told = apply_text("kind: collection\nname: before\nspec: {}\n---\n"
                               "kind: schedule\nname: s\nspec: {sync: s, cron: never}\n---\n"
                               "kind: collection\nname: after\nspec: {}\n");
  EXPECT_EQ(told.code, refused);
  expect_says(told.errors, "it.yaml:7:17 (spec.cron");
  EXPECT_TRUE(is_there("collections", "before"));
  EXPECT_TRUE(is_there("collections", "after"));
  EXPECT_FALSE(is_there("schedules", "s"));
}

TEST_F(wrong_input, a_collection_that_there_is_not_is_said_to_be_none) {
  for (const auto* more : {"", "/letters"}) {
    const auto got = api_->get(api_->path({"records", "nope"}) + more);
    EXPECT_EQ(got.why.code, code::not_found) << more;
    expect_says(got.why.why, "there is no collection nope");
  }
}

TEST_F(wrong_input, a_collection_that_syncs_use_is_removed_once_they_are_gone) {
  start_vendor({"--generate", "30"});
  apply(subscription{.url = vendor()}.resources());
  EXPECT_EQ(state(run("gen")), "succeeded");
  const auto collection = api_->path({"collections", "gen"});
  const auto used = api_->remove(collection);
  EXPECT_EQ(used.why.code, code::conflict);
  expect_says(used.why.why, "fed or read by gen");
  EXPECT_EQ(contents("gen").size(), 30u);
  ASSERT_TRUE(api_->remove(api_->path({"syncs", "gen"})));
  ASSERT_TRUE(api_->remove(collection));
  EXPECT_EQ(api_->get(collection).why.code, code::not_found);
  EXPECT_EQ(api_->remove(collection).why.code, code::not_found);
  apply(subscription{.url = vendor()}.resources());
  EXPECT_EQ(state(run("gen")), "succeeded");
  EXPECT_EQ(contents("gen").size(), 30u) << "a sync makes it anew";
}

TEST_F(wrong_input, as_a_body_of_the_api_is_a_problem_document) {
  const auto refused_with = [&](const char* kind, object spec) {
    const auto answer = api_->post(
        api_->path({"apply"}),
        object{{"resources", list{object{{"kind", kind}, {"name", "s"}, {"spec", spec}}}}});
    return write_json(answer.body);
  };
  const auto cron = refused_with("schedule", {{"sync", "s"}, {"cron", "* * *"}});
  expect_says(cron, R"("code":"malformed")");
  expect_says(cron, "spec.cron, character");
  const auto unknown = refused_with("collection", {{"descripton", "x"}});
  expect_says(unknown, "unknown field descripton");
  expect_says(unknown, "description");
  EXPECT_FALSE(api_->post(api_->path({"apply"}), "not an object"));
  expect_serves();
}

TEST_F(wrong_input, a_body_of_two_gigabytes_is_refused_before_it_is_read) {
  const auto before = peak_memory();
  raw_client client{port()};
  client.send("POST /api/v1/default/apply HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " +
              std::string{owner_key} + "\r\nContent-Length: 2147483648\r\n\r\n");
  const auto answer = client.response();
  EXPECT_EQ(answer.status, 413u) << answer.head << answer.body;
  expect_says(answer.body, "urn:tenon:problem:too_large");
  EXPECT_LT(peak_memory() - before, 64u << 20);
  expect_serves();
}

TEST_F(wrong_input, a_secret_that_the_credential_lacks_is_named) {
  start_vendor({"--generate", "10", "--client", "me:right"});
  auto lacking = subscription{.url = vendor()}.with_oauth("me", "right");
  lacking.secrets = {{"client_secrt", "right"}};
  apply(lacking.resources());
  expect_failed(run("gen"), "`client_secrt`", "secrets.client_secrt", "client_secret");
  lacking.secrets = {{"another", ""}};
  apply(lacking.resources());
  expect_failed(run("gen"), "another", "secrets.another", "client_secret");

  auto without = subscription{.url = vendor(), .name = "bare"}.with_key("right");
  without.secrets = {};
  apply(without.resources());
  expect_failed(run("bare"), "`key` is missing", "secrets.key", "the API key");

  auto mended = subscription{.url = vendor()}.with_oauth("me", "right");
  apply(mended.resources());
  const auto after = run("gen");
  EXPECT_EQ(state(after), "succeeded") << write_json(after);
  EXPECT_EQ(number(after, "stored"), 10);
}

TEST_F(wrong_input, a_credential_that_is_not_there_is_named) {
  auto resources = subscription{.url = "http://127.0.0.1:9"}.with_key("k").resources();
  std::erase_if(resources, [](const value& r) { return *r.find("kind") == value{"credential"}; });
  apply(resources);
  expect_failed(run("gen"), "the credential gen", "", "");
}

TEST_F(wrong_input, a_host_where_nobody_listens_is_told_after_the_retries) {
  std::string nobody;
  {
    const canned_server gone{[](const canned_request&) { return canned_answer{}; }};
    nobody = gone.url();
  }
  apply(subscription{.url = nobody, .retries = 1}.resources());
  const auto refused = run("gen");
  expect_failed(refused, "Connection refused", "connect", "check that the server runs");
  EXPECT_EQ(number(refused, "retries"), 1);

  apply(
      subscription{.url = "http://nowhere.invalid", .name = "nameless", .retries = 0}.resources());
  expect_failed(run("nameless"), "nowhere.invalid", "lookup", "correct the name");
  expect_serves();
}

TEST_F(wrong_input, a_private_address_that_was_not_allowed_is_refused_by_the_guard) {
  apply(subscription{.url = "http://10.1.2.3", .retries = 3}.resources());
  const auto refused = run("gen");
  expect_failed(refused, "10.1.2.3 is a private address", "guard", "--allow-network 10.0.0.0/8");
  EXPECT_EQ(number(refused, "retries"), 0) << "it cannot be better the next time";
}

TEST_F(wrong_input, a_wrong_password_is_told_at_once_and_a_right_one_helps) {
  start_vendor({"--generate", "10", "--client", "me:right", "--key", "right-key"});
  apply(subscription{.url = vendor()}.with_oauth("me", "wrong").resources());
  expect_failed(run("gen"), "401: invalid_client", "", "Configure the credential");
  expect_failed(run("gen"), "401: invalid_client", "", "Configure the credential");
  apply(subscription{.url = vendor()}.with_oauth("me", "right").resources());
  EXPECT_EQ(state(run("gen")), "succeeded");

  apply(subscription{.url = vendor(), .name = "keyed"}.with_key("wrong-key").resources());
  const auto refused = run("keyed");
  expect_failed(refused, "the key or token is wrong", "records", "credentials");
  EXPECT_EQ(number(refused, "retries"), 0) << "a fixed key does not become right by itself";
  apply(subscription{.url = vendor(), .name = "keyed"}.with_key("right-key").resources());
  EXPECT_EQ(state(run("keyed")), "succeeded");
}

} // namespace
