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

constexpr asked texts[]{
    {"lower('ABZ\xC3\x9C')", "\"abz\xC3\x9C\""},
    {"upper('abz')", "\"ABZ\""},
    {"trim('  a b\\n')", "\"a b\""},
    {"trim('--a--', '-')", "\"a\""},
    {"trim('   ')", "\"\""},
    {"split('a,b,,c', ',')", "[\"a\",\"b\",\"\",\"c\"]"},
    {"split('', ',')", "[\"\"]"},
    {"split('a', '')", "!line 1, column 1: the separator is empty"},
    {"join(['a', 1, true], '-')", "\"a-1-true\""},
    {"join(['a', 'b'])", "\"ab\""},
    {"join([], ',')", "\"\""},
    {"replace('aXbX', 'X', 'yy')", "\"ayybyy\""},
    {"replace('a', '', 'b')", "!line 1, column 1: the text to replace is empty"},
    {"slice('h\xC3\xA9llo', 1, 3)", "\"\xC3\xA9l\""},
    {"slice('hello', -3)", "\"llo\""},
    {"slice('hello', 2, 1)", "\"\""},
    {"slice('hello', 0, 99)", "\"hello\""},
    {"slice([1, 2, 3], 1)", "[2,3]"},
    {"slice(input.tags, 0, -1)", "[\"new\"]"},
    {"text(1.0)", "\"1\""},
    {"text(null)", "\"\""},
    {"text([1])", "\"[1]\""},
    {"json({a: [1, 'x']})", "\"{\\\"a\\\":[1,\\\"x\\\"]}\""},
    {"json_ascii({a: '\xC3\xA9'})", "\"{\\\"a\\\":\\\"\\\\u00e9\\\"}\""},
    {"json_ascii('a\x7F\xE2\x82\xAC\xF0\x9F\x98\x80')",
     "\"\\\"a\\\\u007f\\\\u20ac\\\\ud83d\\\\ude00\\\"\""},
    {"parse_json(json_ascii('\xF0\x9F\x98\x80'))", "\"\xF0\x9F\x98\x80\""},
    {"parse_json('{\"a\": [1]}').a[0]", "1"},
    {"parse_json('{')", "!line 1, column 1: this is not JSON: "
                        "a value, comma, colon or bracket is missing or too many"},
    {"startswith('abc', 'ab')", "true"},
    {"endswith('abc', 'ab')", "false"},
    {"mask('4111111111111111')", "\"****1111\""},
    {"mask('abcdefgh', 2)", "\"****gh\""},
    {"mask('abc')", "\"****\""},
    {"pad('7', 3, '0')", "\"007\""},
    {"pad('1234', 3)", "\"1234\""},
    {"pad('7', 3, 'ab')", "!line 1, column 1: the filling is not one character"},
    {"lower(input.absent)", "null"},
};

constexpr asked numbers[]{
    {"round(2.5)", "3"},
    {"round(-2.5)", "-3"},
    {"round(2.345, 2)", "2.35"},
    {"round(1.005, 2)", "1.01"},
    {"round(7, 2)", "7"},
    {"round(1e300)", "1e+300"},
    {"round(1.5, 99)",
     "!line 1, column 1: the number of digits is not a whole number from 0 to 15"},
    {"floor(-1.5)", "-2"},
    {"ceil(1.2)", "2"},
    {"abs(-3)", "3"},
    {"abs(-0.5)", "0.5"},
    {"min(3, 1, 2)", "1"},
    {"max([3, 1.5, 2])", "3"},
    {"max(record.lines.*.price)", "4"},
    {"max('a', 'b')", "\"b\""},
    {"min([])", "null"},
    {"max(null, 1)", "1"},
    {"max(1, 'a')", "!line 1, column 1: text and number have no order"},
    {"max([true])", "!line 1, column 1: bool and bool have no order"},
    {"sum([1, 2.5, null])", "3.5"},
    {"sum(1, 2, 3)", "6"},
    {"sum([])", "0"},
    {"sum(['a'])", "!line 1, column 1: only numbers have a sum, this is text"},
    {"number(' 12 ')", "12"},
    {"number('1.5e1')", "15.0"},
    {"number(true)", "1"},
    {"number('x')", "!line 1, column 1: 'x' is not a number"},
    {"number('inf')", "!line 1, column 1: 'inf' is not a number"},
    {"money(1234567.891, 'EUR')", "\"1,234,567.89 EUR\""},
    {"money(-1234, 'USD')", "\"-1,234.00 USD\""},
    {"money(1234.5, 'JPY')", "\"1,235 JPY\""},
    {"money(1.5, 'KWD')", "\"1.500 KWD\""},
    {"money(12)", "\"12.00\""},
    {"money(999)", "\"999.00\""},
};

constexpr asked times[]{
    {"now()", "\"2026-11-21T09:00:00Z\""},
    {"date('2026-11-21') | type", "\"moment\""},
    {"date('2026-11-21', '%d.%m.%y')", "\"21.11.26\""},
    {"date('nope')", "!line 1, column 1: 'nope' is not a time in RFC 3339 Write it like "
                     "2026-11-21T09:00:00Z, 2026-11-21T10:00:00+01:00 or 2026-11-21."},
    {"duration('1h30m')", "5400000"},
    {"now() | format('%Y-%m-%d %H:%M:%S.%L %j %B %b %A %a %u %s %%')",
     "\"2026-11-21 09:00:00.000 325 November Nov Saturday Sat 6 1795251600 %\""},
    {"format('2026-01-02T03:04:05.678Z', '%F %T')", "\"2026-01-02 03:04:05\""},
    {"format(now(), '%Q')",
     "!line 1, column 1: the pattern has '%Q', which means nothing Use %Y %y "
     "%m %d %j %H %M %S %L %B %b %A %a %u %s %F %T or %%."},
    {"format(now(), '%')", "!line 1, column 1: the pattern has '%', which means nothing Use %Y %y "
                           "%m %d %j %H %M %S %L %B %b %A %a %u %s %F %T or %%."},
    {"epoch_s(now())", "1795251600"},
    {"epoch_s('1969-12-31T23:59:59.5Z')", "-1"},
    {"epoch_ms('1970-01-01T00:00:01.5Z')", "1500"},
    {"from_epoch_s(1795251600) == now()", "true"},
    {"from_epoch_s(1.5) | epoch_ms", "1500"},
    {"from_epoch_ms(1795251600000) == now()", "true"},
    {"from_epoch_s(1e300)", "!line 1, column 1: no moment is that far away"},
    {"rfc3339('2026-11-21T10:00:00+01:00')", "\"2026-11-21T09:00:00Z\""},
    {"add(now(), '1d')", "\"2026-11-22T09:00:00Z\""},
    {"add('2026-11-21', duration('1h'))", "\"2026-11-21T01:00:00Z\""},
    {"add_days(now(), -0.5)", "\"2026-11-20T21:00:00Z\""},
    {"truncate('2026-11-21T09:08:07.5Z', 'second')", "\"2026-11-21T09:08:07Z\""},
    {"truncate('2026-11-21T09:08:07Z', 'minute')", "\"2026-11-21T09:08:00Z\""},
    {"truncate('2026-11-21T09:08:07Z', 'hour')", "\"2026-11-21T09:00:00Z\""},
    {"truncate(now(), 'day')", "\"2026-11-21T00:00:00Z\""},
    {"truncate(now(), 'week')", "\"2026-11-16T00:00:00Z\""},
    {"truncate(now(), 'month')", "\"2026-11-01T00:00:00Z\""},
    {"truncate(now(), 'year')", "\"2026-01-01T00:00:00Z\""},
    {"truncate(now(), 'era')", "!line 1, column 1: a moment cannot be truncated to 'era' Use "
                               "second, minute, hour, day, week, month or year."},
    {"truncate('h\xC3\xA9llo', 3)", "\"h\xC3\xA9\xE2\x80\xA6\""},
    {"truncate('hello', 5)", "\"hello\""},
    {"truncate(from_epoch_ms(9e15), 'day')",
     "!line 1, column 1: the moment is outside the years 0 to 9999"},
};

constexpr asked collections[]{
    {"len('h\xC3\xA9')", "2"},
    {"len(record.lines)", "3"},
    {"len({a: 1})", "1"},
    {"len(record.absent)", "null"},
    {"keys(record.address)", "[\"zip\",\"x-y\"]"},
    {"values(record.address)", "[\"8001\",7]"},
    {"first(record.tags)", "\"new\""},
    {"last(input.tags)", "\"vip\""},
    {"first([])", "null"},
    {"unique([1, 1.0, 'a', '1', 'a', [1], [1]])", "[1,\"a\",\"1\",[1]]"},
    {"sort([3, 1.5, 2])", "[1.5,2,3]"},
    {"sort(['b', 'a'])", "[\"a\",\"b\"]"},
    {"sort([])", "[]"},
    {"sort([1, 'a'])",
     "!line 1, column 1: only numbers, texts, moments or spans can be sorted, and "
     "only among their own; this list has number or text"},
    {"reverse([1, 2])", "[2,1]"},
    {"has(input.absent)", "false"},
    {"has(input.amount)", "true"},
    {"type(1)", "\"number\""},
    {"type(null)", "\"null\""},
    {"type(true)", "\"bool\""},
    {"type('')", "\"text\""},
    {"type(duration('1s'))", "\"span\""},
    {"type(record.tags)", "\"list\""},
    {"type(record)", "\"object\""},
    {"bool('yes')", "true"},
    {"bool(0)", "false"},
    {"bool(true)", "true"},
    {"bool('maybe')", "!line 1, column 1: 'maybe' is neither true nor false Use true, yes, on, 1 "
                      "or false, no, off, 0."},
    {"coalesce(null, input.absent, 3)", "3"},
    {"coalesce(null)", "null"},
    {"default(input.absent, 'x')", "\"x\""},
    {"input.amount | default(0)", "12500"},
    {"merge({a: 1, b: 2}, {b: 3})", "{\"a\":1,\"b\":3}"},
    {"without({a: 1, b: 2, c: 3}, ['a', 'c', 'd'])", "{\"b\":2}"},
    {"without({a: 1}, [])", "{\"a\":1}"},
};

constexpr asked encodings[]{
    {"hex('a\\n')", "\"610a\""},
    {"base64('a')", "\"YQ==\""},
    {"base64('ab')", "\"YWI=\""},
    {"base64('abc')", "\"YWJj\""},
    {"base64url('\?\?>')", "\"Pz8-\""},
    {"base64url('a')", "\"YQ\""},
    {"unbase64('YWJj')", "\"abc\""},
    {"unbase64('YQ==')", "\"a\""},
    {"unbase64('Pz8-')", "\"\?\?>\""},
    {"unbase64('a')", "!line 1, column 1: the text is not base64: its length is wrong"},
    {"unbase64('a*==')",
     "!line 1, column 1: the text is not base64: it has a character that is not allowed"},
    {"urlencode('a b/\xC3\xA9~')", "\"a%20b%2F%C3%A9~\""},
    {"urldecode('a+b%2f%C3%A9')", "\"a b/\xC3\xA9\""},
    {"urldecode('%zz')", "!line 1, column 1: a % is not followed by two hexadecimal digits"},
    {"md5('abc') | hex", "\"900150983cd24fb0d6963f7d28e17f72\""},
    {"sha1('abc') | hex", "\"a9993e364706816aba3e25717850c26c9cd0d89d\""},
    {"sha256('abc') | hex", "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\""},
    {"unhex('4A6b') | hex", "\"4a6b\""},
    {"unhex('4A6') | hex", "!line 1, column 1: the text is not pairs of hexadecimal digits"},
    {"sha512('abc') | hex | slice(0, 16)", "\"ddaf35a193617aba\""},
    {"hmac_sha512('Jefe', 'what do ya want for nothing?') | hex | slice(0, 16)",
     "\"164b7a7bfcf819e2\""},
    {"hmac_sha256('key', 'The quick brown fox jumps over the lazy dog') | hex",
     "\"f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8\""},
    {"hmac_sha1('key', 'The quick brown fox jumps over the lazy dog') | hex",
     "\"de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9\""},
    {"hmac_sha256(sha256('k'), 'x') | base64 | len", "44"},
    {"uuid('a') == uuid('a') and uuid('a') != uuid('b')", "true"},
    {"uuid('a') matches '^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'",
     "true"},
};

TEST(expression_functions, work_on_texts) {
  check(texts);
}
TEST(expression_functions, work_on_numbers) {
  check(numbers);
}
TEST(expression_functions, work_on_times) {
  check(times);
}
TEST(expression_functions, work_on_collections) {
  check(collections);
}
TEST(expression_functions, encode_and_digest) {
  check(encodings);
}

TEST(expression_functions, are_each_in_a_table_above_and_described) {
  std::string asked_for;
  const auto add = [&](const auto& table) {
    for (const auto& row : table)
      asked_for.append(" ").append(row.source).append(" ");
  };
  add(texts), add(numbers), add(times), add(collections), add(encodings);
  std::string_view before;
  for (const auto& [signature, meaning] : describe_functions()) {
    const auto name = signature.substr(0, signature.find('('));
    EXPECT_LT(before, name) << "in order, each once";
    before = name;
    const bool tested = asked_for.find(" " + std::string{name} + "(") != std::string::npos ||
                        asked_for.find("| " + std::string{name}) != std::string::npos;
    EXPECT_TRUE(tested) << name;
    EXPECT_TRUE(meaning.ends_with('.') || meaning.find(':') != meaning.npos) << name;
  }
}

} // namespace
