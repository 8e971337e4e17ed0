#include "actors/integration/page/path.hpp"

#include "protocols/json.hpp"

#include <gtest/gtest.h>

#include <random>

namespace tenon::actors::connectors {
namespace {

std::string place_of(std::string_view bytes) {
  const auto checked = json_text::check(bytes);
  return checked ? "fine" : checked.error().where + ": " + checked.error().why;
}

std::string found_at(std::string_view bytes, std::string_view path) {
  const auto text = json_text::check(bytes);
  const auto found = find(*text, text->root(), *compile_path(path));
  return found ? std::string{*found} : "nothing";
}

std::string all_at(std::string_view bytes, std::string_view path) {
  const auto text = json_text::check(bytes);
  std::string all;
  find_all(*text, text->root(), *compile_path(path),
           [&](std::string_view one) { all += (all.empty() ? "" : " ") + std::string{one}; });
  return all;
}

TEST(json_text, accepts_what_json_is) {
  for (const char* text :
       {"null", " true ", "false", "0", "-0", "-1.5e+10", "1E2", "\"\"", "[]", "{}", "[ ]", "{ }",
        "[1 , 2]", "{\"a\" : [ { } ]}", "\"\\u00e9\\n\\\\\\\"\\/\"", "\"\\ud83d\\ude00\"",
        "\"\xc3\xa9 \xf0\x9f\x98\x80\"", "\xef\xbb\xbf{\"a\":1}", "\r\n\t[1]\n"})
    EXPECT_EQ(place_of(text), "fine") << text;
}

TEST(json_text, says_where_and_why_it_is_none) {
  const std::pair<std::string, const char*> wrong[]{
      {"", "byte 0: the body is empty"},
      {"   ", "byte 3: the body is empty"},
      {"<html>", "byte 0: this is not a JSON value"},
      {"{\"a\":1", "byte 6: the body ends in the middle of a value"},
      {"{\"a\"", "byte 4: the body ends in the middle of a value"},
      {"{\"a", "byte 3: the body ends in the middle of a text"},
      {"[1,", "byte 3: the body ends in the middle of a value"},
      {"tru", "byte 0: the body ends in the middle of a value"},
      {"trux", "byte 0: this is not a JSON value"},
      {"[1 2]", "byte 3: a comma or ] is missing"},
      {"{\"a\":1 \"b\":2}", "byte 7: a comma or } is missing"},
      {"{\"a\" 1}", "byte 5: a colon is missing"},
      {"{a:1}", "byte 1: a key in quotes is missing"},
      {"[1,]", "byte 3: this is not a JSON value"},
      {"{\"a\":1,}", "byte 7: a key in quotes is missing"},
      {"01", "byte 0: a number starts with a needless zero"},
      {"-", "byte 1: the body ends in the middle of a value"},
      {"1.", "byte 2: the body ends in the middle of a value"},
      {"[1.]", "byte 3: digits are missing behind the point"},
      {"[1e]", "byte 3: digits are missing in the exponent"},
      {"+1", "byte 0: this is not a JSON value"},
      {"NaN", "byte 0: this is not a JSON value"},
      {"\"a\nb\"", "byte 2: a control character stands in a text"},
      {"\"\\x\"", "byte 1: an escape is not one that JSON knows"},
      {"\"\\u12g4\"", "byte 1: an escape is not one that JSON knows"},
      {"\"\\ud800x\"", "byte 1: an escape is half of a surrogate pair"},
      {"\"\\udc00\"", "byte 1: an escape is half of a surrogate pair"},
      {"\"abcdefghij\xff\"", "byte 11: a byte is not UTF-8"},
      {"\"\xed\xa0\x80\"", "byte 1: a byte is not UTF-8"},
      {"{} {}", "byte 3: something follows the JSON value"},
  };
  for (const auto& [text, where] : wrong)
    EXPECT_EQ(place_of(text), where) << text;
}

TEST(json_text, bounds_depth) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(place_of(nested(json_text::max_depth)), "fine");
  EXPECT_EQ(place_of(nested(json_text::max_depth + 1)), "byte 64: the value is nested too deep");
  EXPECT_FALSE(json_text::check(std::string(1'000'000, '[')));
}

TEST(json_text, finds_members_items_and_escaped_keys) {
  const std::string body = R"({"a":{"b":[10,{"c":"x"}]},"e\u00e9":1,"@odata.next":"n","z":null})";
  EXPECT_EQ(found_at(body, "a.b.1.c"), "\"x\"");
  EXPECT_EQ(found_at(body, "a.b.0"), "10");
  EXPECT_EQ(found_at(body, "a.b.2"), "nothing");
  EXPECT_EQ(found_at(body, "a.b.x"), "nothing");
  EXPECT_EQ(found_at(body, "e\xc3\xa9"), "1");
  EXPECT_EQ(found_at(body, "@odata\\.next"), "\"n\"");
  EXPECT_EQ(found_at(body, "z"), "null");
  EXPECT_EQ(found_at(body, "z.y"), "nothing");
  EXPECT_EQ(found_at(body, "."), body);
  EXPECT_EQ(found_at(body, "a.*.1.c"), "\"x\"");
}

TEST(json_text, lets_a_star_stand_for_every_item_and_member) {
  EXPECT_EQ(all_at(R"({"g":[{"m":[1,2]},{"m":3},{}, 5]})", "g.*.m"), "[1,2] 3");
  EXPECT_EQ(all_at(R"({"g":{"x":{"id":1},"y":{"id":2}}})", "g.*.id"), "1 2");
  EXPECT_EQ(all_at(R"([1,[2]])", "*"), "1 [2]");
  EXPECT_EQ(all_at(R"({"g":7})", "g.*"), "");
}

TEST(json_text, steps_over_large_values_to_what_follows) {
  std::string body = "{\"data\":[";
  for (int i = 0; i < 50; ++i)
    body += (i == 0 ? "" : ",") + std::string{"{\"text\":\""} + std::string(200, 'x') +
            "]}\\\"\",\"n\":[" + std::to_string(i) + "]}";
  body += "],\"next\":\"after\"}";
  EXPECT_EQ(found_at(body, "next"), "\"after\"");
  EXPECT_EQ(found_at(body, "data.49.n.0"), "49");
}

TEST(json_text, refuses_paths_with_empty_steps) {
  for (const char* path : {"a..b", ".a", "a."})
    EXPECT_FALSE(compile_path(path)) << path;
  EXPECT_FALSE(compile_path("a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a"));
}

TEST(json_text, reads_scalars_as_text) {
  EXPECT_EQ(scalar_text("\"a\\nb\""), "a\nb");
  EXPECT_EQ(scalar_text("12.50"), "12.50");
  EXPECT_EQ(scalar_text("true"), "true");
  EXPECT_EQ(scalar_text("null"), std::nullopt);
  EXPECT_EQ(scalar_text("{}"), std::nullopt);
}

/// The reader of protocols is another implementation of the same grammar; it alone refuses keys
/// written twice and numbers beyond a double.
TEST(json_text, agrees_with_the_other_reader_on_every_damaged_text) {
  const std::string sound = "{\"data\":[{\"id\":1,\"x\":-2.5e3,\"t\":\"a\\u00e9\\\"b\",\"n\":null},"
                            "{\"id\":2,\"b\":[true,false,{}]}],\"next\":\"\xc3\xa9\xe2\x82\xac\"}";
  std::mt19937_64 random{7};
  int accepted = 0;
  for (int round = 0; round < 30'000; ++round) {
    auto text = sound;
    for (auto edits = random() % 3; edits > 0; --edits) {
      const auto at = random() % text.size();
      switch (random() % 3) {
      case 0:
        text[at] = static_cast<char>(random());
        break;
      case 1:
        text[at] = "{}[]:,\"\\0e.-tn "[random() % 15];
        break;
      default:
        text.erase(at, random() % 3);
      }
    }
    const auto mine = json_text::check(text);
    const auto other = read_json(text);
    const bool only_stricter = !other && (other.error().why.find("twice") != std::string::npos ||
                                          other.error().why.find("number") != std::string::npos);
    accepted += mine ? 1 : 0;
    if (!only_stricter) {
      EXPECT_EQ(mine.has_value(), other.has_value())
          << text << (mine ? "" : mine.error().why) << (other ? "" : other.error().why);
    }
    if (mine && other) {
      const auto again = read_json(mine->root());
      EXPECT_EQ(*again, *other);
    }
  }
  EXPECT_GT(accepted, 3'000);
}

} // namespace
} // namespace tenon::actors::connectors
