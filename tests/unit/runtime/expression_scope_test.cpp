#include "tests/unit/runtime/expression_asking.hpp"

#include <gtest/gtest.h>

namespace {

using namespace tenon::runtime::expression;
using tenon::code;
using tenon::value;
using tenon::tests::questions;

TEST(expression_template, keeps_the_type_of_exactly_one_expression) {
  const questions q;
  EXPECT_EQ(q.fill("{{ input.amount }}"), "12500");
  EXPECT_EQ(q.fill("{{input.tags}}"), "[\"new\",\"vip\"]");
  EXPECT_EQ(q.fill("{{input.absent}}"), "null");
  EXPECT_EQ(q.fill("{{ {a: {b: 1}}}}"), "{\"a\":{\"b\":1}}");
}

TEST(expression_template, makes_text_of_anything_else) {
  const questions q;
  EXPECT_EQ(q.fill(""), "\"\"");
  EXPECT_EQ(q.fill("plain } text {"), "\"plain } text {\"");
  EXPECT_EQ(q.fill(" {{input.amount}}"), "\" 12500\"");
  EXPECT_EQ(q.fill("{{input.amount}}{{input.rate}}"), "\"125000.25\"");
  EXPECT_EQ(q.fill("a {{input.absent}} b"), "\"a  b\"");
  EXPECT_EQ(q.fill("tags: {{record.tags}}"), "\"tags: [\\\"new\\\",\\\"vip\\\"]\"");
  EXPECT_EQ(q.fill("at {{now()}}, in {{duration('90m')}}"),
            "\"at 2026-11-21T09:00:00Z, in 1h30m\"");
  EXPECT_EQ(q.fill("{{'{{'}} {{ '}}' }}"), "\"{{ }}\"");
  EXPECT_EQ(q.fill("Promotion {{input.name | upper}} for {{input.amount | money('EUR')}}"),
            "\"Promotion ADA \\\"L\\\" LOVELACE for 12,500.00 EUR\"");
}

TEST(expression_template, names_the_place_in_the_whole_text) {
  const questions q;
  EXPECT_EQ(q.fill("one\ntwo {{ 1 + }}"), "!line 2, column 12: a value belongs here, not `}`");
  EXPECT_EQ(q.fill("{{ input.a"),
            "!line 1, column 11: the end is not expected here Close the expression with }}.");
  EXPECT_EQ(q.fill("{{ input.a } }"), "!line 1, column 12: `}` is not expected here");
  EXPECT_EQ(q.fill("x {{ 1 / 0 }}"), "!line 1, column 8: division by zero");
  EXPECT_EQ(q.fill("x {{ sha256('a') }}"),
            "!line 1, column 6: these are raw bytes Pipe them into `hex` or `base64`.");
}

TEST(expression_roots, that_are_unknown_are_refused_with_what_was_meant) {
  const questions q;
  const options o{.roots = {"input", "record"}};
  EXPECT_EQ(q.ask("inptu.amount", o),
            "!line 1, column 1: there is no `inptu` here Did you mean `input`?");
  EXPECT_EQ(q.ask("1 + now", o), "!line 1, column 5: there is no `now` here Did you mean `now()`?");
  EXPECT_EQ(q.ask("zzzzzzzz", o),
            "!line 1, column 1: there is no `zzzzzzzz` here There are input, record, secret");
  EXPECT_EQ(q.ask("input.amount", o), "12500");
}

TEST(expression_roots, may_be_implied) {
  const questions q;
  const options o{.roots = {"input", "record"}, .implied_root = "record"};
  EXPECT_EQ(q.ask("amount > 10 and status in ['open', 'paid']", o), "true");
  EXPECT_EQ(q.ask("input.rate + rate", o), "0.5");
  EXPECT_EQ(q.ask("lines.*.price | sum", o), "6.5");
}

TEST(expression_secrets, are_refused_where_they_are_not_allowed) {
  const questions q;
  EXPECT_EQ(q.ask("'a' + secret.token", {.allow_secrets = false}),
            "!line 1, column 7: a secret cannot be used here Secrets may stand only in fields that "
            "are sent and never shown or stored.");
  EXPECT_TRUE(compile("'a' + secret.token").value().uses_secret());
  EXPECT_FALSE(compile("'a' + input.token").value().uses_secret());
}

TEST(expression_secrets, taint_the_answers_that_they_were_used_for) {
  const questions q;
  notes noted;
  q.answer(compile("'Bearer ' + secret.token"), &noted);
  EXPECT_TRUE(noted.secret);
  q.answer(compile("true ? 1 : secret.token"), &noted);
  EXPECT_FALSE(noted.secret);
}

TEST(expression_notes, count_paths_that_led_nowhere_unless_a_default_was_given) {
  const questions q;
  const auto missing = [&](std::string_view source) {
    notes noted;
    q.answer(compile(source), &noted);
    return std::to_string(noted.missing) + ' ' + noted.first_missing;
  };
  EXPECT_EQ(missing("input.amount"), "0 ");
  EXPECT_EQ(missing("input.nothing"), "0 ");
  EXPECT_EQ(missing("input.absent"), "1 input.absent");
  EXPECT_EQ(missing("[record.tags[7], input . absent.x, nobody]"), "3 record.tags[7]");
  EXPECT_EQ(missing("input.absent ?? 1"), "0 ");
  EXPECT_EQ(missing("input['ab' + 'sent'] ?? 1"), "0 ");
  EXPECT_EQ(missing("has(input.absent)"), "0 ");
  EXPECT_EQ(missing("input.absent | default(input.gone)"), "0 ");
  EXPECT_EQ(missing("input.absent | lower | default('x')"), "1 input.absent");
}

TEST(expression_program, says_what_it_uses_and_gives) {
  const auto p = compile("record.a + record.b.*.c > 1 and record.a != now()").value();
  EXPECT_EQ(p.paths(), (std::vector<std::string_view>{"record.a", "record.b.*.c"}));
  EXPECT_TRUE(p.uses_now());
  EXPECT_EQ(p.result_type(), "bool");
  EXPECT_EQ(compile("input.a").value().result_type(), "anything");
  EXPECT_EQ(compile("'a' | len").value().result_type(), "number");
  EXPECT_EQ(compile("input.a | lower").value().result_type(), "text or null");
  EXPECT_EQ(compile_template("a {{input.a}}").value().result_type(), "text");
}

TEST(expression_condition, is_true_false_or_a_failure) {
  const questions q;
  const auto condition = [&](std::string_view source) {
    const auto answer =
        evaluate_condition(compile(source).value(), const_cast<questions&>(q).names());
    return answer ? std::string{*answer ? "true" : "false"} : answer.error().why;
  };
  EXPECT_EQ(condition("record.amount > 10"), "true");
  EXPECT_EQ(condition("record.absent"), "false");
  EXPECT_EQ(condition("record.amount"), "a condition is true or false, this is number");
}

TEST(expression_text, is_the_answer_as_people_read_it) {
  questions q;
  const auto text = [&](std::string_view source) {
    return evaluate_text(compile(source).value(), q.names()).value();
  };
  EXPECT_EQ(text("2.0"), "2");
  EXPECT_EQ(text("1e5"), "100000");
  EXPECT_EQ(text("1e21"), "1e+21");
  EXPECT_EQ(text("null"), "");
  EXPECT_EQ(text("[1, 2.0]"), "[1,2.0]");
}

TEST(expression_now, is_refused_where_there_is_none) {
  const scope nothing;
  EXPECT_EQ(evaluate(compile("now()").value(), nothing).error().why,
            "there is no present time here");
}

TEST(expression_json_root, is_refused_where_it_is_read_and_broken) {
  const auto ask = [](std::string_view bytes, std::string_view source) {
    scope names;
    names.bind_json("record", bytes);
    const auto v = evaluate(compile(source).value(), names);
    return v ? tenon::write_json(*v) : v.error().why;
  };
  EXPECT_EQ(ask(R"( {"a":1} )", "record.a"), "1");
  EXPECT_EQ(ask(R"(17)", "record + 1"), "18");
  EXPECT_EQ(ask(R"({"\u0061":1})", "record.a"), "1");
  EXPECT_EQ(ask("{\"a\":\"\\u00e9\\n\"}", "record.a"), "\"\xC3\xA9\\n\"");
  EXPECT_EQ(ask(R"({"a":1e2,"b":-0.5,"c":123456789012345678901})", "[record.a,record.b,record.c]"),
            "[100.0,-0.5,123456789012345683968.0]");
  const std::string broken = "what is looked up is not JSON";
  for (const auto* bytes :
       {"", "{", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":nul}", "{\"a\":01}",
        "{\"a\":\"\x01\"}", "{\"a\":[1}", "{\"a\":\"\xFF\"}", "{a:1}", "{\"x\":1 \"a\":1}", "]"})
    EXPECT_TRUE(ask(bytes, "record.a").starts_with(broken) ||
                ask(bytes, "record.a").starts_with("this is not JSON"))
        << bytes << ' ' << ask(bytes, "record.a");
  // What is not read is not checked.
  EXPECT_EQ(ask(R"({"a":1,"b":nul)", "record.a"), "1");
}

TEST(expression_scope, may_bind_a_name_again) {
  scope names;
  const value one{1};
  const value two{2};
  names.bind("a", one).bind("a", two);
  EXPECT_EQ(evaluate(compile("a").value(), names).value(), two);
  names.bind_json("a", "3");
  EXPECT_EQ(evaluate(compile("a").value(), names).value(), value{3});
}

TEST(expression_limits, refuse_what_is_too_long_too_deep_or_too_much) {
  const questions q;
  const auto code_of = [](const tenon::result<program>& p) { return p.error().code; };
  EXPECT_EQ(code_of(compile(std::string(max_source_bytes + 1, ' '))), code::too_large);
  EXPECT_EQ(code_of(compile_template(std::string(max_source_bytes + 1, ' '))), code::too_large);
  const auto nested = [](std::size_t n) { return std::string(n, '(') + '1' + std::string(n, ')'); };
  EXPECT_TRUE(compile(nested(20)));
  EXPECT_EQ(compile(nested(1000)).error().why, "the expression is nested more than 64 deep");
  EXPECT_FALSE(compile(std::string(5000, '-') + "1"));
  EXPECT_FALSE(compile(std::string(5000, '[') + "1"));
  std::string chain{"1"};
  for (int i = 0; i < 3000; ++i)
    chain += " + 1";
  EXPECT_EQ(q.ask(chain), "3001");
  for (int i = 0; i < 3000; ++i)
    chain += " + 1";
  EXPECT_EQ(code_of(compile(chain)), code::too_large);
  std::string constants{"'x' in ['x'"};
  std::string computed{"['x'"};
  for (int i = 0; i < 5000; ++i) {
    constants += ",'y'";
    computed += i < 300 ? ",input.a" : "";
  }
  EXPECT_EQ(q.ask(constants + "]"), "true");
  EXPECT_EQ(code_of(compile(computed + "]")), code::too_large);
}

TEST(expression_limits, bound_what_an_evaluation_does_and_makes) {
  questions q;
  const value many{tenon::list(200'000, value{1})};
  const value large{std::string(900'000, 'x')};
  q.names().bind("many", many).bind("large", large);
  EXPECT_EQ(q.ask("many | sum"), "!line 1, column 8: the expression needs more than 10000 steps "
                                 "Use smaller lists, or split the work.");
  EXPECT_EQ(q.ask("many.*.a"), "!line 1, column 1: the expression needs more than 10000 steps Use "
                               "smaller lists, or split the work.");
  EXPECT_EQ(q.ask("large + large"),
            "!line 1, column 7: the text that is made is longer than 1048576 bytes");
  std::string copies{"["};
  for (int i = 0; i < 30; ++i)
    copies += "large,";
  EXPECT_EQ(q.ask(copies + "]"), "!line 1, column 1: the expression makes more than 16 MiB");
}

} // namespace
