#include "tests/unit/runtime/expression_asking.hpp"

#include <gtest/gtest.h>

namespace {

using namespace tenon::runtime::expression;
using tenon::tests::asked;
using tenon::tests::questions;

template <std::size_t Count> void check(const asked (&table)[Count]) {
  const questions q;
  for (const auto& [source, answer] : table)
    EXPECT_EQ(q.ask(source), answer) << source;
}

TEST(expression, reads_literals) {
  check({{"null", "null"},
         {"true", "true"},
         {"false", "false"},
         {"42", "42"},
         {"-42", "-42"},
         {"1.50", "1.5"},
         {"1e3", "1000.0"},
         {"2E-2", "0.02"},
         {"9223372036854775807", "9223372036854775807"},
         {"9223372036854775808", "9223372036854775808.0"},
         {"\"a\\n\\\"\\u00e9\"", "\"a\\n\\\"\xC3\xA9\""},
         {"'it\\'s'", "\"it's\""},
         {"[]", "[]"},
         {"[1, 'a', [true]]", "[1,\"a\",[true]]"},
         {"[1, input.rate, 2,]", "[1,0.25,2]"},
         {"{}", "{}"},
         {"{a: 1, 'b c': [2], in: 3}", "{\"a\":1,\"b c\":[2],\"in\":3}"},
         {"{a: input.amount, b: {c: record.rate}}", "{\"a\":12500,\"b\":{\"c\":0.25}}"}});
}

TEST(expression, follows_paths_through_trees_and_json_text_alike) {
  const questions q;
  for (const std::string root : {"input", "record"})
    for (const auto& [path, answer] : std::initializer_list<asked>{
             {".amount", "12500"},
             {".rate", "0.25"},
             {".name", "\"Ada \\\"L\\\" Lovelace\""},
             {".city", "\"Z\xC3\xBCrich\""},
             {".yes", "true"},
             {".nothing", "null"},
             {".absent", "null"},
             {".amount.deeper", "null"},
             {".nothing.deeper", "null"},
             {".tags", "[\"new\",\"vip\"]"},
             {".tags[0]", "\"new\""},
             {".tags[-1]", "\"vip\""},
             {".tags[2]", "null"},
             {".tags[-3]", "null"},
             {".tags.new", "null"},
             {"['amount']", "12500"},
             {".address[\"x-y\"]", "7"},
             {".address['z' + 'ip']", "\"8001\""},
             {".tags[2 - 1]", "\"vip\""},
             {".lines[1 + 1].sku", "\"c\""},
             {".lines[null]", "null"},
             {".lines.*.sku", "[\"a\",\"b\",\"c\"]"},
             {".lines.*.price", "[2.5,4]"},
             {".lines.*.parts.*", "[1,2,3]"},
             {".address.*", "[\"8001\",7]"},
             {".amount.*.x", "null"},
             {".empty.*.x", "[]"},
             {".lines[0]", "{\"sku\":\"a\",\"price\":2.5,\"parts\":[1,2]}"}})
      EXPECT_EQ(q.ask(root + std::string{path}), answer) << root << path;
  EXPECT_EQ(q.ask("{a: [1, {b: 2}]}.a[1].b"), "2");
  EXPECT_EQ(q.ask("record == input"), "true");
}

TEST(expression, calculates) {
  check(
      {{"1 + 2 * 3", "7"},
       {"(1 + 2) * 3", "9"},
       {"7 - 2 - 1", "4"},
       {"7 / 2", "3.5"},
       {"6 / 2", "3"},
       {"7 % 3", "1"},
       {"-7 % 3", "-1"},
       {"7.5 % 2", "1.5"},
       {"1 - -1", "2"},
       {"- - 1", "1"},
       {"-input.amount", "-12500"},
       {"0.1 + 0.2", "0.30000000000000004"},
       {"'a' + 'b'", "\"ab\""},
       {"'a' + 1 + 2.0", "\"a12\""},
       {"1 + 2 + 'a'", "\"3a\""},
       {"'x' + true", "\"xtrue\""},
       {"now() + '1d' == date('2026-11-22T09:00:00Z')", "true"},
       {"now() - date('2026-11-21') == duration('9h')", "true"},
       {"now() - '30m' < now()", "true"},
       {"duration('1h') * 3 == '3h'", "true"},
       {"duration('1h') + '30m'", "5400000"},
       {"duration('1h') + now() > now()", "true"},
       {"-duration('1s')", "-1000"},
       {"(-9223372036854775807 - 1) / -1", "!line 1, column 28: the result is larger than a "
                                           "number can be"},
       {"(-9223372036854775807 - 1) % -1", "0"},
       {"9223372036854775807 + 1", "!line 1, column 21: the result is larger than a number can be"},
       {"9223372036854775807 * 2", "!line 1, column 21: the result is larger than a number can be"},
       {"-9223372036854775807 - 2",
        "!line 1, column 22: the result is larger than a number can be"},
       {"1e308 * 10", "!line 1, column 7: the result is larger than a number can be"},
       {"1 / 0", "!line 1, column 3: division by zero"},
       {"1 % 0", "!line 1, column 3: division by zero"},
       {"1.5 / 0.0", "!line 1, column 5: division by zero"}});
}

TEST(expression, compares) {
  check({{"1 == 1.0", "true"},
         {"1 == '1'", "false"},
         {"9007199254740993 == 9007199254740992.0", "false"},
         {"9007199254740993 > 9007199254740992.0", "true"},
         {"[1, {a: 2}] == [1.0, {a: 2}]", "true"},
         {"{a: 1, b: 2} == {b: 2, a: 1}", "true"},
         {"[1] != [1, 2]", "true"},
         {"null == null", "true"},
         {"null == 0", "false"},
         {"'a' < 'b'", "true"},
         {"2 <= 2", "true"},
         {"2.5 >= 3", "false"},
         {"3 > 2.5", "true"},
         {"null < 1", "false"},
         {"1 < null", "false"},
         {"null >= null", "false"},
         {"record.at < now()", "true"},
         {"now() > record.at", "true"},
         {"now() == '2026-11-21T10:00:00+01:00'", "true"},
         {"now() == 'noon'", "false"},
         {"duration('90m') == '1h30m'", "true"},
         {"record.name == 'Ada \"L\" Lovelace'", "true"},
         {"record.tags == ['new', 'vip']", "true"},
         {"record.tags != 'new'", "true"},
         {"true == true and false != true", "true"}});
}

TEST(expression, asks_what_is_in_what) {
  check({{"'a' in ['a', 'b']", "true"},
         {"1.0 in [1]", "true"},
         {"'c' in ['a', 'b']", "false"},
         {"'c' not in ['a', 'b']", "true"},
         {"null in [null]", "true"},
         {"'ell' in 'hello'", "true"},
         {"null in 'hello'", "false"},
         {"'zip' in record.address", "true"},
         {"'zap' in input.address", "false"},
         {"'vip' in record.tags", "true"},
         {"'vip' in record.absent", "false"},
         {"'vip' not in record.absent", "true"},
         {"record.tags contains 'vip'", "true"},
         {"record.name contains 'Love'", "true"},
         {"record.absent contains 'x'", "false"},
         {"record.status in ['open', 'paid']", "true"},
         {"record.status startswith 'op'", "true"},
         {"record.status endswith 'op'", "false"},
         {"record.absent startswith 'op'", "false"},
         {"record.status matches '^o.*n$'", "true"},
         {"record.status matches 'X'", "false"},
         {"record.status matches 'o' + 'p'", "true"},
         {"record.absent matches 'X'", "false"}});
}

TEST(expression, decides) {
  check({{"true and false or true", "true"}, {"not true or true", "true"},
         {"not (true or true)", "false"},    {"not 1 == 2", "true"},
         {"not not null", "false"},          {"null or true", "true"},
         {"null and true", "false"},         {"true and null", "false"},
         {"1 == 1 ? 'a' : 'b'", "\"a\""},    {"null ? 'a' : 'b'", "\"b\""},
         {"false ? 1 : true ? 2 : 3", "2"},  {"null ?? 1", "1"},
         {"null ?? null ?? 2", "2"},         {"0 ?? 1", "0"},
         {"input.absent ?? 5 > 3", "true"},  {"input.absent ?? 1 + 1", "2"},
         {"(input.absent ?? 1) + 1", "2"},   {"-input.amount | abs", "12500"},
         {"1 + 1 | text", "\"2\""},          {"true ? 1 : 2 | text", "\"1\""},
         {"(input.tags | len) > 1", "true"}});
}

TEST(expression, does_not_compute_what_does_not_matter) {
  check({{"false and 1 / 0 == 1", "false"},
         {"true or 1 / 0 == 1", "true"},
         {"1 ?? 1 / 0", "1"},
         {"true ? 1 : 1 / 0", "1"},
         {"false ? 1 / 0 : 2", "2"},
         {"true and 1 / 0 == 1", "!line 1, column 12: division by zero"}});
}

TEST(expression, names_the_place_and_the_way_out_of_what_it_cannot_compile) {
  check(
      {{"", "!line 1, column 1: a value belongs here, not the end"},
       {"1 +", "!line 1, column 4: a value belongs here, not the end"},
       {"1 2", "!line 1, column 3: `2` is not expected here"},
       {"(1", "!line 1, column 3: `)` belongs after what is in parentheses, not the end"},
       {"[1 2]", "!line 1, column 4: `]` belongs after the elements of a list, not `2`"},
       {"{a 1}", "!line 1, column 4: `:` belongs after a key, not `1`"},
       {"{1: 1}", "!line 1, column 2: a key belongs here, not `1`"},
       {"{a: 1, a: 2}", "!line 1, column 8: the key 'a' is there twice"},
       {"true ? 1", "!line 1, column 9: `:` belongs after the first choice of `? :`, not the end"},
       {"input.", "!line 1, column 7: a field's name belongs after `.`, not the end Write other "
                  "names in brackets: a[\"x-y\"], a[0]."},
       {"a = 1", "!line 1, column 3: a single = means nothing here Did you mean `==`?"},
       {"a && b", "!line 1, column 3: this sign is not part of an expression Did you mean `and`?"},
       {"a # b", "!line 1, column 3: '#' is not part of an expression"},
       {"\"a", "!line 1, column 1: the text that starts here does not end Close it with \"."},
       {"'\\q'", "!line 1, column 2: there is no such escape Use \\n \\t \\r \\\\ \\\" \\' or "
                 "\\u and four hexadecimal digits."},
       {"'\\ud800'", "!line 1, column 2: there is no such escape Use \\n \\t \\r \\\\ \\\" \\' "
                     "or \\u and four hexadecimal digits."},
       {"1 < 2 < 3", "!line 1, column 7: comparisons do not chain Join them with `and`: `a < b "
                     "and b < c`."},
       {"a | len > 1", "!line 1, column 9: `>` cannot follow a pipe Put the pipe in "
                       "parentheses: `(x | f) ...`."},
       {"a | 1", "!line 1, column 5: a function's name belongs after `|`, not `1`"},
       {"a not b", "!line 1, column 3: `not` belongs before what it negates Write `not (a == b)` "
                   "or `a not in b`."},
       {"5m", "!line 1, column 1: a number cannot have letters after it Put lengths of time in "
              "quotes: \"30m\", \"2d\"."},
       {"1 +\n  and", "!line 2, column 3: a value belongs here, not `and`"},
       {"'\xC3\xBC' + lowr('X')",
        "!line 1, column 7: there is no function `lowr` Did you mean `lower`?"},
       {"round()", "!line 1, column 1: `round` takes another number of arguments than 0 It is "
                   "round(x: number, digits: number?) -> number."},
       {"1 matches '('", "!line 1, column 1: `matches` works with text or null, this is number"},
       {"'a' matches '('", "!line 1, column 13: the pattern is wrong: missing ): ("},
       {"input.a }}", "!line 1, column 9: `}` is not expected here Leave the {{ }} out: this is "
                      "an expression already."}});
}

TEST(expression, checks_types_before_it_runs) {
  check(
      {{"1 + true", "!line 1, column 3: `+` cannot work with bool and number"},
       {"1 - 'a'",
        "!line 1, column 3: `-` cannot work with number and text Convert the text: `number(x)`."},
       {"[1] * 2", "!line 1, column 1: `*` works with number or span, this is list"},
       {"1 < 'a'", "!line 1, column 3: a number and a text have no order Convert one: "
                   "`number(x)` or `text(x)`."},
       {"'a' and true", "!line 1, column 1: a condition is true or false, this is text Compare "
                        "it with something, or use `has(x)`."},
       {"1 ? 2 : 3", "!line 1, column 1: a condition is true or false, this is number Compare "
                     "it with something, or use `has(x)`."},
       {"not 'a'", "!line 1, column 5: a condition is true or false, this is text Compare it "
                   "with something, or use `has(x)`."},
       {"-'a'", "!line 1, column 2: `-` works with number or span, this is text"},
       {"1 in 2", "!line 1, column 6: `in` works with text or list or object or null, this is "
                  "number"},
       {"lower(1)", "!line 1, column 7: argument 1 of `lower` is text, this is number It is "
                    "lower(x: text) -> text."},
       {"1 | len", "!line 1, column 1: argument 1 of `len` is text or list or object, this is "
                   "number It is len(x: text|list|object) -> number."},
       {"input[[1]]", "!line 1, column 7: a key is a text or a whole number, this is list"},
       {"sha256('a')", "!line 1, column 1: these are raw bytes Pipe them into `hex` or `base64`."},
       {"'x' + md5('a')",
        "!line 1, column 7: these are raw bytes Pipe them into `hex` or `base64`."},
       {"true ? sha256('a') : 'b'",
        "!line 1, column 1: these are raw bytes Pipe them into `hex` or `base64`."}});
}

TEST(expression, fails_with_the_place_when_a_type_is_wrong_at_run_time) {
  check({{"1 + input.tags", "!line 1, column 3: `+` cannot work with number and list"},
         {"input.absent + 1", "!line 1, column 14: `+` cannot work with null and number Give what "
                              "may be missing a default: `x ?? 0`."},
         {"input.name > 1", "!line 1, column 12: text and number have no order"},
         {"input.tags > 1", "!line 1, column 12: list and number have no order"},
         {"input.name and true", "!line 1, column 1: a condition is true or false, this is text "
                                 "Compare it with something, or use `has(x)`."},
         {"1 in input.amount",
          "!line 1, column 3: only a text, list or object contains something, not number"},
         {"lower(input.amount)", "!line 1, column 1: argument 1 of `lower` is text, this is "
                                 "number It is lower(x: text) -> text."},
         {"input[input.rate]",
          "!line 1, column 6: a key is a text or a whole number, this is number"},
         {"input.tags startswith 'a'",
          "!line 1, column 12: `startswith` cannot work with list and text"},
         {"input.status matches input.name + '('",
          "!line 1, column 14: the pattern is wrong: missing ): Ada \"L\" Lovelace("},
         {"now() > input.name", "!line 1, column 7: 'Ada \"L\" Lovelace' is not a time in RFC 3339 "
                                "Write it like 2026-11-21T09:00:00Z, 2026-11-21T10:00:00+01:00 or "
                                "2026-11-21."}});
}

} // namespace
