// What bodies of webhooks are written in, what their senders are answered, and challenges that only
// some bodies are.
#include "actors/integration/hooks/hook.hpp"
#include "protocols/base64.hpp"
#include "protocols/json.hpp"
#include "tests/unit/actors/integration/sample.hpp"

namespace tenon::actors::connectors {
namespace {

hook hook_of(const std::string& settings) {
  problems found;
  const auto said = value_of_yaml("h: {verify: {token: header t, secret: s}, " + settings + "}");
  auto made = compile_hook("events", *said.find("h"), "hooks.events", {"s"}, found);
  for (const auto& f : std::move(found).take())
    ADD_FAILURE() << f.where << ' ' << f.why;
  return made;
}

inbound post(std::string body, const std::string& type = "application/json") {
  return {"POST", "https://me/hook", {{"Content-Type", type}}, {}, blob::from(std::move(body))};
}

result<std::vector<hook_event>> events(const std::string& settings, const inbound& r) {
  return read_events(hook_of(settings), r, object{}, noon);
}

/// The one event, as JSON.
std::string event(const std::string& settings, const inbound& r) {
  const auto all = events(settings, r);
  EXPECT_TRUE(all && all->size() == 1) << (all ? std::to_string(all->size()) : all.error().why);
  const auto content = all && !all->empty() ? read_json(all->front().content) : failure{};
  const auto* inner = content ? content->find("event") : nullptr;
  return inner == nullptr ? "" : write_json(*inner);
}

TEST(hook_bodies, are_read_as_the_hook_says) {
  EXPECT_EQ(event("decode: json", post(R"({"a":1})")), R"({"a":1})");
  EXPECT_EQ(event("decode: xml, each: item", post("<r><item><id>7</id></item></r>", "text/xml")),
            R"({"id":"7"})");
  EXPECT_EQ(event("decode: form", post("a=1&b=x+y", "application/x-www-form-urlencoded")),
            R"({"a":"1","b":"x y"})");
  EXPECT_EQ(event("decode: {form: data}",
                  post("data=%7B%22a%22%3A1%7D&more=2", "application/x-www-form-urlencoded")),
            R"({"a":1})");
  const auto lines = events("decode: jsonl, each: '*'", post("{\"a\":1}\n{\"a\":2}\n"));
  ASSERT_TRUE(lines);
  EXPECT_EQ(lines->size(), 2u);
}

TEST(hook_bodies, are_taken_out_of_their_envelopes) {
  const auto envelope = [](const std::string& inner) {
    return post(R"({"message":{"data":")" + to_base64(inner) + R"(","id":"9"}})");
  };
  const std::string settings{"decode: {base64: message.data}, id: '{{event.message.id}}'"};
  EXPECT_EQ(event(settings, envelope(R"({"a":1})")), R"({"message":{"data":{"a":1},"id":"9"}})");
  EXPECT_EQ(event(settings, envelope("plain")),
            R"({"message":{"data":{"text":"plain"},"id":"9"}})");
  EXPECT_EQ(event(settings, envelope("\xff")),
            R"({"message":{"data":{"base64":"/w=="},"id":"9"}})");
  EXPECT_FALSE(events(settings, post(R"({"message":{"data":"###"}})")));
  EXPECT_FALSE(events(settings, post(R"({"message":{}})")));
  EXPECT_FALSE(events(settings, post("no json")));
}

/// What is acknowledged is not sent again: a body that is not what was said is refused as a whole.
TEST(hook_bodies, that_are_something_else_are_refused) {
  EXPECT_FALSE(events("decode: json", post("a=1")));
  EXPECT_FALSE(events("decode: xml", post("<r><open></r>")));
  EXPECT_FALSE(events("decode: form", post("{}")));
  EXPECT_FALSE(
      events("decode: {form: data}", post("data=oops", "application/x-www-form-urlencoded")));
  EXPECT_FALSE(events("decode: jsonl, each: '*'", post("{\"a\":1}\n{\"a\":\n")));
}

TEST(hook_answers, are_what_their_senders_want_to_read) {
  const auto plain = acknowledge(hook_of("id: '{{id}}'"), post("{}"), object{});
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->status, 200u);
  EXPECT_EQ(plain->body, "");
  auto asked = post("<a/>", "text/xml");
  asked.headers.emplace_back("X-Id", "17");
  const auto told = acknowledge(
      hook_of("answer: {status: 202, type: text/xml, body: '<Ack>{{header.x_id}}</Ack>'}"), asked,
      object{});
  ASSERT_TRUE(told) << told.error().why;
  EXPECT_EQ(told->status, 202u);
  EXPECT_EQ(told->type, "text/xml");
  EXPECT_EQ(told->body, "<Ack>17</Ack>");
}

TEST(challenge, may_be_one_only_where_the_body_says_so) {
  const auto h =
      hook_of("challenge: {echo: {from: body challenge}, when: type == 'url_verification'}");
  const auto& one = *h.challenges.front();
  EXPECT_TRUE(one.verified());
  const auto told = one.answer(post(R"({"type":"url_verification","challenge":"3eZ"})"), scope{});
  ASSERT_TRUE(told && *told);
  EXPECT_EQ((*told)->body, "3eZ");
  EXPECT_FALSE(one.answer(post(R"({"type":"message","challenge":"3eZ"})"), scope{}));
  EXPECT_FALSE(one.answer(post("no json"), scope{}));
}

TEST(challenge, about_what_nobody_has_asked_for_is_refused) {
  const auto h = hook_of("challenge: {echo: {from: query c}, when: \"query.topic == conn.topic and "
                         "query.mode == (hook.wanted ? 'subscribe' : 'unsubscribe')\"}");
  const auto& one = *h.challenges.front();
  EXPECT_TRUE(one.needs_hook());
  const value settings{object{{"topic", "mine"}}};
  const auto says = [&](std::string mode, std::string topic, bool wanted) {
    const auto hook = wanted_words(wanted);
    inbound r{"GET", "https://me/hook", {}, {}, {}};
    r.query = {{"c", "1158"}, {"mode", std::move(mode)}, {"topic", std::move(topic)}};
    const auto told = one.answer(r, scope{}.bind("conn", settings).bind("hook", hook));
    EXPECT_TRUE(told && (*told || told->error().code == code::not_found));
    return told && *told && (*told)->body == "1158";
  };
  EXPECT_TRUE(says("subscribe", "mine", true));
  EXPECT_FALSE(says("unsubscribe", "mine", true));
  EXPECT_FALSE(says("subscribe", "another", true));
  EXPECT_FALSE(says("subscribe", "mine", false));
  EXPECT_TRUE(says("unsubscribe", "mine", false));
  EXPECT_FALSE(one.answer(post("{}"), scope{})) << "an event is no question";
}

} // namespace
} // namespace tenon::actors::connectors
