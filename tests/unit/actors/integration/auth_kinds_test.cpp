// The other kinds of proof that take a conversation: what is asked, what is made of the answers,
// and what happens when they say no. And what every kind keeps to.
#include "actors/integration/auth/held.hpp"
#include "actors/integration/platform.hpp"
#include "tests/unit/actors/integration/talk.hpp"

#include <map>

namespace tenon::actors::connectors {
namespace {

using namespace std::chrono_literals;

TEST(jwt_bearer, swaps_an_assertion_for_a_token) {
  const auto keys = p256();
  talk t{R"({jwt_bearer: {token: https://p/token, alg: ES256, ttl: 30m,
             claims: {iss: "{{conn.user}}", scope: s}, token_params: {company_id: x}}})",
         {{"private_key", keys.secret}},
         {{"user", "robot@p"}}};
  const auto asked = t.asks();
  const auto body = std::string{asked.body.view()};
  EXPECT_TRUE(body.starts_with(
      "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion="))
      << body;
  EXPECT_TRUE(body.ends_with("&company_id=x")) << body;
  const auto from = body.find("assertion=") + 10;
  const auto claims = part_of(body.substr(from, body.find('&', from) - from), 1);
  const auto now = noon.time_since_epoch() / 1s;
  EXPECT_EQ(claims, (object{{"iss", "robot@p"},
                            {"scope", "s"},
                            {"aud", "https://p/token"},
                            {"iat", static_cast<std::int64_t>(now)},
                            {"exp", static_cast<std::int64_t>(now + 1800)}}));
  ASSERT_TRUE(t.hears(R"({"access_token":"a","expires_in":3600})"));
  EXPECT_TRUE(t.complete());
  EXPECT_EQ(t.header("Authorization", t.sends()), "Bearer a");
}

TEST(jwt_bearer, says_that_a_key_is_none_without_repeating_it) {
  talk t{R"({jwt_bearer: {token: https://p/token, claims: {iss: me}}})",
         {{"private_key", "tiger-tiger"}}};
  const auto f = t.asks_in_vain();
  EXPECT_EQ(f.code, code::unauthenticated);
  EXPECT_EQ((f.why + f.remedy).find("tiger"), std::string::npos);
}

std::string oauth1_header(object settings, object secrets, instant when, http_request r,
                          std::string_view more = "") {
  talk t{"{oauth1: {" + std::string{more} + "}}", std::move(secrets), std::move(settings)};
  EXPECT_TRUE(authenticate(t.m, t.c, nullptr, r, when));
  return t.header("Authorization", r);
}

TEST(oauth1, signs_as_the_examples_of_rfc_5849_and_of_twitter) {
  const auto at = [](std::int64_t seconds) { return moment{std::chrono::seconds{seconds}}; };
  // RFC 5849, 3.4.1.1, whose signature erratum 2550 corrects.
  const auto rfc =
      oauth1_header({{"consumer_key", "9djdj82h48djs9d2"}, {"token", "kkk9d7dh3k39sjv7"}},
                    {{"consumer_secret", "j49sk3j29djd"}, {"token_secret", "dh893hdasih9"}},
                    {at(137131201), "7d8f3e4a"},
                    {"POST",
                     "http://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b",
                     {{"Content-Type", "application/x-www-form-urlencoded"}},
                     blob::copy_of("c2&a3=2+q")},
                    "realm: Example");
  EXPECT_EQ(rfc, "OAuth realm=\"Example\", oauth_consumer_key=\"9djdj82h48djs9d2\", "
                 "oauth_token=\"kkk9d7dh3k39sjv7\", oauth_signature_method=\"HMAC-SHA1\", "
                 "oauth_timestamp=\"137131201\", oauth_nonce=\"7d8f3e4a\", "
                 "oauth_signature=\"r6%2FTJjbCOr97%2F%2BUU0NsvSne7s5g%3D\"");
  // RFC 5849, 1.2.
  const auto photos =
      oauth1_header({{"consumer_key", "dpf43f3p2l4k3l03"}, {"token", "nnch734d00sl2jdk"}},
                    {{"consumer_secret", "kd94hf93k423kf44"}, {"token_secret", "pfkkdhi9sl3r4s00"}},
                    {at(137131202), "chapoH"},
                    {"GET", "http://photos.example.net/photos?file=vacation.jpg&size=original"});
  EXPECT_NE(photos.find("oauth_signature=\"MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D\""), photos.npos)
      << photos;
  // Twitter's documentation, "Creating a signature".
  const auto tweet = oauth1_header(
      {{"consumer_key", "xvz1evFS4wEEPTGEFPHBog"},
       {"token", "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb"}},
      {{"consumer_secret", "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw"},
       {"token_secret", "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE"}},
      {at(1318622958), "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg"},
      {"POST",
       "https://api.twitter.com/1.1/statuses/update.json?include_entities=true",
       {{"Content-Type", "application/x-www-form-urlencoded"}},
       blob::copy_of(
           "status=Hello%20Ladies%20%2B%20Gentlemen%2C%20a%20signed%20OAuth%20request%21")},
      "version: \"1.0\"");
  EXPECT_NE(tweet.find("oauth_signature=\"hCtSmYh%2BiHYCEqBWrE7C7hYmtUk%3D\""), tweet.npos)
      << tweet;
}

constexpr const char* sap = R"({session: {
  login: {post: /Login, body: {UserName: "{{conn.user}}", Password: "{{secret.password}}"}},
  ttl: 25m, cookies: [B1SESSION, ROUTEID], csrf: {get: "/?$top=0"}}})";

TEST(session, logs_in_keeps_the_cookies_and_fetches_the_token_against_forgery) {
  talk t{sap, {{"password", "tiger-tiger"}}, {{"user", "ann"}}};
  const auto login = t.asks();
  EXPECT_EQ(login.url, "https://usual.h.example/api/Login");
  EXPECT_EQ(login.body.view(), R"({"UserName":"ann","Password":"tiger-tiger"})");
  ASSERT_TRUE(t.hears("{}", 200,
                      {{"Set-Cookie", "B1SESSION=abc; HttpOnly; Path=/"},
                       {"set-cookie", "ROUTEID=.node1"},
                       {"Set-Cookie", "tracking=no"}}));
  const auto fetch = t.asks();
  EXPECT_EQ(t.header("X-CSRF-Token", fetch), "Fetch");
  EXPECT_EQ(t.header("Cookie", fetch), "B1SESSION=abc; ROUTEID=.node1");
  ASSERT_TRUE(t.hears("{}", 200, {{"x-csrf-token", "t0k"}, {"Set-Cookie", "ROUTEID=.node2"}}));
  EXPECT_TRUE(t.complete());
  EXPECT_EQ(t.so_far.made.expires_at, noon + 25min);
  const auto read = t.sends();
  EXPECT_EQ(t.header("Cookie", read), "B1SESSION=abc; ROUTEID=.node2");
  EXPECT_EQ(t.header("X-CSRF-Token", read), "") << "reading changes nothing";
  EXPECT_EQ(t.header("X-CSRF-Token", t.sends({"PATCH", "https://h.example/x"})), "t0k");
}

TEST(session, knows_when_the_token_against_forgery_is_worn_out) {
  talk t{sap, {{"password", "p"}}, {{"user", "ann"}}};
  const auto& proof = *t.m.auth;
  EXPECT_TRUE(proof.wore_out(answer("", 403, {{"X-CSRF-Token", "required"}})));
  EXPECT_FALSE(proof.wore_out(answer("", 403)));
  EXPECT_FALSE(proof.wore_out(answer("", 401, {{"X-CSRF-Token", "Required"}})));
  EXPECT_FALSE(proof.wore_out(answer("")));
}

TEST(session, can_be_a_password_and_a_fetched_token_alone) {
  talk t{"{session: {basic: {}, csrf: {head: /}}}", {{"password", "pw"}}, {{"user", "ann"}}};
  const auto fetch = t.asks();
  EXPECT_EQ(fetch.method, "HEAD");
  EXPECT_EQ(t.header("Authorization", fetch), "Basic " + to_base64("ann:pw"));
  ASSERT_TRUE(t.hears("", 200, {{"X-CSRF-Token", "t0k"}, {"Set-Cookie", "S=1"}}));
  EXPECT_TRUE(t.complete());
  const auto written = t.sends({"POST", "https://h.example/x"});
  EXPECT_EQ(t.header("Authorization", written), "Basic " + to_base64("ann:pw"));
  EXPECT_EQ(t.header("Cookie", written), "S=1");
  EXPECT_EQ(t.header("X-CSRF-Token", written), "t0k");
}

TEST(session, sends_a_token_that_the_login_gave) {
  talk t{R"({session: {login: {post: https://l/in, form: {u: "{{conn.user}}"}}, token_path: d.sid,
             expires_in_path: d.life, inject: {name: X-Session}}})",
         {},
         {{"user", "ann"}}};
  EXPECT_EQ(t.asks().body.view(), "u=ann");
  ASSERT_TRUE(t.hears(R"({"d":{"sid":"s1","life":60}})"));
  EXPECT_TRUE(t.complete());
  EXPECT_EQ(t.header("X-Session", t.sends()), "s1");
  EXPECT_EQ(t.so_far.made.renew_at, noon + 54s);
}

TEST(session, is_ended_by_a_logout_that_proves_whose_it_is) {
  talk t{"{session: {login: {post: /Login}, logout: {post: /Logout}, csrf: {get: /}}}"};
  const auto login = t.asks().url;
  ASSERT_TRUE(t.hears("{}", 200, {{"Set-Cookie", "S=1"}}));
  const auto early = leave_request(t.m, t.c, holding{});
  EXPECT_TRUE(early && !*early) << "there is nothing to end";
  t.asks();
  ASSERT_TRUE(t.hears("", 200, {{"X-CSRF-Token", "t0k"}}));
  const auto made = leave_request(t.m, t.c, t.so_far.made);
  ASSERT_TRUE(made && *made);
  const auto& request = **made;
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, login.substr(0, login.rfind('/')) + "/Logout");
  EXPECT_EQ(t.header("Cookie", request), "S=1");
  EXPECT_EQ(t.header("X-CSRF-Token", request), "t0k");
  const talk quiet{"{session: {login: {post: /Login}}}"};
  const auto none = leave_request(quiet.m, quiet.c, t.so_far.made);
  EXPECT_TRUE(none && !*none) << "this platform is not told";
}

TEST(session, tells_a_refused_login_from_a_busy_one) {
  talk t{sap, {{"password", "p"}}, {{"user", "ann"}}};
  EXPECT_EQ(t.hears("", 401).error().code, code::unauthenticated);
  talk again{sap, {{"password", "p"}}, {{"user", "ann"}}};
  EXPECT_EQ(again.hears("", 503).error().code, code::unavailable);
  talk none{sap, {{"password", "p"}}, {{"user", "ann"}}};
  EXPECT_EQ(none.hears("{}", 200, {{"Set-Cookie", "other=1"}}).error().code, code::malformed);
}

constexpr const char* swaps = R"({exchange: {from: "{{secret.short_token}}",
  steps: [{get: https://p/long, query: {grant_type: swap, token: "{{token}}"}, expires_in: 60d},
          {get: https://p/accounts, query: {access_token: "{{token}}"}, token_path: "data.0.token",
           expires_in: 60d}],
  renew: {get: https://p/renew, query: {access_token: "{{token}}"}, min_age: 24h, ahead: 7d}}})";

TEST(exchange, swaps_as_often_as_it_takes) {
  talk t{swaps, {{"short_token", "s0"}}};
  EXPECT_EQ(t.asks().url, "https://p/long?grant_type=swap&token=s0");
  ASSERT_TRUE(t.hears(R"({"access_token":"long","expires_in":5184000})"));
  EXPECT_EQ(t.asks().url, "https://p/accounts?access_token=long");
  ASSERT_TRUE(t.hears(R"({"data":[{"token":"page"}]})"));
  EXPECT_TRUE(t.complete());
  EXPECT_EQ(t.so_far.made.token, "page");
  EXPECT_EQ(t.so_far.made.refresh_token, "page") << "it renews itself";
  EXPECT_EQ(t.so_far.made.renew_at, noon + 53 * 24h);
}

TEST(exchange, renews_a_token_that_is_old_enough) {
  talk t{swaps, {{"short_token", "s0"}}};
  t.so_far.before.refresh_token = "page";
  EXPECT_EQ(t.asks().url, "https://p/renew?access_token=page");
  ASSERT_TRUE(t.hears(R"({"access_token":"page2","expires_in":3600})"));
  EXPECT_TRUE(t.complete());
  EXPECT_EQ(t.so_far.made.renew_at, noon + 24h) << "not sooner than its age allows";
}

TEST(exchange, begins_anew_when_renewing_is_refused) {
  talk t{swaps, {{"short_token", "s0"}}};
  t.so_far.before.refresh_token = "page";
  t.asks();
  ASSERT_TRUE(t.hears(R"({"error":{"code":190}})", 400));
  EXPECT_EQ(t.asks().url, "https://p/long?grant_type=swap&token=s0");
  EXPECT_FALSE(t.so_far.reconnect);
}

TEST(exchange, goes_on_from_what_a_person_allowed) {
  talk t{R"({exchange: {first: {oauth2: {authorize: https://p/ask, token: https://p/token}},
             steps: [{get: https://p/long, query: {token: "{{token}}"}, expires_in: 60d}]}})"};
  EXPECT_TRUE(t.m.auth->needs_person());
  EXPECT_TRUE(consent_address(t.m, t.c, {"https://b", "s", "v"}));
  t.so_far.code = "c";
  EXPECT_EQ(t.asks().url, "https://p/token");
  ASSERT_TRUE(t.hears(R"({"access_token":"short"})"));
  EXPECT_EQ(t.asks().url, "https://p/long?token=short");
  ASSERT_TRUE(t.hears(R"({"access_token":"long"})"));
  EXPECT_TRUE(t.complete());
  EXPECT_EQ(t.so_far.made.expires_at, noon + 60 * 24h);
  talk ended{R"({exchange: {first: {oauth2: {authorize: https://p/ask, token: https://p/token}},
                 steps: [{get: https://p/long, query: {token: "{{token}}"}}]}})"};
  ended.so_far.before.captured["x"] = "y";
  ended.asks_in_vain();
  EXPECT_TRUE(ended.so_far.reconnect);
}

TEST(sign, adds_what_is_computed_beside_any_kind) {
  talk t{R"({oauth2_client: {token: https://p/token},
             sign: {query: {appsecret_proof: "{{hmac_sha256(secret.client_secret, token) | hex}}"},
                    headers: {X-Sig: "{{method}} {{path}} {{query}} {{timestamp}} {{nonce}}
                                      {{body}}"}}})"};
  t.so_far.made.token = "tok";
  const auto sent = t.sends({"POST", "https://h.example/x?a=1", {}, blob::copy_of("{}")});
  // HMAC-SHA256 of "tok" with the key "tiger-tiger".
  const auto proof = runtime::signing::to_hex(
      runtime::signing::hmac(runtime::signing::digest::sha256, "tiger-tiger", "tok"));
  EXPECT_EQ(sent.url, "https://h.example/x?a=1&appsecret_proof=" + proof);
  EXPECT_EQ(t.header("X-Sig", sent), "POST /x a=1&appsecret_proof=" + proof + " " +
                                         std::to_string(noon.time_since_epoch() / 1s) +
                                         " nonce-1 {}");
  EXPECT_EQ(t.header("Authorization", sent), "Bearer tok");
}

TEST(sign, is_for_some_requests_alone_where_it_says_so) {
  const std::string said{R"({oauth2_client: {token: https://p/token},
    sign: {match: {path: "/mp/*"}, query: {api_secret: "{{secret.short_token}}"}}})"};
  talk t{said, {{"client_secret", "c"}, {"short_token", "tiger"}}};
  t.so_far.made.token = "tok";
  EXPECT_EQ(t.sends({"POST", "https://h.example/mp/collect?a=1", {}, {}}).url,
            "https://h.example/mp/collect?a=1&api_secret=tiger");
  EXPECT_EQ(t.sends({"POST", "https://h.example/v1/mp", {}, {}}).url, "https://h.example/v1/mp");
  talk none{said, {{"client_secret", "c"}}};
  const holding held{.token = "tok"};
  http_request elsewhere{"GET", "https://h.example/v1", {}, {}};
  EXPECT_TRUE(authenticate(none.m, none.c, &held, elsewhere, {noon, "n"}));
  http_request there{"POST", "https://h.example/mp/collect", {}, {}};
  const auto refused = authenticate(none.m, none.c, &held, there, {noon, "n"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(name_of(refused.error().code), name_of(code::unauthenticated));
  EXPECT_NE(refused.error().why.find("secret.short_token"), std::string::npos);
}

TEST(sign, keeps_the_other_proof_away_from_where_it_is_alone) {
  const std::string said{R"({oauth2_client: {token: https://p/token},
    sign: {match: {path: "/mp/*"}, alone: true, query: {api_secret: "{{secret.short_token}}"}}})"};
  talk t{said, {{"client_secret", "c"}, {"short_token", "tiger"}}};
  t.so_far.made.token = "tok";
  const auto there = t.sends({"POST", "https://h.example/mp/collect", {}, {}});
  EXPECT_EQ(there.url, "https://h.example/mp/collect?api_secret=tiger");
  EXPECT_FALSE(find_header(there.headers, "Authorization"));
  const auto elsewhere = t.sends({"POST", "https://h.example/v1", {}, {}});
  EXPECT_EQ(t.header("Authorization", elsewhere), "Bearer tok");
}

TEST(held, is_kept_as_a_small_document) {
  const holding all{.cookies = "a=1; b=2", .csrf = "t", .captured = {{"dc", "us9"}}};
  holding back;
  read_held(to_text(all), back);
  EXPECT_EQ(back, all);
  EXPECT_EQ(to_text(holding{.token = "t", .refresh_token = "r"}), "");
  holding nothing;
  for (const char* broken : {"", "{", "[]", "{\"cookies\":1,\"captured\":[]}"})
    read_held(broken, nothing);
  EXPECT_EQ(nothing, holding{});
}

struct settings_of {
  std::string settings;
  bool has_tokens;
};

/// What every kind keeps to, whoever wrote it.
TEST(auth, kinds_keep_to_their_contract) {
  const auto keys = p256();
  const std::map<std::string_view, settings_of> samples{
      {"none", {"none", false}},
      {"key", {"{key: {value: \"{{secret.password}}\"}}", false}},
      {"basic", {"basic", false}},
      {"oauth1", {"oauth1", false}},
      {"oauth2", {with_consent, true}},
      {"oauth2_client", {"{oauth2_client: {token: https://t/}}", true}},
      {"jwt_bearer", {"{jwt_bearer: {token: https://t/, alg: ES256, claims: {iss: a}}}", true}},
      {"session", {sap, true}},
      {"exchange", {swaps, true}}};
  const object secrets{{"password", "canary-1"},        {"client_secret", "canary-2"},
                       {"consumer_secret", "canary-3"}, {"token_secret", "canary-4"},
                       {"private_key", keys.secret},    {"short_token", "canary-5"}};
  const object settings{{"user", "u"}, {"consumer_key", "k"}, {"token", "t"}};
  for (const auto& kind : all_auth_kinds()) {
    SCOPED_TRACE(kind.name);
    problems found;
    const auto made = kind.compile(value{object{{"nonsense", 1}}}, "auth", {"token"}, found);
    ASSERT_NE(made, nullptr);
    EXPECT_FALSE(found.empty()) << "it takes anything for settings";
    ASSERT_TRUE(samples.contains(kind.name)) << "it has no sample here";
    const auto& sample = samples.at(kind.name);
    const auto good = R"({"access_token":"canary-6","expires_in":3600,"data":[{"token":"p"}]})";
    const headers cookies{{"Set-Cookie", "B1SESSION=canary-7"}, {"X-CSRF-Token", "canary-8"}};

    talk t{sample.settings, secrets, settings};
    EXPECT_EQ(t.m.auth_kind, kind.name);
    EXPECT_EQ(t.m.auth->needs_token(), sample.has_tokens);
    t.so_far.code = t.m.auth->needs_person() ? "canary-9" : "";
    for (int steps = 0; !t.complete(); ++steps) {
      ASSERT_LT(steps, 8) << "it asks without end";
      t.asks();
      ASSERT_TRUE(t.hears(good, 200, cookies));
    }
    EXPECT_EQ(!t.so_far.made.token.empty(), sample.has_tokens);
    const auto once = t.sends({"POST", "https://h.example/x"});
    EXPECT_EQ(t.sends(once).headers, once.headers) << "it adds its proof twice";

    for (const char* body :
         {"", "{", "[]", "{}", "{\"access_token\":{}}",
          "{\"error\":\"canary-2 canary-5 canary-1\"}",
          "{\"error\":\"invalid_grant\",\"error_description\":\"canary-3 canary-4\"}"})
      for (const unsigned status : {200u, 400u, 401u, 403u, 500u}) {
        talk broken{sample.settings, secrets, settings};
        if (!sample.has_tokens)
          continue;
        broken.so_far.code = broken.m.auth->needs_person() ? "canary-9" : "";
        broken.asks();
        const auto heard = broken.hears(body, status);
        ASSERT_FALSE(heard) << status << body;
        const session s{.connection = broken.c};
        const auto told = covered(covered(heard.error(), s), broken.so_far);
        EXPECT_EQ((told.why + told.where + told.remedy).find("canary"), std::string::npos)
            << told.why;
      }
  }
}

} // namespace
} // namespace tenon::actors::connectors
