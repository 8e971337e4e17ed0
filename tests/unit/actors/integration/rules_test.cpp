#include "tests/unit/actors/integration/sample.hpp"

namespace tenon::actors::connectors {
namespace {

using namespace std::chrono_literals;

std::vector<rule> rules_of(std::string_view text) {
  problems found;
  const auto said = value_of_yaml(text);
  auto made = compile_rules(said.is_null() ? nullptr : &said, "errors", found);
  for (const auto& wrong : std::move(found).take())
    ADD_FAILURE() << wrong.where << ": " << wrong.why;
  return made;
}

std::string decided(const std::vector<rule>& rules, const http_response& came) {
  const auto body = json_text::check(came.body.view());
  const auto* matched = first_match(rules, came, body ? &*body : nullptr);
  return matched == nullptr
             ? "page"
             : std::string{name_of(matched->then)} + ' ' + std::string{name_of(matched->classify)};
}

TEST(rules, judge_by_status_where_a_connector_says_nothing) {
  const auto rules = rules_of("");
  const auto by_status = [&](unsigned status) { return decided(rules, answer("{}", status)); };
  EXPECT_EQ(by_status(200), "page");
  EXPECT_EQ(by_status(206), "page");
  EXPECT_EQ(by_status(304), "fail invalid");
  EXPECT_EQ(by_status(400), "fail invalid");
  EXPECT_EQ(by_status(401), "refresh_auth auth_expired");
  EXPECT_EQ(by_status(403), "fail forbidden");
  EXPECT_EQ(by_status(404), "fail not_found");
  EXPECT_EQ(by_status(408), "retry transient");
  EXPECT_EQ(by_status(409), "fail conflict");
  EXPECT_EQ(by_status(410), "fail gone");
  EXPECT_EQ(by_status(429), "wait throttled");
  EXPECT_EQ(by_status(500), "retry transient");
  EXPECT_EQ(by_status(501), "fail invalid");
  EXPECT_EQ(by_status(503), "retry provider_down");
}

struct condition_case {
  const char* name;
  const char* when;
  http_response matching;
  http_response other;
};

struct conditions : testing::TestWithParam<condition_case> {};

TEST_P(conditions, match_what_they_name_and_nothing_else) {
  const auto rules =
      rules_of("- {when: " + std::string{GetParam().when} + ", do: skip_stream, classify: gone}");
  EXPECT_EQ(decided(rules, GetParam().matching), "skip_stream gone");
  EXPECT_NE(decided(rules, GetParam().other), "skip_stream gone");
}

INSTANTIATE_TEST_SUITE_P(
    of_rules, conditions,
    testing::Values(
        condition_case{"status", "{status: 418}", answer("", 418), answer("", 417)},
        condition_case{"statuses", "{status: [400, 418]}", answer("", 418), answer("", 404)},
        condition_case{"status_class", "{status: 5xx}", answer("", 599), answer("", 499)},
        condition_case{"code", "{code: error.code==busy}", answer(R"({"error":{"code":"busy"}})"),
                       answer(R"({"error":{"code":"idle"}})")},
        condition_case{"code_with_quotes", "{code: 'error == \"too busy\"'}",
                       answer(R"({"error":"too busy"})"), answer(R"({"error":"too"})")},
        condition_case{"number_code", "{code: code==4001}", answer(R"({"code":4001})"),
                       answer(R"({"code":0})")},
        condition_case{"unequal_code", "{code: code!=0}", answer(R"({"code":4})"),
                       answer(R"({"code":0})")},
        condition_case{"unequal_code_not_there", "{code: code!=0}", answer(R"({"code":4})"),
                       answer(R"({"other":0})")},
        condition_case{"present_code", "{code: errors}", answer(R"({"errors":[{"a":1}]})"),
                       answer(R"({"errors":[]})")},
        condition_case{"false_code", "{code: ok==false}", answer(R"({"ok":false})"),
                       answer(R"({"ok":true})")},
        condition_case{"starred_code", "{code: 'errors.*.code==THROTTLED'}",
                       answer(R"({"errors":[{"code":"THROTTLED"}]})"), answer(R"({"errors":[]})")},
        condition_case{"any_code", "{code: [a==1, b==2]}", answer(R"({"b":2})"),
                       answer(R"({"b":1})")},
        condition_case{"contains", "{contains: DAILY}", answer("over the DAILY limit", 400),
                       answer("over the limit", 400)},
        condition_case{"header", "{header: x-error}", answer("{}", 200, {{"X-Error", ""}}),
                       answer("{}")},
        condition_case{"header_content", "{header: 'content-type: html'}",
                       answer("", 200, {{"Content-Type", "text/HTML; charset=x"}}),
                       answer("", 200, {{"Content-Type", "application/json"}})},
        condition_case{"all_together", "{status: 200, code: a==1, contains: b}",
                       answer(R"({"a":1,"b":2})"), answer(R"({"a":1,"c":2})")}),
    [](const auto& one) { return std::string{one.param.name}; });

TEST(rules, take_the_first_that_matches) {
  const auto rules = rules_of("- {when: {status: 429, contains: DAILY}, do: fail, classify: "
                              "throttled}\n- {when: {status: 429}, do: retry}");
  EXPECT_EQ(decided(rules, answer("DAILY", 429)), "fail throttled");
  EXPECT_EQ(decided(rules, answer("", 429)), "retry throttled");
}

span waited(std::string_view text, const headers& all = {}, unsigned tries = 1,
            std::uint64_t seed = 0) {
  const auto compiled = compile_pause(text);
  EXPECT_TRUE(compiled) << text;
  return compiled ? compiled->after(tries, all, noon, seed) : span{-1};
}

TEST(pauses, wait_as_they_say) {
  EXPECT_EQ(waited("const 2s"), 2s);
  EXPECT_EQ(waited("1500ms"), 1500ms);
  EXPECT_EQ(waited("header retry-after or const 2s", {{"Retry-After", "7"}}), 7s);
  EXPECT_EQ(waited("header retry-after or const 2s"), 2s);
  EXPECT_EQ(waited("header retry-after or const 2s", {{"Retry-After", "soon"}}), 2s);
  EXPECT_EQ(waited("header retry-after", {{"Retry-After", "Sun, 01 Mar 2026 12:00:09 GMT"}}), 9s);
  EXPECT_EQ(waited("header retry-after", {{"Retry-After", "Sun, 01 Mar 2026 11:00:00 GMT"}}), 0s);
  EXPECT_EQ(waited("header retry-after", {{"Retry-After", "999999"}}), longest_wait);
  EXPECT_EQ(waited("until_midnight"), 12h);
}

TEST(pauses, grow_up_to_their_end_and_spread_over_half) {
  EXPECT_EQ(waited("exp(1s..5m)", {}, 1), 1s);
  EXPECT_EQ(waited("exp(1s..5m)", {}, 4), 8s);
  EXPECT_EQ(waited("exp(1s..5m)", {}, 100), 5min);
  for (std::uint64_t seed = 0; seed < 10'000; seed += 7) {
    const auto one = waited("exp(1s..5m)", {}, 4, seed);
    EXPECT_GE(one, 4s);
    EXPECT_LE(one, 8s);
  }
}

TEST(pauses, refuse_what_is_none) {
  for (const char* text : {"", "soon", "exp(5m..1s)", "exp(0s..1s)", "exp(1s..25h)", "const -1s",
                           "25h", "const 1s or", "exp(1s"})
    EXPECT_FALSE(compile_pause(text)) << text;
}

struct verdicts : testing::Test {
  manifest m = manifest_of(value_of_yaml(R"yaml(
connector: c
base: http://h
errors:
  - {when: {status: 420}, do: wait, wait: {header: x-reset, as: epoch_s}, max: 2}
  - when: {status: 421}
    do: retry
    wait: exp(1s..10s)
    max: 3
    say: "{{stream}}: {{body.why}} ({{status}})"
  - {when: {status: 422}, do: skip_record, say: "it was {{body.why}}"}
  - {when: {status: 423}, do: ok}
  - {when: {status: 424}, do: reset_cursor}
  - {when: {status: 425}, do: skip_stream, say: "{{ 1 / 0 }}"}
streams: {things: {request: {get: /x}, records: data, key: id}}
)yaml"));
  connection c = connection_to(m);
  reading r{m, m.streams.front(), c};

  page_outcome outcome(const http_response& came, const position& at = {}) {
    return read_page(r, *page_request(r, at, {}, noon), came, at, {}, noon);
  }
  verdict judged(const http_response& came, const position& at = {}) {
    auto made = outcome(came, at);
    EXPECT_TRUE(std::holds_alternative<verdict>(made));
    return std::holds_alternative<verdict>(made) ? std::get<verdict>(made) : verdict{};
  }
};

TEST_F(verdicts, count_the_tries_of_each_rule_until_its_most) {
  position at;
  for (int tries = 1; tries <= 3; ++tries) {
    const auto made = judged(answer(R"({"why":"tired"})", 421), at);
    EXPECT_EQ(made.then, action::retry);
    EXPECT_GT(made.delay, 0s);
    EXPECT_EQ(made.why.why, "things: tired (421)");
    EXPECT_EQ(made.why.retry_after, made.delay);
    at = made.position;
    const auto other = judged(answer("", 420, {{"x-reset", "1772366407"}}), at);
    EXPECT_EQ(other.then, tries == 3 ? action::fail : action::wait);
    if (tries < 3) {
      EXPECT_EQ(other.delay, 7s);
    }
    at = other.position;
  }
  const auto last = judged(answer(R"({"why":"tired"})", 421), at);
  EXPECT_EQ(last.then, action::fail);
  EXPECT_EQ(last.why.why, "things: tired (421), also after 3 more tries");
  const auto kept = to_position(to_object(last.position));
  ASSERT_TRUE(kept);
  EXPECT_EQ(*kept, last.position);
}

TEST_F(verdicts, start_counting_anew_with_every_page) {
  const auto once = judged(answer("", 421));
  EXPECT_EQ(once.position.tries.size(), 1u);
  const auto after = std::get<page>(outcome(answer(R"({"data":[]})"), once.position));
  EXPECT_FALSE(after.next);
}

TEST_F(verdicts, pass_over_what_is_to_be_skipped) {
  const auto skipped = std::get<page>(outcome(answer(R"({"why":"odd"})", 422)));
  ASSERT_EQ(skipped.malformed.size(), 1u);
  EXPECT_EQ(skipped.malformed[0].reason, "it was odd");
  EXPECT_EQ(skipped.malformed[0].bytes.view(), R"({"why":"odd"})");
  EXPECT_TRUE(std::get<page>(outcome(answer("gone", 423))).records.empty());
  EXPECT_TRUE(std::get<page>(outcome(answer("", 204))).records.empty());
  EXPECT_EQ(judged(answer("", 424)).then, action::reset_cursor);
  const auto left = judged(answer(R"({"message":"no"})", 425));
  EXPECT_EQ(left.then, action::skip_stream);
  EXPECT_EQ(left.why.why, "the server answered 425: no") << "a sentence that fails is replaced";
}

TEST_F(verdicts, say_where_a_body_is_no_json_and_ask_a_few_times_more) {
  position at;
  for (int tries = 1; tries <= 4; ++tries) {
    const auto made =
        judged(answer("{\"data\":[{\"id\":1},{\"id\":", 200, {{"content-type", "text/html"}}), at);
    EXPECT_EQ(made.then, action::retry);
    EXPECT_EQ(made.why.where, "things: byte 24");
    EXPECT_EQ(made.why.why, "the answer is not JSON: the body ends in the middle of a value; it "
                            "says that it is text/html");
    EXPECT_EQ(made.delay, 1s * (1 << (tries - 1)));
    at = made.position;
  }
  const auto last = judged(answer("<html>"), at);
  EXPECT_EQ(last.then, action::fail);
  EXPECT_EQ(last.why.code, code::malformed);
  EXPECT_EQ(last.why.where, "things: byte 0");
}

} // namespace
} // namespace tenon::actors::connectors
