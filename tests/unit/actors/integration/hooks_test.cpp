// The one verifier against what vendors have published, and against the same with anything changed.
#include "actors/integration/hooks/hook.hpp"
#include "actors/integration/web/form_text.hpp"
#include "protocols/base64.hpp"
#include "protocols/json.hpp"
#include "runtime/signing/signing.hpp"
#include "tests/unit/actors/integration/sample.hpp"

#include <fstream>
#include <map>
#include <sstream>

namespace tenon::actors::connectors {
namespace {

using namespace std::chrono_literals;

const std::vector<std::string> secret_names{"s", "old"};

std::shared_ptr<const verification> verification_of(std::string_view settings) {
  problems found;
  const auto said = value_of_yaml("verify: " + std::string{settings});
  auto made = compile_verification(*said.find("verify"), "verify", secret_names, found);
  for (const auto& f : std::move(found).take())
    ADD_FAILURE() << f.where << ' ' << f.why;
  return made;
}

result<void> judge(std::string_view settings, const inbound& r, const std::string& secret,
                   moment now = noon) {
  const value secrets{object{{"s", secret}, {"old", ""}}}, conn{object{}};
  scope names;
  names.bind_secret("secret", secrets).bind("conn", conn);
  return verification_of(settings)->verify(r, names, now);
}

std::string text_at(const value& v, const char* name) {
  const auto* member = v.find(name);
  if (member == nullptr)
    return "";
  const auto* text = member->as<std::string>();
  return text ? *text : write_json(*member);
}

struct scheme {
  std::string settings;
  std::string header; // of the signature; "": in the query
};

const std::map<std::string, scheme>& schemes() {
  static const std::string hub = "{hmac: sha256, secret: s, header: x-hub-signature-256, "
                                 "prefix: \"sha256=\", encoding: hex}";
  static const std::map<std::string, scheme> all{
      {"standard-webhooks/v1 (svix)", {"{standard: webhook, secret: s}", "webhook-signature"}},
      {"standard-webhooks/v1a", {"{standard: webhook, secret: s}", "webhook-signature"}},
      {"github X-Hub-Signature-256", {hub, "x-hub-signature-256"}},
      {"slack X-Slack-Signature v0",
       {"{hmac: sha256, secret: s, header: x-slack-signature, prefix: v0=, encoding: hex, "
        "signed: \"v0:{{ts}}:{{raw}}\", ts: {header: x-slack-request-timestamp, unit: s, "
        "tolerance: 5m}}",
        "x-slack-signature"}},
      {"shopify OAuth/App-proxy hmac",
       {"{hmac: sha256, secret: s, query: hmac, encoding: hex, signed: \"{{query_sorted}}\"}", ""}},
      {"hubspot v1",
       {"{hash: sha256, secret: s, header: x-hubspot-signature, encoding: hex, "
        "signed: \"{{secret}}{{raw}}\"}",
        "x-hubspot-signature"}},
      {"hubspot v2",
       {"{hash: sha256, secret: s, header: x-hubspot-signature, encoding: hex, "
        "signed: \"{{secret}}{{method}}{{url}}{{raw}}\"}",
        "x-hubspot-signature"}},
      {"twilio X-Twilio-Signature",
       {"{hmac: sha1, secret: s, header: x-twilio-signature, encoding: base64, "
        "signed: \"{{url}}{{form_sorted}}\", body_hash: bodySHA256}",
        "x-twilio-signature"}},
      {"sendgrid Event Webhook ECDSA",
       {"{ecdsa: p256, secret: s, header: x-twilio-email-event-webhook-signature, "
        "encoding: base64, signed: \"{{ts}}{{raw}}\", "
        "ts: {header: x-twilio-email-event-webhook-timestamp}}",
        "x-twilio-email-event-webhook-signature"}}};
  return all;
}

struct published {
  std::string id;
  scheme by;
  inbound request;
  std::string secret;
  moment now = noon;
  bool valid = false;
};

published vector_of(const value& v) {
  published p;
  p.id = text_at(v, "id");
  p.by = schemes().at(text_at(v, "scheme"));
  p.secret = text_at(v, v.find("public_key") ? "public_key" : "secret");
  p.valid = text_at(v, "valid") == "true";
  auto& r = p.request;
  r.method = v.find("method") ? text_at(v, "method") : "POST";
  r.url = v.find("url") ? text_at(v, "url") : "https://me.example/hook";
  const auto query = v.find("query")                 ? text_at(v, "query")
                     : r.url.find('?') == r.url.npos ? std::string{}
                                                     : r.url.substr(r.url.find('?') + 1);
  r.query = read_form(query);
  std::string body = text_at(v, "body");
  const auto* params = v.find("params");
  if (params != nullptr && !params->as<object>()->empty()) {
    parameters form;
    for (const auto& [name, content] : *params->as<object>())
      form.emplace_back(name, *content.as<std::string>());
    body = form_encoded(form);
    r.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  }
  r.body = blob::from(std::move(body));
  if (const auto ts = text_at(v, "timestamp"); !ts.empty()) {
    p.now = moment{std::chrono::seconds{std::stoll(ts)}};
    for (const char* name : {"webhook-timestamp", "x-slack-request-timestamp",
                             "x-twilio-email-event-webhook-timestamp"})
      r.headers.emplace_back(name, ts);
  }
  if (v.find("msg_id"))
    r.headers.emplace_back("webhook-id", text_at(v, "msg_id"));
  if (!p.by.header.empty())
    r.headers.emplace_back(p.by.header, text_at(v, "signature"));
  return p;
}

std::vector<published> all_published() {
  std::ostringstream text;
  text << std::ifstream{"tests/recordings/webhooks/published_vectors.json"}.rdbuf();
  const auto read = read_json(text.str());
  EXPECT_TRUE(read);
  std::vector<published> all;
  for (const auto& v : *read->find("vectors")->as<list>())
    all.push_back(vector_of(v));
  return all;
}

bool holds(const published& p) {
  return judge(p.by.settings, p.request, p.secret, p.now).has_value();
}

TEST(hooks, agree_with_every_published_vector) {
  const auto all = all_published();
  EXPECT_EQ(all.size(), 25u);
  for (const auto& p : all)
    EXPECT_EQ(holds(p), p.valid) << p.id;
}

std::string flipped(std::string text, std::size_t at) {
  text[at] = static_cast<char>(text[at] ^ 1);
  return text;
}

TEST(hooks, believe_nothing_that_was_changed_in_any_place) {
  int changed = 0;
  for (const auto& p : all_published()) {
    if (!p.valid)
      continue;
    SCOPED_TRACE(p.id);
    const std::string body{p.request.body.view()};
    const bool in_form = find_header(p.request.headers, "Content-Type").has_value();
    for (std::size_t at = 0; at < body.size(); at += body.size() / 7 + 1) {
      auto other = p;
      other.request.body = blob::from(flipped(body, at));
      EXPECT_FALSE(holds(other)) << "byte " << at << " of the body" << in_form;
      ++changed;
    }
    auto longer = p;
    longer.request.body = blob::from(body + (in_form ? "&x=1" : " "));
    if (p.by.header.empty())
      longer.request.query.emplace_back("x", "1");
    EXPECT_FALSE(holds(longer));
    auto other_secret = p;
    other_secret.secret = flipped(p.secret, p.secret.size() / 2);
    EXPECT_FALSE(holds(other_secret));
    for (const auto& [name, content] : p.request.headers) {
      const bool standard = p.by.header == "webhook-signature" && name.starts_with("webhook");
      if (!standard && name != p.by.header &&
          p.by.settings.find("header: " + name) == std::string::npos)
        continue;
      auto other = p;
      set_header(other.request.headers, name, "");
      EXPECT_FALSE(holds(other)) << "without " << name;
      ++changed;
    }
    if (p.by.header == "webhook-signature" || p.by.settings.find("ts: {") != std::string::npos) {
      auto late = p;
      late.now = p.now + 5min + 1s;
      EXPECT_FALSE(holds(late)) << "a replay";
      late.now = p.now - 5min - 1s;
      EXPECT_FALSE(holds(late)) << "from the future";
      late.now = p.now + 5min;
      EXPECT_TRUE(holds(late));
    }
  }
  EXPECT_GT(changed, 60);
}

/// What a platform of the table would send: signed here, by the table's own words.
struct platform_row {
  const char* name;
  const char* settings;
  headers sent;
  std::string signed_bytes;
  bool sha1 = false;
  bool base64 = false;
  const char* header;
  const char* before = "";
};
struct platform_table : testing::TestWithParam<platform_row> {};

TEST_P(platform_table, verifies_what_it_signs_and_nothing_else) {
  const auto& row = GetParam();
  const auto digest = row.sha1 ? runtime::signing::digest::sha1 : runtime::signing::digest::sha256;
  const auto mac = runtime::signing::hmac(digest, "tiger-tiger", row.signed_bytes);
  inbound r{"POST",
            "https://me.example/hook?a=1",
            row.sent,
            {{"a", "1"}},
            blob::copy_of("{\"x\":\"\xff\"}")};
  const auto text = row.before + (row.base64 ? to_base64(mac) : runtime::signing::to_hex(mac));
  r.headers.emplace_back(row.header, text);
  EXPECT_TRUE(judge(row.settings, r, "tiger-tiger")) << row.signed_bytes;
  EXPECT_FALSE(judge(row.settings, r, "tiger-tiges"));
  r.headers.back().second = row.before;
  EXPECT_FALSE(judge(row.settings, r, "tiger-tiger")) << "no signature";
  r.headers.back().second = text;
  r.body = blob::copy_of("{\"x\":\"\xfe\"}");
  EXPECT_FALSE(judge(row.settings, r, "tiger-tiger")) << "every byte of the body counts";
}

const std::string raw = "{\"x\":\"\xff\"}";
const std::string noon_s = std::to_string(noon.time_since_epoch() / 1s);
const std::string noon_ms = std::to_string(noon.time_since_epoch() / 1ms);

INSTANTIATE_TEST_SUITE_P(
    of_the_specification, platform_table,
    testing::Values(
        platform_row{.name = "x",
                     .settings = "{hmac: sha256, secret: s, header: x-twitter-webhooks-signature, "
                                 "prefix: \"sha256=\", encoding: base64, signed: \"{{raw}}\"}",
                     .signed_bytes = raw,
                     .base64 = true,
                     .header = "x-twitter-webhooks-signature",
                     .before = "sha256="},
        platform_row{.name = "linkedin",
                     .settings = "{hmac: sha256, secret: s, header: x-li-signature, encoding: hex, "
                                 "signed: \"hmacsha256={{raw}}\"}",
                     .signed_bytes = "hmacsha256=" + raw,
                     .header = "X-LI-Signature"},
        platform_row{.name = "linkedin_as_others_read_it",
                     .settings = "[{hmac: sha256, secret: s, header: x-li-signature, encoding: "
                                 "hex, signed: \"hmacsha256={{raw}}\"}, {hmac: sha256, secret: s, "
                                 "header: x-li-signature, prefix: \"hmacsha256=\", encoding: hex}]",
                     .signed_bytes = raw,
                     .header = "X-LI-Signature",
                     .before = "hmacsha256="},
        platform_row{.name = "tiktok",
                     .settings = "{hmac: sha256, secret: s, header: tiktok-signature, encoding: "
                                 "hex, kv: {ts: t, signature: s}, signed: \"{{ts}}.{{raw}}\"}",
                     .signed_bytes = noon_s + "." + raw,
                     .header = "TikTok-Signature",
                     .before = "t=1772366400,s="},
        platform_row{.name = "youtube",
                     .settings = "{hmac: sha1, secret: s, header: x-hub-signature, prefix: "
                                 "\"sha1=\", encoding: hex, signed: \"{{raw}}\"}",
                     .signed_bytes = raw,
                     .sha1 = true,
                     .header = "X-Hub-Signature",
                     .before = "sha1="},
        platform_row{.name = "hubspot_v3",
                     .settings = "{hmac: sha256, secret: s, header: x-hubspot-signature-v3, "
                                 "encoding: base64, signed: \"{{method}}{{url}}{{raw}}{{ts}}\", "
                                 "ts: {header: x-hubspot-request-timestamp, unit: ms, "
                                 "tolerance: 5m}}",
                     .sent = {{"x-hubspot-request-timestamp", noon_ms}},
                     .signed_bytes = "POSThttps://me.example/hook?a=1" + raw + noon_ms,
                     .base64 = true,
                     .header = "X-HubSpot-Signature-v3"},
        platform_row{.name = "shopify",
                     .settings = "{hmac: sha256, secret: s, header: x-shopify-hmac-sha256, "
                                 "encoding: base64, signed: \"{{raw}}\"}",
                     .signed_bytes = raw,
                     .base64 = true,
                     .header = "X-Shopify-Hmac-SHA256"},
        platform_row{.name = "dropbox",
                     .settings = "{hmac: sha256, secret: s, header: x-dropbox-signature, "
                                 "encoding: hex, signed: \"{{raw}}\"}",
                     .signed_bytes = raw,
                     .header = "X-Dropbox-Signature"}),
    [](const auto& one) { return std::string{one.param.name}; });

TEST(hooks, accept_several_secrets_while_one_replaces_another) {
  const inbound r{"POST", "https://h", {{"x-token", "old-secret"}}, {}, {}};
  const auto both = verification_of("{token: header x-token, secret: [s, old]}");
  const auto verdict = [&](const char* s, const char* old) {
    const value secrets{object{{"s", s}, {"old", old}}};
    return both->verify(r, scope{}.bind_secret("secret", secrets), noon);
  };
  EXPECT_TRUE(verdict("new-secret", "old-secret"));
  EXPECT_FALSE(verdict("new-secret", ""));
  EXPECT_EQ(verdict("", "").error().code, code::unavailable) << "it cannot be told";
}

TEST(hooks, take_a_token_of_the_query_and_a_password) {
  inbound r{"POST", "https://h", {}, {{"code", "tiger"}}, blob::copy_of("x")};
  EXPECT_TRUE(judge("{token: query code, secret: s}", r, "tiger"));
  EXPECT_FALSE(judge("{token: query code, secret: s}", r, "tigger"));
  r.headers = {{"Authorization", "Basic " + to_base64("ann:tiger")}};
  EXPECT_TRUE(judge("{basic: {user: ann, password: s}}", r, "tiger"));
  EXPECT_FALSE(judge("{basic: {user: bob, password: s}}", r, "tiger"));
  EXPECT_FALSE(judge("{basic: {user: ann, password: s}}", r, "tigre"));
}

TEST(hooks, a_refusal_tells_a_stranger_nothing) {
  for (const auto& [name, one] : schemes()) {
    const inbound r{"POST", "https://h", {{one.header, "sha256=00"}, {"webhook-id", "x"}}, {}, {}};
    const auto verdict = judge(one.settings, r, "tiger-tiger");
    ASSERT_FALSE(verdict) << name;
    const auto& f = verdict.error();
    EXPECT_EQ((f.why + f.where + f.remedy).find("tiger"), std::string::npos) << name;
  }
}

} // namespace
} // namespace tenon::actors::connectors
