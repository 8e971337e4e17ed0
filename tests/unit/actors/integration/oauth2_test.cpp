#include "actors/integration/hooks/inbound.hpp"
#include "tests/unit/actors/integration/talk.hpp"

namespace tenon::actors::connectors {
namespace {

using namespace std::chrono_literals;

TEST(oauth2, sends_a_person_with_state_and_challenge) {
  talk t{with_consent};
  const auto url = consent_address(t.m, t.c, {"https://me.example/back", "st", "verifier"});
  ASSERT_TRUE(url);
  // RFC 7636: S256 is BASE64URL(SHA256(ASCII(verifier))).
  EXPECT_EQ(*url,
            "https://p.example/ask?x=1&response_type=code&client_id=me&redirect_uri="
            "https%3A%2F%2Fme.example%2Fback&scope=read%20write&state=st&code_challenge=" +
                to_base64url(runtime::signing::hash(runtime::signing::digest::sha256, "verifier")) +
                "&code_challenge_method=S256&access_type=offline");
}

TEST(oauth2, the_challenge_is_that_of_rfc_7636) {
  talk t{with_consent};
  const auto url =
      consent_address(t.m, t.c, {"https://b", "s", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"});
  ASSERT_TRUE(url);
  EXPECT_NE(url->find("code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&"),
            std::string::npos);
}

TEST(oauth2, believes_a_provider_that_signs_whom_it_sends_back) {
  talk t{"{oauth2: {authorize: https://p.example/ask, token: https://p.example/token, "
         "callback: {verify: {hmac: sha256, secret: client_secret, query: hmac, encoding: hex, "
         "signed: \"{{query_sorted}}\", ts: {query: timestamp, unit: s, tolerance: 90s}}}}}",
         {{"client_secret", "hush"}}};
  const value secrets{object{{"client_secret", "hush"}}};
  const auto judge = [&](const inbound& r, moment now) {
    return t.m.auth->sent_back(r, scope{}.bind_secret("secret", secrets), now);
  };
  // As Shopify's documentation has it.
  inbound r{"GET",
            "https://me.example/back",
            {},
            {{"code", "0907a61c0c8d55e99db179b68161bc00"},
             {"hmac", "700e2dadb827fcc8609e9d5ce208b2e9cdaab9df07390d2cbca10d7c328fc4bf"},
             {"shop", "some-shop.myshopify.com"},
             {"state", "0.6784241404160823"},
             {"timestamp", "1337178173"}},
            {}};
  const moment then{std::chrono::seconds{1337178173}};
  EXPECT_TRUE(judge(r, then));
  EXPECT_TRUE(judge(r, then + 90s));
  EXPECT_EQ(judge(r, then + 91s).error().code, code::unauthenticated) << "it is old";
  for (const std::size_t changed : {0u, 1u, 2u, 3u, 4u}) {
    auto other = r;
    other.query[changed].second.back() ^= 1;
    EXPECT_EQ(judge(other, then).error().code, code::unauthenticated) << changed;
  }
  auto more = r;
  more.query.emplace_back("scope", "everything");
  EXPECT_FALSE(judge(more, then));
  auto bare = r;
  bare.query.erase(bare.query.begin() + 1);
  EXPECT_FALSE(judge(bare, then));
  inbound ours{"GET", "https://me.example/back?code=c", {}, {{"code", "c"}}, {}};
  ASSERT_TRUE(t.m.auth->send_back(ours, scope{}.bind_secret("secret", secrets), noon));
  EXPECT_TRUE(judge(ours, noon + 1s)) << ours.url;
  talk silent{with_consent};
  EXPECT_TRUE(silent.m.auth->sent_back(bare, scope{}, then)) << "others prove nothing";
}

TEST(oauth2, swaps_a_code_looks_around_and_captures) {
  talk t{with_consent};
  t.so_far.code = "c0de";
  t.so_far.verifier = "v3r";
  t.so_far.redirect = "https://back";
  const auto first = t.asks();
  EXPECT_EQ(first.method, "POST");
  EXPECT_EQ(first.body.view(),
            "grant_type=authorization_code&client_id=me&client_secret=tiger-tiger"
            "&code=c0de&redirect_uri=https%3A%2F%2Fback&code_verifier=v3r");
  ASSERT_TRUE(t.hears(R"({"access_token":"a1","refresh_token":"r1","expires_in":3600,
                          "instance_url":"https://i.example","team":{"id":7}})"));
  const auto second = t.asks();
  EXPECT_EQ(second.url, "https://p.example/me");
  EXPECT_EQ(t.header("Authorization", second), "OAuth a1");
  ASSERT_TRUE(t.hears(R"({"dc":"us9"})"));
  EXPECT_TRUE(t.complete());
  const auto& made = t.so_far.made;
  EXPECT_EQ(made.refresh_token, "r1");
  EXPECT_EQ(made.captured,
            (object{{"instance_url", "https://i.example"}, {"team_id", "7"}, {"dc", "us9"}}));
  EXPECT_EQ(t.header("Authorization", t.sends()), "Bearer a1");
  const auto there = connect(t.m, "x", {}, {{"client_secret", "s"}}, made.captured);
  ASSERT_TRUE(there);
  EXPECT_EQ(there->base.host, "us9.h.example");
}

TEST(oauth2, renews_with_what_is_held_and_keeps_what_the_answer_leaves_out) {
  talk t{with_consent};
  t.so_far.before = {.refresh_token = "r1", .captured = {{"dc", "us9"}}};
  EXPECT_EQ(t.asks().body.view(), "grant_type=refresh_token&client_id=me&client_secret=tiger-tiger"
                                  "&refresh_token=r1&again=yes");
  ASSERT_TRUE(t.hears(R"({"access_token":"a2"})"));
  EXPECT_TRUE(t.complete()) << "what was looked up the first time is not looked up again";
  EXPECT_EQ(t.so_far.made,
            (holding{.token = "a2", .refresh_token = "r1", .captured = {{"dc", "us9"}}}));
}

TEST(oauth2, takes_the_refresh_token_that_replaces_the_one_before) {
  talk t{with_consent};
  t.so_far.before.refresh_token = "r1";
  t.asks();
  ASSERT_TRUE(t.hears(R"({"access_token":"a2","refresh_token":"r2"})"));
  EXPECT_EQ(t.so_far.made.refresh_token, "r2");
}

TEST(oauth2, nobody_connected_it_and_that_is_said) {
  talk t{with_consent};
  const auto f = t.asks_in_vain();
  EXPECT_EQ(f.code, code::unauthenticated);
  EXPECT_EQ(f.why, "nobody has connected it yet");
  EXPECT_TRUE(t.so_far.reconnect);
}

struct refusal {
  const char* name;
  unsigned status;
  const char* body;
  code expected;
  bool reconnect;
};
struct refused_renewal : testing::TestWithParam<refusal> {};

TEST_P(refused_renewal, is_told_apart) {
  talk t{with_consent};
  t.so_far.before.refresh_token = "r1";
  t.asks();
  const auto heard = t.hears(GetParam().body, GetParam().status);
  ASSERT_FALSE(heard);
  EXPECT_EQ(heard.error().code, GetParam().expected) << heard.error().why;
  EXPECT_EQ(t.so_far.reconnect, GetParam().reconnect);
}

INSTANTIATE_TEST_SUITE_P(
    by_what_it_says, refused_renewal,
    testing::Values(
        refusal{"grant", 400, R"({"error":"invalid_grant"})", code::unauthenticated, true},
        refusal{"client", 401, R"({"error":"invalid_client"})", code::unauthenticated, false},
        refusal{"busy", 503, "oops", code::unavailable, false},
        refusal{"throttled", 429, "{}", code::unavailable, false},
        refusal{"passing", 400, R"({"error":"temporarily_unavailable"})", code::unavailable, false},
        refusal{"well_but_not", 200, R"({"ok":false,"error":"token_revoked"})",
                code::unauthenticated, true},
        refusal{"meta", 400, R"({"error":{"type":"OAuthException","code":190,"message":"gone"}})",
                code::unauthenticated, true},
        refusal{"page", 200, "<html>", code::malformed, false},
        refusal{"nothing", 200, "{}", code::malformed, false}),
    [](const auto& one) { return std::string{one.param.name}; });

TEST(oauth2, speaks_with_the_providers_names_in_json_and_proves_the_client_in_the_header) {
  talk t{R"({oauth2: {authorize: https://p/ask, token: https://p/token, body: json,
             client_auth: basic, names: {client_id: client_key, code: auth_code},
             separator: ",", scopes: [a, b]}})"};
  t.so_far.code = "c";
  t.so_far.redirect = "https://b";
  const auto asked = t.asks();
  EXPECT_EQ(t.header("Authorization", asked), "Basic " + to_base64("me:tiger-tiger"));
  EXPECT_EQ(asked.body.view(),
            R"({"grant_type":"authorization_code","auth_code":"c","redirect_uri":"https://b"})");
  const auto url = consent_address(t.m, t.c, {"https://b", "s", "v"});
  ASSERT_TRUE(url);
  EXPECT_EQ(*url, "https://p/ask?response_type=code&client_key=me&redirect_uri=https%3A%2F%2Fb"
                  "&scope=a%2Cb&state=s")
      << "no challenge without pkce";
}

TEST(oauth2, proves_the_client_with_a_token_that_it_signs) {
  const auto keys = p256();
  talk t{R"({oauth2: {authorize: https://p/ask, token: https://p/token, alg: ES256, key_id: k7,
             client_auth: private_key_jwt}})",
         {{"private_key", keys.secret}}};
  t.so_far.before.refresh_token = "r";
  const auto body = std::string{t.asks().body.view()};
  EXPECT_EQ(body.find("client_secret"), std::string::npos);
  const auto token = body.substr(body.find("client_assertion=") + 17);
  EXPECT_EQ(part_of(token, 0), (object{{"alg", "ES256"}, {"typ", "JWT"}, {"kid", "k7"}}));
  const auto claims = part_of(token, 1);
  EXPECT_EQ(*claims.find("iss"), value{"me"});
  EXPECT_EQ(*claims.find("aud"), value{"https://p/token"});
  EXPECT_EQ(*claims.find("jti"), value{"nonce-1"});
  const auto dot = token.rfind('.');
  EXPECT_TRUE(runtime::signing::public_key::read(keys.open)->verify(
      runtime::signing::algorithm::es256, token.substr(0, dot),
      read_base64(token.substr(dot + 1)).value_or("")));
}

} // namespace
} // namespace tenon::actors::connectors
