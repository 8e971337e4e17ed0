// A person connects a credential: through the program, by the provider's own rules. From then on it
// renews itself, and nothing that goes wrong on the way burns what was allowed in silence.
#include "runtime/signing/signing.hpp"
#include "tests/support/oauth_provider.hpp"
#include "tests/support/running_node.hpp"

#include <future>

namespace {

using namespace tenon;
using namespace tenon::tests;

class connected_person : public running_node {
protected:
  void start(const std::string& more = "") {
    start_node();
    subscription one{.url = provider.url(), .name = "gen"};
    one.auth = R"({"oauth2": {"authorize": "{{conn.base_url}}/ask",
      "token": "{{conn.base_url}}/token", "pkce": "S256", "rotates": true,
      "scopes": ["read"], "capture": ["account"])" +
               more + "}}";
    one.params = R"({"client_id": {"title": "id"},
                     "client_secret": {"title": "the client's secret", "secret": true}})";
    one.config["client_id"] = "me";
    one.secrets["client_secret"] = "canary-5f2c9d81b7e64a03";
    one.rules = R"([{"when": {"status": 401}, "do": "refresh_auth", "max": 2}])";
    one.retries = 2;
    apply(one.resources());
    auto second = one.resources().back();
    (*second.as<object>())["name"] = "other";
    (*second.as<object>()->find("spec")->as<object>())["into"] = "other";
    apply({second});
  }

  std::string begin() {
    const auto begun =
        api_->post(api_->path({"credentials", "gen", "connect"}), object{{"integration", "gen"}});
    EXPECT_TRUE(begun) << begun.why.why;
    return nodes::cli::text_at(begun.body, "url");
  }
  /// As the provider's redirect has a browser do it: without any key.
  raw_response come_back(const std::string& address) {
    const auto path = address.find('/', address.find("//") + 2);
    raw_client browser{port()};
    browser.send("GET " + address.substr(path) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    return browser.response();
  }
  void connect() {
    const auto page = come_back(provider.allow(begin()));
    ASSERT_EQ(page.status, 200u) << page.head << page.body;
  }
  std::string status(std::string_view member) {
    const auto credential = get({"credentials", "gen"});
    return nodes::cli::text_at(*credential.find("status"), member);
  }

  oauth_provider provider;
};

TEST_F(connected_person, is_sent_by_the_command_line_and_awaited) {
  start();
  const auto before = run("gen");
  expect_says(why(before), "a person has to connect it: nobody has connected it yet");
  EXPECT_EQ(provider.counts().asked, 0);

  started_program command{"tenon",
                          {"--server", node_->first_line(), "--key", owner_key, "credential",
                           "connect", "gen", "--integration", "gen"}};
  const auto page = come_back(provider.allow(command.first_line()));
  EXPECT_EQ(page.status, 200u) << page.body;
  EXPECT_TRUE(page.says("no-store"));
  expect_says(page.body, "gen is connected");
  EXPECT_EQ(command.wait(), 0) << command.errors();
  EXPECT_EQ(provider.counts().codes, 1);
  EXPECT_EQ(state(run("gen")), "succeeded");
}

TEST_F(connected_person, comes_back_once_and_only_with_the_state_they_were_sent_with) {
  start();
  const auto address = provider.allow(begin());
  auto forged = address;
  forged[forged.find("state=") + 40] ^= 1;
  EXPECT_EQ(come_back(forged).status, 400u);
  EXPECT_EQ(come_back("http://x/oauth/callback?state=&code=c").status, 400u);
  EXPECT_EQ(come_back("http://x/oauth/callback?state=YQ.b&code=c").status, 400u);
  EXPECT_EQ(come_back(address).status, 200u);
  const auto again = come_back(address);
  EXPECT_EQ(again.status, 400u);
  expect_says(again.body, "not awaited");
  EXPECT_EQ(provider.counts().codes, 1);
  EXPECT_EQ(provider.counts().asked, 1) << "a code that came twice is not shown to the provider";
}

TEST_F(connected_person, comes_from_the_provider_where_it_signs_whom_it_sends) {
  start(R"(, "callback": {"verify": {"hmac": "sha256", "secret": "client_secret",
    "query": "hmac", "encoding": "hex", "signed": "{{query_sorted}}",
    "ts": {"query": "timestamp", "tolerance": "90s"}}})");
  const auto address = provider.allow(begin());
  const auto part = [&](const std::string& name) {
    const auto at = address.find(name + '=') + name.size() + 1;
    return address.substr(at, address.find('&', at) - at);
  };
  const auto signed_by = [&](const std::string& key, std::chrono::seconds age) {
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(
        std::chrono::system_clock::now().time_since_epoch());
    const auto ts = std::to_string((now - age).count());
    const auto text = "code=" + part("code") + "&state=" + part("state") + "&timestamp=" + ts;
    return address + "&timestamp=" + ts + "&hmac=" +
           runtime::signing::to_hex(
               runtime::signing::hmac(runtime::signing::digest::sha256, key, text));
  };
  using std::chrono::seconds;
  const std::string key{"canary-5f2c9d81b7e64a03"};
  for (const auto& wrong : {address, signed_by("another", seconds{0}), signed_by(key, seconds{200}),
                            signed_by(key, seconds{-200})}) {
    const auto page = come_back(wrong);
    EXPECT_EQ(page.status, 400u) << wrong;
    EXPECT_EQ((page.head + page.body).find("canary"), std::string::npos);
  }
  EXPECT_EQ(provider.counts().asked, 0) << "a code of nobody knows whom is not shown to it";
  EXPECT_EQ(come_back(signed_by(key, seconds{1})).status, 200u) << "it is still awaited";
  EXPECT_EQ(state(run("gen")), "succeeded");
}

TEST_F(connected_person, who_says_no_is_told_so_and_nothing_is_broken) {
  start();
  const auto page = come_back(provider.deny(begin()));
  EXPECT_EQ(page.status, 400u);
  expect_says(page.body, "access_denied: The &lt;b&gt;user&lt;/b&gt; said no");
  EXPECT_EQ(page.body.find("<b>"), std::string::npos) << "what a provider says is shown as text";
  connect();
  EXPECT_EQ(state(run("gen")), "succeeded");
}

TEST_F(connected_person, is_not_needed_when_a_token_ends_and_one_end_costs_one_refresh) {
  start();
  connect();
  for (int expiry = 1; expiry <= 2; ++expiry) {
    provider.expire();
    start_run("gen");
    start_run("other");
    for (const auto* sync : {"gen", "other"}) {
      const auto done = await_run(sync, "the run's end", over);
      EXPECT_EQ(state(done), "succeeded") << write_json(done);
    }
    EXPECT_EQ(provider.counts().refreshes, expiry);
  }
  EXPECT_EQ(provider.counts().reuses, 0);
}

TEST_F(connected_person, who_takes_it_back_is_asked_again_and_the_provider_is_left_alone) {
  start();
  connect();
  provider.revoke();
  const auto refused = run("gen");
  expect_says(why(refused), "a person has to connect it");
  EXPECT_EQ(status("token"), "to be connected");
  const auto asked = provider.counts().asked;
  run("gen");
  run("other");
  EXPECT_EQ(provider.counts().asked, asked) << "a dead grant is not tried for ever";
  connect();
  EXPECT_EQ(state(run("gen")), "succeeded");
}

TEST_F(connected_person, is_asked_again_when_a_crash_swallowed_the_token_that_replaced_another) {
  start();
  connect();
  std::promise<void> rotated, killed;
  provider.when_refreshed([&] {
    rotated.set_value();
    killed.get_future().wait(); // the answer is not sent before the node is gone
  });
  provider.expire();
  start_run("gen");
  rotated.get_future().wait();
  node_.reset();
  provider.when_refreshed({});
  killed.set_value();

  start_node();
  await("the old refresh token to be tried and refused",
        [&] { return status("token") == "to be connected"; });
  expect_says(status("why"), "may have replaced the refresh token");
  EXPECT_EQ(provider.counts().reuses, 1) << "it is tried once more, and no more";
  connect();
  EXPECT_EQ(state(run("gen")), "succeeded");
}

TEST_F(connected_person, is_still_connected_after_a_restart_and_is_in_no_file) {
  start();
  connect();
  node_.reset();
  start_node();
  EXPECT_EQ(state(run("gen")), "succeeded");
  EXPECT_EQ(provider.counts().refreshes, 0) << "the token is still good";
  for (const auto& file : std::filesystem::recursive_directory_iterator{directory_.path()})
    for (const auto* secret : {"tok_access", "tok_refresh", "canary-5f2c"}) {
      const auto text = file.is_regular_file() ? contents_of(file) : std::string{};
      EXPECT_EQ(text.find(secret), std::string::npos) << file.path() << secret;
    }
}

TEST_F(connected_person, cannot_be_sent_for_what_asks_no_person) {
  start();
  const auto connect = [&](const char* credential, const object& body) {
    return api_->post(api_->path({"credentials", credential, "connect"}), body);
  };
  expect_says(connect("gen", object{}).why.why, "missing");
  expect_says(connect("gen", object{{"integration", "none"}}).why.why, "no resource of this name");
  subscription keyed = subscription{.url = provider.url(), .name = "keyed"}.with_key("k-123456");
  apply(keyed.resources());
  expect_says(connect("keyed", object{{"integration", "keyed"}}).why.why, "asks no person");
  expect_says(connect("gen", object{{"integration", "keyed"}}).why.why,
              "uses the credential keyed");
}

TEST_F(connected_person, is_never_sent_back_to_an_address_that_is_none) {
  for (const auto* wrong : {"ftp://x", "tenon.example.com", "https://x/?a=1"})
    expect_says(refused_start({"--public-url", wrong}), "--public-url");
}

} // namespace
