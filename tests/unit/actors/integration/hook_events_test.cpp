// What a hook answers to a challenge, which events a request brings, and what is wrong with a
// block.
#include "actors/integration/hooks/hook.hpp"
#include "protocols/base64.hpp"
#include "protocols/json.hpp"
#include "runtime/signing/signing.hpp"
#include "tests/unit/actors/integration/sample.hpp"

namespace tenon::actors::connectors {
namespace {

const std::vector<std::string> secret_names{"s"};

hook hook_of(std::string_view settings) {
  problems found;
  auto made = compile_hook(
      "events", value_of_yaml("verify: {token: header t, secret: s}\n" + std::string{settings}),
      "hooks.events", secret_names, found);
  for (const auto& f : std::move(found).take())
    ADD_FAILURE() << f.where << ' ' << f.why;
  return made;
}

std::optional<result<hook_answer>> asked(std::string_view challenge, const inbound& r) {
  const auto h = hook_of("decode: json\nchallenge: " + std::string{challenge});
  const value secrets{object{{"s", "tiger"}}};
  return h.challenges.front()->answer(r, scope{}.bind_secret("secret", secrets));
}

inbound get(parameters query) {
  return {"GET", "https://me/hook", {}, std::move(query), {}};
}
inbound post(std::string body, headers sent = {}) {
  return {"POST", "https://me/hook", std::move(sent), {}, blob::from(std::move(body))};
}

constexpr const char* meta = "{echo: {from: query hub.challenge, token: {from: query "
                             "hub.verify_token, secret: s}}}";

TEST(challenge, is_echoed_to_who_knows_the_token) {
  const auto told = asked(meta, get({{"hub.challenge", "1158"}, {"hub.verify_token", "tiger"}}));
  ASSERT_TRUE(told && *told);
  EXPECT_EQ((*told)->body, "1158");
  EXPECT_EQ((*told)->type, "text/plain; charset=utf-8");
  const auto refused = asked(meta, get({{"hub.challenge", "1"}, {"hub.verify_token", "x"}}));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->error().code, code::unauthenticated);
  EXPECT_FALSE(asked(meta, get({}))) << "it is no challenge";
  EXPECT_FALSE(asked(meta, get({{"hub.challenge", std::string(2000, 'x')}})));
  EXPECT_FALSE(asked(meta, get({{"hub.challenge", "a\r\nb"}, {"hub.verify_token", "tiger"}})));
}

TEST(challenge, of_a_body_comes_signed_and_is_answered_as_it_wants) {
  const auto h = hook_of("challenge: {echo: {from: body challenge, as: json}}");
  EXPECT_TRUE(h.challenges.front()->verified());
  const auto told = h.challenges.front()->answer(
      post(R"({"type":"url_verification","challenge":"3eZ"})"), scope{});
  ASSERT_TRUE(told && *told);
  EXPECT_EQ((*told)->body, R"({"challenge":"3eZ"})");
  EXPECT_FALSE(h.challenges.front()->answer(post(R"({"type":"event"})"), scope{}));
}

TEST(challenge, is_signed_as_x_and_linkedin_want_it) {
  const auto crc = asked("{hmac: {from: query crc_token, secret: s, encoding: base64, "
                         "as: {response_token: \"sha256={{hmac}}\"}}}",
                         get({{"crc_token", "abc"}}));
  ASSERT_TRUE(crc && *crc);
  const auto mac = runtime::signing::hmac(runtime::signing::digest::sha256, "tiger", "abc");
  EXPECT_EQ((*crc)->body, R"({"response_token":"sha256=)" + to_base64(mac) + "\"}");
  EXPECT_EQ((*crc)->type, "application/json");
  const auto linkedin =
      asked("{hmac: {from: query challengeCode, secret: s, encoding: hex, "
            "as: {challengeCode: \"{{challenge}}\", challengeResponse: \"{{hmac}}\"}}}",
            get({{"challengeCode", "abc"}}));
  ASSERT_TRUE(linkedin && *linkedin);
  EXPECT_EQ((*linkedin)->body, R"({"challengeCode":"abc","challengeResponse":")" +
                                   runtime::signing::to_hex(mac) + "\"}");
}

TEST(challenge, is_not_signed_when_it_could_be_an_event) {
  const value secrets{object{{"s", "tiger"}}};
  const auto signs = [&](std::string_view signed_text, std::string_view more, parameters query,
                         const char* method = "GET") {
    problems found;
    const auto h = compile_hook(
        "events",
        value_of_yaml("verify: {hmac: sha256, secret: s, header: sig, encoding: hex, ts: {header: "
                      "t}, signed: " +
                      std::string{signed_text} +
                      "}\ndecode: json\nchallenge: {hmac: {from: query c, secret: s, " +
                      std::string{more} + "as: {r: \"{{hmac}}\"}}}"),
        "hooks.events", secret_names, found);
    EXPECT_TRUE(found.empty());
    inbound r{method, "https://me/hook", {}, std::move(query), {}};
    return h.challenges.front()->answer(r, scope{}.bind_secret("secret", secrets)).has_value();
  };
  const auto asks = [&](std::string_view with, std::string_view what) {
    return signs(with, "", {{"c", std::string{what}}});
  };
  constexpr auto bare = "\"{{raw}}\"";
  EXPECT_TRUE(asks(bare, "crc-1158_A.z~"));
  EXPECT_TRUE(asks(bare, std::string(128, 'a')));
  EXPECT_FALSE(asks(bare, std::string(129, 'a')));
  for (const char* body : {R"({"for_user_id":"1"})", "[]", "1158", "true", "null", "a=b", "a b",
                           "<a/>", "a%20b", "https://me/hook", "\"text\"", "a/b+c==", ""})
    EXPECT_FALSE(asks(bare, body)) << body;
  EXPECT_FALSE(signs(bare, "", {{"c", "abc"}}, "POST")) << "platforms ask by GET";
  EXPECT_FALSE(asks("\"v0.{{raw}}\"", "v0.17"));
  EXPECT_TRUE(asks("\"v0.{{raw}}\"", "v0.abc"));
  EXPECT_FALSE(asks("\"{{ts}}.{{raw}}\"", "1700000000.true"));
  EXPECT_TRUE(asks("\"{{ts}}.{{raw}}\"", "a.true"));
  EXPECT_FALSE(asks("[\"{{ts}}.{{raw}}\", \"{{raw}}.{{ts}}\"]", "5.17"));
  constexpr auto uuid = "890e4665-4dfe-4ab1-b689-ed553bceeed0";
  EXPECT_TRUE(signs(bare, "like: uuid, ", {{"c", uuid}}));
  for (const char* other :
       {"890e4665-4dfe-4ab1-b689-ed553bceeed", "abc", "890e4665-4dfe-4ab1-b689_ed553bceeed0",
        "890e4665-4dfe-4ab1-b689-ed553bceeedg"})
    EXPECT_FALSE(signs(bare, "like: uuid, ", {{"c", other}})) << other;
}

TEST(challenge, allows_origins_and_looks) {
  inbound r{"OPTIONS", "https://me/hook", {{"WebHook-Request-Origin", "sap.example"}}, {}, {}};
  const auto allowed = asked("options", r);
  ASSERT_TRUE(allowed && *allowed);
  EXPECT_EQ(find_header((*allowed)->headers, "WebHook-Allowed-Origin"), "sap.example");
  EXPECT_FALSE(asked("options", get({})));
  EXPECT_TRUE(asked("any-200", get({})));
  EXPECT_FALSE(asked("any-200", post("{}")));
}

std::vector<hook_event> events(std::string_view settings, const inbound& r, object conn = {}) {
  const auto read = read_events(hook_of(settings), r, value{std::move(conn)}, noon);
  EXPECT_TRUE(read) << read.error().why;
  return read ? *read : std::vector<hook_event>{};
}

TEST(hook_events, are_taken_apart_with_id_and_type) {
  const auto all = events(
      "each: \"*\"\nid: \"{{eventId}}\"\ntype: subscriptionType",
      post(R"([{"eventId":7,"subscriptionType":"contact.creation","x":1.50},{"eventId":8}])"));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].key, "7");
  EXPECT_EQ(all[0].content,
            R"({"id":"7","event":{"eventId":7,"subscriptionType":"contact.creation","x":1.50},)"
            R"("type":"contact.creation"})")
      << "the event itself stays byte for byte";
  EXPECT_EQ(all[1].key, "8");
}

TEST(hook_events, of_other_accounts_are_let_go) {
  const char* settings = "each: \"*\"\nid: \"{{e}}\"\nconnection: {match: conn.hub, with: portal}\n"
                         "keep: e > 1";
  const auto all =
      events(settings, post(R"([{"e":1,"portal":9},{"e":2,"portal":9},{"e":3,"portal":8}])"),
             {{"hub", "9"}});
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].key, "2");
}

TEST(hook_events, take_what_headers_and_forms_say) {
  const auto drive =
      events("id: \"{{header.x_goog_message_number}}\"\nheaders: "
             "[X-Goog-Resource-State]",
             post("", {{"X-Goog-Message-Number", "17"}, {"X-Goog-Resource-State", "change"}}));
  ASSERT_EQ(drive.size(), 1u);
  EXPECT_EQ(drive[0].key, "17");
  EXPECT_EQ(drive[0].content,
            R"({"id":"17","event":{},"headers":{"x_goog_resource_state":"change"}})");
  const headers form{{"Content-Type", "application/x-www-form-urlencoded"}};
  const auto mailchimp = events("type: type", post("type=subscribe&data%5Bid%5D=1", form));
  EXPECT_TRUE(mailchimp[0].content.ends_with(
      R"("event":{"type":"subscribe","data[id]":"1"},"type":"subscribe"})"))
      << mailchimp[0].content;
  EXPECT_EQ(
      events("id: callback_id", post("payload=%7B%22callback_id%22%3A%22c%22%7D", form))[0].key,
      "c");
}

TEST(hook_events, without_an_id_have_that_of_their_content) {
  const auto first = events("", post(R"({"a":1})"));
  EXPECT_EQ(first, events("", post(R"({"a":1})")));
  EXPECT_NE(first[0].key, events("", post(R"({"a":2})"))[0].key);
  EXPECT_EQ(first[0].key.size(), 64u);
  EXPECT_EQ(events("id: a", post(R"({"a":")" + std::string(300, 'x') + R"("})"))[0].key.size(), 64u)
      << "an id that no key can hold";
}

TEST(hook_events, that_are_no_json_are_kept_all_the_same) {
  const auto atom = events("", post("<feed/>"));
  EXPECT_NE(atom[0].content.find(R"("event":{"text":"<feed/>"})"), std::string::npos);
  const auto bytes = events("", post("\xff\xfe"));
  EXPECT_NE(bytes[0].content.find(R"("base64":"//4=")"), std::string::npos);
  for (const auto& one : {atom[0], bytes[0]})
    EXPECT_TRUE(read_json(one.content));
}

struct wrong_hook {
  const char* name;
  const char* settings;
  const char* where;
  const char* why;
};
struct wrong_hooks : testing::TestWithParam<wrong_hook> {};

TEST_P(wrong_hooks, are_told_with_their_place) {
  problems found;
  const auto said = value_of_yaml("e: " + std::string{GetParam().settings});
  compile_hook("e", *said.find("e"), "hooks.e", secret_names, found);
  ASSERT_FALSE(found.empty());
  const auto all = std::move(found).take();
  EXPECT_EQ(all.front().where, GetParam().where);
  EXPECT_NE(all.front().why.find(GetParam().why), std::string::npos) << all.front().why;
}

INSTANTIATE_TEST_SUITE_P(
    in_every_part, wrong_hooks,
    testing::Values(
        wrong_hook{"nothing", "{}", "hooks.e.verify", "is missing"},
        wrong_hook{"no_kind", "{verify: {secret: s}}", "hooks.e.verify", "how the sender proves"},
        wrong_hook{"empty", "{verify: []}", "hooks.e.verify", "anything from anybody"},
        wrong_hook{"two", "{verify: {hmac: sha256, token: query t, secret: s, header: x}}",
                   "hooks.e.verify.token", "in one way"},
        wrong_hook{"secret", "{verify: {token: query t, secret: other}}", "hooks.e.verify.secret",
                   "no secret parameter"},
        wrong_hook{"digest", "{verify: {hmac: md5, secret: s, header: x}}", "hooks.e.verify.hmac",
                   "not known"},
        wrong_hook{"place", "{verify: {hmac: sha256, secret: s}}", "hooks.e.verify.header",
                   "the place of the signature"},
        wrong_hook{"word", "{verify: {hmac: sha256, secret: s, header: x, signed: \"{{body}}\"}}",
                   "hooks.e.verify.signed", "nothing that is signed"},
        wrong_hook{"no_secret",
                   "{verify: {hash: sha256, secret: s, header: x, signed: \"{{raw}}\"}}",
                   "hooks.e.verify.signed", "anybody could make"},
        wrong_hook{"no_time", "{verify: {hmac: sha256, secret: s, header: x, signed: \"{{ts}}\"}}",
                   "hooks.e.verify.signed", "where it is"},
        wrong_hook{"challenge", "{verify: {token: query t, secret: s}, challenge: dance}",
                   "hooks.e.challenge", "no such challenge"},
        wrong_hook{"from", "{verify: {token: query t, secret: s}, challenge: {echo: {from: t}}}",
                   "hooks.e.challenge.echo.from", "where in the request"},
        wrong_hook{"subscribe", "{verify: {token: query t, secret: s}, subscribe: {}}",
                   "hooks.e.subscribe.create", "is missing"},
        wrong_hook{"subscribe_keeps",
                   "{verify: {token: query t, secret: s}, subscribe: {create: {post: /a}, keep: "
                   "{id: a}}}",
                   "hooks.e.subscribe.keep.id", "is there already"},
        wrong_hook{"decode", "{verify: {token: query t, secret: s}, decode: morse}",
                   "hooks.e.decode", "nothing that a body is written in"},
        wrong_hook{"decode_two",
                   "{verify: {token: query t, secret: s}, decode: {form: a, base64: b}}",
                   "hooks.e.decode", "not said what the body"},
        wrong_hook{"answer", "{verify: {token: query t, secret: s}, answer: {type: image/png}}",
                   "hooks.e.answer.type", "not known"}),
    [](const auto& one) { return std::string{one.param.name}; });

} // namespace
} // namespace tenon::actors::connectors
