#include "tests/unit/actors/integration/sample.hpp"

namespace tenon::actors::connectors {
namespace {

using namespace std::chrono_literals;

manifest connector(std::string_view auth) {
  return manifest_of(
      value_of_yaml("connector: c\nbase: https://h\nparams:\n  user: {required: false}\n"
                    "  client_id: {required: false}\n  token: {secret: true, required: false}\n"
                    "  password: {secret: true, required: false}\n"
                    "  client_secret: {secret: true, required: false}\nauth: " +
                    std::string{auth} + "\nstreams: {x: {request: {get: /x}, key: id}}\n"));
}

struct placed {
  const char* name;
  const char* auth;
  const char* url;
  headers sent;
  const char* body;
};

struct auth_places : testing::TestWithParam<placed> {};

TEST_P(auth_places, the_proof_where_the_manifest_says) {
  const auto m = connector(GetParam().auth);
  const auto c = connection_to(m, {{"user", "ann"}}, {{"token", "t k"}, {"password", "pa:ss"}});
  http_request request{
      "POST", "https://h/x?a=1", {{"Cookie", "old=1"}}, blob::copy_of("{\"q\":1}")};
  const holding held{.token = "held"};
  ASSERT_TRUE(authenticate(m, c, &held, request));
  EXPECT_EQ(request.url, GetParam().url);
  EXPECT_EQ(request.headers, GetParam().sent);
  EXPECT_EQ(request.body.view(), GetParam().body);
}

const char* const plain = "https://h/x?a=1";
const char* const body = "{\"q\":1}";

INSTANTIATE_TEST_SUITE_P(
    of_every_kind, auth_places,
    testing::Values(
        placed{"none", "none", plain, {{"Cookie", "old=1"}}, body},
        placed{"bearer",
               "{key: {value: \"{{secret.token}}\"}}",
               plain,
               {{"Cookie", "old=1"}, {"Authorization", "Bearer t k"}},
               body},
        placed{"own_header",
               "{key: {name: X-Key, value: \"{{secret.token}}\"}}",
               plain,
               {{"Cookie", "old=1"}, {"X-Key", "t k"}},
               body},
        placed{"query",
               "{key: {in: query, name: k, value: \"{{secret.token}}\"}}",
               "https://h/x?a=1&k=t%20k",
               {{"Cookie", "old=1"}},
               body},
        placed{"cookie",
               "{key: {in: cookie, name: k, value: \"{{secret.password}}\"}}",
               plain,
               {{"Cookie", "old=1; k=pa:ss"}},
               body},
        placed{"body",
               "{key: {in: body, name: k, prefix: p-, value: \"{{secret.token}}\"}}",
               plain,
               {{"Cookie", "old=1"}},
               "{\"q\":1,\"k\":\"p-t k\"}"},
        placed{"basic",
               "basic",
               plain,
               {{"Cookie", "old=1"}, {"Authorization", "Basic YW5uOnBhOnNz"}},
               body},
        placed{"oauth2_client",
               "{oauth2_client: {token: https://t/}}",
               plain,
               {{"Cookie", "old=1"}, {"Authorization", "Bearer held"}},
               body},
        placed{"oauth2_client_elsewhere",
               "{oauth2_client: {token: https://t/, inject: {in: query, name: access_token}}}",
               "https://h/x?a=1&access_token=held",
               {{"Cookie", "old=1"}},
               body}),
    [](const auto& one) { return std::string{one.param.name}; });

TEST(auth, refuses_a_proof_that_would_break_out_of_its_place) {
  http_request request{"GET", "https://h/"};
  const auto header = connector("{key: {value: \"{{secret.token}}\"}}");
  const auto bad = connection_to(header, {}, {{"token", "a\r\nX-Evil: 1"}});
  EXPECT_FALSE(authenticate(header, bad, nullptr, request));
  const auto cookie = connector("{key: {in: cookie, name: k, value: \"{{secret.token}}\"}}");
  EXPECT_FALSE(
      authenticate(cookie, connection_to(cookie, {}, {{"token", "a; b"}}), nullptr, request));
  const auto in_body = connector("{key: {in: body, name: k, value: \"{{secret.token}}\"}}");
  request.body = blob::copy_of("[]");
  EXPECT_FALSE(
      authenticate(in_body, connection_to(in_body, {}, {{"token", "a"}}), nullptr, request));
  const auto basic = connector("basic");
  EXPECT_FALSE(authenticate(basic, connection_to(basic, {{"user", "a:b"}}, {{"password", "x"}}),
                            nullptr, request));
  EXPECT_TRUE(request.headers.empty());
}

TEST(auth, says_that_credentials_are_missing) {
  http_request request{"GET", "https://h/"};
  for (const char* kind :
       {"{key: {value: \"{{secret.token}}\"}}", "basic", "{oauth2_client: {token: https://t/}}"}) {
    const auto m = connector(kind);
    const auto done = authenticate(m, connection_to(m), nullptr, request);
    ASSERT_FALSE(done) << kind;
    EXPECT_EQ(done.error().code, code::unauthenticated) << kind;
  }
}

result<std::optional<http_request>> token_request(const manifest& m, const connection& c) {
  acquisition so_far;
  return next_request(m, c, so_far, {noon, "nonce"});
}

result<holding> token_of(const manifest& m, const http_response& came, renewal ahead = {}) {
  acquisition so_far;
  so_far.ahead = ahead;
  if (auto heard = hear_answer(m, connection_to(m), came, so_far, {noon, "nonce"}); !heard)
    return std::move(heard).error();
  return so_far.made;
}

http_request token_asked(std::string_view settings) {
  const auto m = connector("{oauth2_client: {" + std::string{settings} + "}}");
  const auto c = connection_to(m, {{"client_id", "my id"}}, {{"client_secret", "s&c"}});
  auto asked = token_request(m, c);
  EXPECT_TRUE(asked && *asked) << asked.error().why;
  return asked && *asked ? **std::move(asked) : http_request{};
}

TEST(oauth2_client, asks_for_a_token_with_its_credentials_in_the_body) {
  const auto asked = token_asked("token: https://t/oauth, scopes: [a, b], audience: x");
  EXPECT_EQ(asked.method, "POST");
  EXPECT_EQ(asked.url, "https://t/oauth");
  EXPECT_EQ(asked.body.view(), "grant_type=client_credentials&client_id=my%20id&"
                               "client_secret=s%26c&scope=a%20b&audience=x");
  EXPECT_EQ(find_header(asked.headers, "content-type"), "application/x-www-form-urlencoded");
}

TEST(oauth2_client, asks_with_its_credentials_in_the_header_and_a_json_body) {
  const auto asked = token_asked("token: https://t/oauth, client_auth: basic, body: json, "
                                 "separator: \",\", scopes: [a, b], token_params: {x: \"1\"}");
  EXPECT_EQ(find_header(asked.headers, "authorization"), "Basic bXklMjBpZDpzJTI2Yw==");
  EXPECT_EQ(asked.body.view(), R"({"grant_type":"client_credentials","scope":"a,b","x":"1"})");
}

holding token_from(std::string body, renewal ahead, std::string_view more = "") {
  const auto m = connector("{oauth2_client: {token: https://t/" + std::string{more} + "}}");
  auto made = token_of(m, answer(std::move(body)), ahead);
  EXPECT_TRUE(made) << made.error().why;
  return made ? *std::move(made) : holding{};
}

holding lasting(std::string token, span life, span ahead) {
  return {.token = std::move(token), .expires_at = noon + life, .renew_at = noon + life - ahead};
}

TEST(oauth2_client, renews_ahead_of_the_end_by_skew_and_jitter) {
  const renewal ahead{60s, 7s};
  EXPECT_EQ(token_from(R"({"access_token":"t","expires_in":3600})", ahead),
            lasting("t", 3600s, 67s));
  EXPECT_EQ(token_from(R"({"access_token":"t","expires_in":"3600"})", ahead).expires_at,
            noon + 3600s);
  EXPECT_EQ(token_from(R"({"access_token":"t","expires_in":20})", ahead).renew_at, noon + 18s)
      << "of a short life, a tenth is given up at most";
  EXPECT_EQ(token_from(R"({"access_token":"t"})", ahead), holding{.token = "t"});
  EXPECT_EQ(token_from(R"({"access_token":"t"})", ahead, ", expires_in: 10m").expires_at,
            noon + 10min);
  EXPECT_EQ(token_from(R"({"access_token":"t","expires_in":9})", ahead, ", expires_in: none"),
            holding{.token = "t"});
  EXPECT_EQ(token_from(R"({"access_token":"t","life":50})", ahead, ", expires_in: life").expires_at,
            noon + 50s);
  EXPECT_EQ(
      token_from(R"({"d":{"t":"x","e":100}})", ahead, ", token_path: d.t, expires_in_path: d.e"),
      lasting("x", 100s, 10s));
}

TEST(oauth2_client, tells_refusal_from_failure) {
  const auto m = connector("{oauth2_client: {token: https://t/}}");
  const auto refused = [&](http_response came) {
    const auto read = token_of(m, came);
    EXPECT_FALSE(read);
    return read ? failure{} : read.error();
  };
  const auto denied =
      refused(answer(R"({"error":"invalid_client","error_description":"unknown client"})", 401));
  EXPECT_EQ(denied.code, code::unauthenticated);
  EXPECT_EQ(denied.why, "the token server answered 401: invalid_client: unknown client");
  EXPECT_EQ(refused(answer("oops", 503)).code, code::unavailable);
  EXPECT_EQ(refused(answer("{}", 429)).code, code::unavailable);
  EXPECT_EQ(refused(answer("<html>", 200)).where, "byte 0");
  EXPECT_EQ(refused(answer(R"({"error":"busy"})")).code, code::malformed);
}

} // namespace
} // namespace tenon::actors::connectors
