// The kinds of proof that take a conversation, from the program to a server that is strict about
// them: a whole sync comes through with each, and what it costs is what it has to cost.
#include "nodes/edge/router.hpp"
#include "protocols/base64.hpp"
#include "runtime/signing/signing.hpp"
#include "tests/support/running_node.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>

namespace {

using namespace tenon;
using namespace tenon::tests;
namespace signing = runtime::signing;

constexpr auto two_records = R"({"data":[{"id":1},{"id":2}],"next":null})";
constexpr auto canary = "canary-5f2c9d81b7e64a03";

class proving_node : public running_node {
protected:
  subscription at(const canned_server& server, std::string auth) {
    subscription one{.url = server.url()};
    one.auth = std::move(auth);
    one.rules = R"([{"when": {"status": 401}, "do": "refresh_auth", "max": 2}])";
    one.retries = 2;
    return one;
  }
  void expect_comes_through(const subscription& one, int runs = 1) {
    start_node();
    apply(one.resources());
    for (int i = 0; i < runs; ++i) {
      const auto done = run("gen");
      EXPECT_EQ(state(done), "succeeded") << write_json(done);
      EXPECT_EQ(number(done, "read"), 2);
    }
  }
};

TEST_F(proving_node, fetches_a_new_token_against_forgery_when_the_old_one_is_worn_out) {
  int logins = 0, fetches = 0, worn = 0, written = 0;
  const canned_server sap{[&](const canned_request& r) -> canned_answer {
    const auto cookie = "B1SESSION=s" + std::to_string(logins);
    if (r.target == "/Login") {
      EXPECT_EQ(r.body, R"({"UserName":"ann","Password":"canary-5f2c9d81b7e64a03"})");
      ++logins;
      return {.headers = {{"Set-Cookie", "B1SESSION=s" + std::to_string(logins) + "; HttpOnly"}}};
    }
    if (r.header("Cookie") != cookie)
      return {.status = 401};
    if (r.method == "GET") {
      EXPECT_EQ(r.header("X-CSRF-Token"), "Fetch");
      return {.headers = {{"X-CSRF-Token", "t" + std::to_string(++fetches)}}};
    }
    if (fetches == 1 || r.header("X-CSRF-Token") != "t" + std::to_string(fetches)) {
      ++worn; // the first one is worn out before it is used
      return {.status = 403, .headers = {{"X-CSRF-Token", "Required"}}};
    }
    ++written;
    return {.body = two_records};
  }};
  auto one = at(sap, R"({"session": {
    "login": {"post": "/Login", "body": {"UserName": "{{conn.user}}",
                                         "Password": "{{secret.password}}"}},
    "ttl": "25m", "csrf": {"get": "/"}}})");
  one.params = R"({"user": {"title": "user"}, "password": {"title": "p", "secret": true}})";
  one.config["user"] = "ann";
  one.secrets["password"] = canary;
  one.request = R"({"post": "/search"})";
  expect_comes_through(one, 2);
  EXPECT_EQ(worn, 1);
  EXPECT_EQ(logins, 2);
  EXPECT_EQ(fetches, 2);
  EXPECT_EQ(written, 2) << "the second run uses what the first one has";
}

/// What logs in and out, and may be slow to let somebody out.
class letting_out : public proving_node {
protected:
  canned_answer answer(const canned_request& r) {
    const std::scoped_lock hold{guard_};
    if (r.target == "/Login")
      return {.headers = {{"Set-Cookie", "S=s" + std::to_string(++logins_)}}};
    if (r.target == "/Logout") {
      logouts_.push_back(r.method + ' ' + r.header("Cookie"));
      return {.status = 503};
    }
    return {.body = two_records};
  }
  std::vector<std::string> logouts() {
    const std::scoped_lock hold{guard_};
    return logouts_;
  }
  list resources(const std::string& password) {
    auto one = at(server_, R"({"session": {"login": {"post": "/Login"},
                                           "logout": {"post": "/Logout"}, "ttl": "25m"}})");
    one.params = R"({"password": {"title": "p", "secret": true}})";
    one.secrets["password"] = password;
    return one.resources();
  }

  std::mutex guard_;
  int logins_ = 0;
  std::vector<std::string> logouts_;
  canned_server server_{[this](const canned_request& r) { return answer(r); }};
};

TEST_F(letting_out, ends_a_session_when_its_credential_is_replaced_or_removed_and_not_before) {
  start_node();
  apply(resources("tiger"));
  ASSERT_EQ(state(run("gen")), "succeeded");
  EXPECT_EQ(state(run("gen")), "succeeded");
  apply(resources("tiger"));
  EXPECT_EQ(logouts(), std::vector<std::string>{}) << "the session goes on";
  apply(resources("lion"));
  await("the logout", [&] { return logouts().size() == 1; });
  ASSERT_EQ(state(run("gen")), "succeeded");
  const auto removed = api_->remove(api_->path({"credentials", "gen"}));
  EXPECT_TRUE(removed) << "that the platform refuses the logout holds nothing up";
  await("the second logout", [&] { return logouts().size() == 2; });
  EXPECT_EQ(logouts(), (std::vector<std::string>{"POST S=s1", "POST S=s2"}));
}

TEST_F(letting_out, does_not_wait_for_a_platform_that_is_gone) {
  start_node();
  std::optional<canned_server> gone;
  gone.emplace([this](const canned_request& r) { return answer(r); });
  auto one = at(*gone, R"({"session": {"login": {"post": "/Login"}, "logout": {"post": "/Logout"},
                                       "ttl": "25m"}})");
  one.params = R"({"password": {"title": "p", "secret": true}})";
  one.secrets["password"] = "tiger";
  apply(one.resources());
  ASSERT_EQ(state(run("gen")), "succeeded");
  gone.reset();
  const auto removed = api_->remove(api_->path({"credentials", "gen"}));
  EXPECT_TRUE(removed) << removed.why.why;
  await("a word in the log",
        [&] { return node_->errors().find("credential.not_logged_out") != std::string::npos; });
  EXPECT_FALSE(api_->get(api_->path({"credentials", "gen"})));
}

TEST_F(proving_node, signs_an_assertion_that_the_provider_confirms) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  const auto pem = [&](auto write) {
    BIO* out = BIO_new(BIO_s_mem());
    EXPECT_EQ(write(out), 1);
    char* bytes = nullptr;
    const auto size = BIO_get_mem_data(out, &bytes);
    std::string text{bytes, static_cast<std::size_t>(size)};
    BIO_free(out);
    return text;
  };
  const auto secret = pem([&](BIO* out) {
    return PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
  const auto open =
      signing::public_key::read(pem([&](BIO* out) { return PEM_write_bio_PUBKEY(out, key); }));
  EVP_PKEY_free(key);
  ASSERT_TRUE(open);
  int tokens = 0;
  const canned_server provider{[&](const canned_request& r) -> canned_answer {
    if (r.target != "/token")
      return r.authorization == "Bearer from-assertion" ? canned_answer{.body = two_records}
                                                        : canned_answer{.status = 401};
    const auto at = r.body.find("assertion=") + 10;
    const auto assertion = r.body.substr(at, r.body.find('&', at) - at);
    const auto dot = assertion.rfind('.');
    if (!open->verify(signing::algorithm::es256, assertion.substr(0, dot),
                      read_base64(assertion.substr(dot + 1)).value_or("")))
      return {.status = 400, .body = R"({"error":"invalid_grant"})"};
    ++tokens;
    return {.body = R"({"access_token":"from-assertion","expires_in":3600})"};
  }};
  auto one = at(provider, R"({"jwt_bearer": {"token": "{{conn.base_url}}/token", "alg": "ES256",
    "claims": {"iss": "robot@example"}}})");
  one.params = R"({"private_key": {"title": "key", "secret": true}})";
  one.secrets["private_key"] = secret;
  expect_comes_through(one, 3);
  EXPECT_EQ(tokens, 1);
}

TEST_F(proving_node, swaps_tokens_and_signs_each_request_with_the_last) {
  int swaps = 0;
  const canned_server meta{[&](const canned_request& r) -> canned_answer {
    if (r.target.starts_with("/long?")) {
      ++swaps;
      return r.target.ends_with("token=short-canary-5f2c")
                 ? canned_answer{.body = R"({"access_token":"long","expires_in":5184000})"}
                 : canned_answer{.status = 400, .body = R"({"error":{"code":190}})"};
    }
    const auto proof = signing::to_hex(signing::hmac(signing::digest::sha256, canary, "long"));
    if (r.authorization != "Bearer long" || !r.target.ends_with("&appsecret_proof=" + proof))
      return {.status = 401};
    return {.body = two_records};
  }};
  auto one = at(meta, R"({
    "exchange": {"from": "{{secret.short}}", "steps": [{"get": "/long",
                 "query": {"grant_type": "fb_exchange_token", "token": "{{token}}"}}]},
    "sign": {"query": {"appsecret_proof": "{{hmac_sha256(secret.app, token) | hex}}"}}})");
  one.params =
      R"({"short": {"title": "s", "secret": true}, "app": {"title": "a", "secret": true}})";
  one.secrets["short"] = "short-canary-5f2c";
  one.secrets["app"] = canary;
  expect_comes_through(one, 2);
  EXPECT_EQ(swaps, 1);
}

TEST_F(proving_node, repeats_no_secret_that_a_server_throws_back) {
  const canned_server echoing{[&](const canned_request& r) -> canned_answer {
    std::string body;
    nodes::edge::decode_percent(r.body, true, body);
    return {.status = 400,
            .body = write_json(object{{"error", "invalid_grant"}, {"error_description", body}})};
  }};
  auto one = at(echoing, R"({"oauth2_client": {"token": "{{conn.base_url}}/token"}})");
  one.params =
      R"({"client_id": {"default": "me"}, "client_secret": {"title": "s", "secret": true}})";
  one.secrets["client_secret"] = canary;
  start_node({"--log-level", "debug"});
  apply(one.resources());
  const auto failed = run("gen");
  expect_says(why(failed), "invalid_grant");
  const auto told = write_json(failed) + write_json(get({"credentials", "gen"})) + node_->errors();
  EXPECT_EQ(told.find("canary"), std::string::npos) << told;
}

} // namespace
