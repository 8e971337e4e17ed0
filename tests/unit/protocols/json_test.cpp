#include "protocols/json.hpp"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>
#include <sstream>

namespace {

using namespace std::chrono_literals;
using tenon::code;
using tenon::list;
using tenon::object;
using tenon::read_json;
using tenon::value;
using tenon::write_json;

const std::filesystem::path recordings = "tests/recordings/json";

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(json, accepts_and_refuses_as_the_json_test_suite_says) {
  int accepted = 0;
  int refused = 0;
  for (const auto& entry : std::filesystem::directory_iterator{recordings}) {
    const auto name = entry.path().filename().string();
    if (!name.ends_with(".json"))
      continue;
    const auto read = read_json(bytes_of(entry.path()));
    // Which of two equal keys was meant cannot be known, so these two valid texts are refused.
    const bool twice = name.starts_with("y_object_duplicated_key");
    if (name.starts_with("y_") && !twice) {
      EXPECT_TRUE(read) << name << ": " << read.error().why << ' ' << read.error().where;
      ++accepted;
    } else if (name.starts_with("n_") || twice) {
      EXPECT_FALSE(read) << name;
      ++refused;
    }
  }
  EXPECT_GT(accepted, 40);
  EXPECT_GT(refused, 90);
}

TEST(json, what_the_json_test_suite_accepts_reads_back_from_what_is_written) {
  for (const auto& entry : std::filesystem::directory_iterator{recordings})
    if (const auto read = read_json(bytes_of(entry.path()))) {
      EXPECT_EQ(read_json(write_json(*read)).value(), *read) << entry.path();
      EXPECT_EQ(read_json(write_json_pretty(*read)).value(), *read) << entry.path();
    }
}

TEST(json, agrees_with_another_parser_on_texts_with_random_faults) {
  const std::string sound =
      R"({"a":[1,-2.5e3,true,false,null,"x\u00e9\n"],"b":{"c":{},"d":[]},"e":"\ud83d\ude00 \\"} )";
  const std::string_view pieces = "{}[]:,\"\\0123-+.eEtfnul \n\x01\x80\xC3u";
  std::mt19937 random{20261121};
  simdjson::dom::parser other;
  int accepted = 0;
  for (int i = 0; i < 40'000; ++i) {
    std::string text = sound;
    for (auto faults = 1 + random() % 3; faults-- > 0;) {
      const auto at = random() % text.size();
      const char piece = pieces[random() % pieces.size()];
      switch (random() % 3) {
      case 0:
        text[at] = piece;
        break;
      case 1:
        text.insert(at, 1, piece);
        break;
      default:
        text.erase(at, 1 + random() % 4);
      }
    }
    const auto ours = read_json(text);
    simdjson::dom::element element;
    const bool theirs = other.parse(text).get(element) == simdjson::SUCCESS;
    const bool twice = !ours && ours.error().why.ends_with("twice");
    if (!twice) {
      ASSERT_EQ(ours.has_value(), theirs) << text << '\n' << (ours ? "" : ours.error().why);
    }
    accepted += ours ? 1 : 0;
  }
  EXPECT_GT(accepted, 1'000);
}

TEST(json, keeps_integers_exact_to_64_bits_and_makes_doubles_of_larger_ones) {
  EXPECT_EQ(read_json("9223372036854775807").value(), value{std::int64_t{9223372036854775807}});
  EXPECT_EQ(read_json("-9223372036854775808").value(),
            value{std::numeric_limits<std::int64_t>::min()});
  EXPECT_EQ(read_json("9223372036854775808").value(), value{9223372036854775808.0});
  EXPECT_EQ(read_json("[123456789012345678901234567890]").value(),
            (value{list{123456789012345678901234567890.0}}));
  EXPECT_EQ(read_json("1.0").value(), value{1.0});
  EXPECT_EQ(read_json("-0").value(), value{0});
  EXPECT_FALSE(read_json("1e999"));
}

TEST(json, keeps_members_in_the_order_written) {
  EXPECT_EQ(write_json(read_json(R"({ "z" : 1 , "a" : [ ] , "m" : { } })").value()),
            R"({"z":1,"a":[],"m":{}})");
}

TEST(json, refuses_a_key_written_twice_however_many_there_are) {
  const auto few = read_json(R"({"a":1,"\u0061":2})");
  ASSERT_FALSE(few);
  EXPECT_EQ(few.error().code, code::malformed);
  EXPECT_EQ(few.error().why, "the key 'a' is there twice");
  std::string many{"{"};
  for (int i = 0; i < 1'000; ++i)
    many += '"' + std::to_string(i) + "\":0,";
  EXPECT_TRUE(read_json(many + "\"x\":0}"));
  EXPECT_FALSE(read_json(many + "\"3\":0}"));
  EXPECT_FALSE(read_json(many + "\"999\":0}"));
}

TEST(json, names_the_byte_at_fault) {
  const auto where = [](std::string_view text) { return read_json(text).error().where; };
  EXPECT_EQ(where(R"({"a": nul})"), "byte 6");
  EXPECT_EQ(where(R"([1, 01])"), "byte 4");
  EXPECT_EQ(where(R"(["\x"])"), "byte 1");
  EXPECT_EQ(where("[1] 2"), "byte 4");
  EXPECT_EQ(where("tru"), "byte 0");
  EXPECT_EQ(where("[\"ab\\\"\n\"]"), "byte 6");
  EXPECT_EQ(where("[\"\xC3\xA9\xFF\"]"), "byte 4");
  EXPECT_EQ(where("[\"abc"), "byte 5");
}

TEST(json, refuses_what_is_larger_or_deeper_than_the_limits) {
  EXPECT_TRUE(read_json("[[1]]", {.depth = 2}));
  EXPECT_EQ(read_json("[[[1]]]", {.depth = 2}).error().code, code::too_large);
  EXPECT_EQ(read_json(R"({"a":{"a":{}}})", {.depth = 2}).error().code, code::too_large);
  EXPECT_TRUE(read_json("1234", {.bytes = 4}));
  EXPECT_EQ(read_json("12345", {.bytes = 4}).error().code, code::too_large);
  EXPECT_FALSE(read_json(std::string(1 << 20, '[')));
}

TEST(json, reads_a_text_that_is_larger_than_what_a_thread_keeps_and_then_a_small_one) {
  const std::string large(3u << 20, 'x');
  EXPECT_EQ(read_json('"' + large + '"').value(), value{large});
  EXPECT_EQ(read_json("[]").value(), value{list{}});
  EXPECT_FALSE(read_json(""));
  EXPECT_FALSE(read_json({}));
}

TEST(json, writes_the_shortest_number_that_reads_back) {
  EXPECT_EQ(write_json(0.1), "0.1");
  EXPECT_EQ(write_json(2.0), "2.0");
  EXPECT_EQ(write_json(-0.0), "-0.0");
  EXPECT_EQ(write_json(1e22), "1e+22");
  EXPECT_EQ(write_json(std::numeric_limits<double>::quiet_NaN()), "null");
  EXPECT_EQ(write_json(-std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(write_json(std::uint64_t{18446744073709551615u}), "18446744073709551616.0");
  std::mt19937_64 random{7};
  for (int i = 0; i < 20'000; ++i) {
    const auto bits = random();
    double d = 0;
    static_assert(sizeof d == sizeof bits);
    std::memcpy(&d, &bits, sizeof d);
    if (std::isfinite(d)) {
      ASSERT_EQ(read_json(write_json(d)).value(), value{d}) << write_json(d);
    }
  }
}

TEST(json, writes_utf_8_whatever_bytes_a_text_holds) {
  EXPECT_EQ(write_json("a\"b\\c\n\t\r\b\f\x01\x7f"), "\"a\\\"b\\\\c\\n\\t\\r\\b\\f\\u0001\x7f\"");
  EXPECT_EQ(write_json("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"),
            "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"");
  const std::string lost = "\xEF\xBF\xBD";
  EXPECT_EQ(write_json("\xFFx"), '"' + lost + "x\"");
  EXPECT_EQ(write_json("\xC0\x80"), '"' + lost + lost + '"');            // overlong
  EXPECT_EQ(write_json("\xED\xA0\x80"), '"' + lost + lost + lost + '"'); // a surrogate
  EXPECT_EQ(write_json("\xE2\x82"), '"' + lost + lost + '"');            // cut off
  EXPECT_EQ(write_json("\xF4\x90\x80\x80"), '"' + lost + lost + lost + lost + '"');
  std::mt19937 random{11};
  for (int i = 0; i < 20'000; ++i) {
    std::string text(random() % 12, '\0');
    for (char& c : text)
      c = static_cast<char>(random() % 3 == 0 ? random() % 128 : 128 + random() % 128);
    ASSERT_TRUE(read_json(write_json(text))) << write_json(text);
  }
}

TEST(json, writes_moments_as_texts_and_spans_as_milliseconds) {
  const tenon::moment at{1795251600250ms};
  EXPECT_EQ(write_json(object{{"at", at}, {"for", tenon::span{90s}}}),
            R"({"at":"2026-11-21T09:00:00.250Z","for":90000})");
}

TEST(json, indents_for_people) {
  EXPECT_EQ(write_json_pretty(object{{"a", list{1, object{}}}, {"b", list{}}}),
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}");
}

} // namespace
