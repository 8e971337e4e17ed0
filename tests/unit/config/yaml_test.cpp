#include "config/yaml.hpp"

#include "protocols/json.hpp"

#include <gtest/gtest.h>

#include <random>

namespace {

using tenon::code;
using tenon::failure;
using tenon::value;
using tenon::write_json;
using tenon::config::place;
using tenon::config::read_yaml;

std::string json_of(std::string_view text) {
  auto read = read_yaml(text, "x.yaml");
  if (!read)
    return read.error().where + " " + read.error().why;
  std::string all;
  for (const auto& one : *read)
    all += (all.empty() ? "" : " | ") + write_json(one.value);
  return all;
}

failure refusal_of(std::string_view text) {
  auto read = read_yaml(text, "x.yaml");
  return read ? failure{code::internal, "was accepted"} : read.error();
}

TEST(yaml, reads_maps_lists_scalars_comments_and_block_texts) {
  EXPECT_EQ(json_of("# a comment\nkind: sync\nspec: # another\n  pages: [1, 2.5]\n  of:\n"
                    "    - {a: b}\n    - c\n  text: |\n    one\n    two\n"),
            R"({"kind":"sync","spec":{"pages":[1,2.5],"of":[{"a":"b"},"c"],"text":"one\ntwo\n"}})");
}

TEST(yaml, guesses_at_no_booleans_numbers_or_times) {
  for (const char* text :
       {"no", "yes", "on",   "off",  "True",  "y",          "007", "0x1f", "1_000", "+1",  ".5",
        "1.", "1e",  ".inf", ".nan", "12:30", "2030-01-01", "1 2", "--1",  "1.5.2", "0o17"})
    EXPECT_EQ(json_of("k: " + std::string{text}), "{\"k\":\"" + std::string{text} + "\"}");
}

TEST(yaml, reads_plain_scalars_as_json_would) {
  EXPECT_EQ(json_of("- true\n- false\n- null\n- ~\n-\n- 0\n- -1\n- 9223372036854775807\n- -0.5\n"),
            "[true,false,null,null,null,0,-1,9223372036854775807,-0.5]");
}

TEST(yaml, keeps_quoted_scalars_text) {
  EXPECT_EQ(json_of("a: \"1\"\nb: 'true'\nc: \"null\"\nd: ''\ne: \"\\u00e9\"\n"),
            "{\"a\":\"1\",\"b\":\"true\",\"c\":\"null\",\"d\":\"\",\"e\":\"\xc3\xa9\"}");
}

TEST(yaml, parts_documents_and_drops_empty_ones) {
  EXPECT_EQ(json_of("---\na: 1\n---\n# nothing\n---\nb: 2\n"), R"({"a":1} | {"b":2})");
  EXPECT_EQ(json_of(""), "");
  EXPECT_EQ(json_of("# only a comment\n"), "");
}

TEST(yaml, reads_a_text_with_a_byte_order_mark_and_windows_line_ends) {
  EXPECT_EQ(json_of("\xef\xbb\xbf"
                    "a: 1\r\nb: two\r\n"),
            R"({"a":1,"b":"two"})");
}

TEST(yaml, knows_where_every_member_stands) {
  const auto read = read_yaml("kind: sync\nspec:\n  page:\n    size: 5\n  of:\n    - a\n"
                              "    - \xc3\xa9: {deep: 1}\n",
                              "chinook.yaml");
  ASSERT_TRUE(read);
  const auto& known = read->front().positions;
  EXPECT_EQ(place(known, "kind"), "chinook.yaml:1:1");
  EXPECT_EQ(place(known, "spec.page.size"), "chinook.yaml:4:5");
  EXPECT_EQ(place(known, "spec.of.0"), "chinook.yaml:6:7");
  EXPECT_EQ(place(known, "spec.of[0]"), "chinook.yaml:6:7");
  EXPECT_EQ(place(known, "spec.of[1].\xc3\xa9.deep"), "chinook.yaml:7:11") << "é is one column";
  EXPECT_EQ(place(known, "spec.page.absent.deeper"), "chinook.yaml:3:3") << "the nearest above";
  EXPECT_EQ(place(known, "absent"), "chinook.yaml:1:1");
  EXPECT_EQ(place(known, "spec.page.size, character 3"), "chinook.yaml:4:5") << "within it";
}

TEST(yaml, knows_where_the_second_document_stands) {
  const auto read = read_yaml("a: 1\n---\nb: 2\n", "x.yaml");
  ASSERT_TRUE(read);
  EXPECT_EQ(place(read->at(1).positions, "b"), "x.yaml:3:1");
}

TEST(yaml, reads_json_and_knows_its_places_too) {
  const auto read =
      read_yaml("{\n  \"a\": [1, {\"b\\n\": true}, []],\n  \"c\": {}, \"d\": \"x\"}", "x.json");
  ASSERT_TRUE(read);
  EXPECT_EQ(write_json(read->front().value), R"({"a":[1,{"b\n":true},[]],"c":{},"d":"x"})");
  const auto& known = read->front().positions;
  EXPECT_EQ(place(known, "a"), "x.json:2:3");
  EXPECT_EQ(place(known, "a[1].b\n"), "x.json:2:13");
  EXPECT_EQ(place(known, "a[2]"), "x.json:2:27");
  EXPECT_EQ(place(known, "c"), "x.json:3:3");
  EXPECT_EQ(place(known, "d"), "x.json:3:12");
}

struct refused_text {
  const char* what;
  std::string text;
  std::string where;
  std::string why;
};

class yaml_refuses : public testing::TestWithParam<refused_text> {};

TEST_P(yaml_refuses, with_the_place_and_the_reason) {
  const auto why = refusal_of(GetParam().text);
  EXPECT_EQ(why.where, GetParam().where);
  EXPECT_NE(why.why.find(GetParam().why), std::string::npos) << why.why;
}

INSTANTIATE_TEST_SUITE_P(
    everything_outside_the_subset, yaml_refuses,
    testing::Values(
        refused_text{"anchor", "a: 1\nb: &x 2\n", "x.yaml:2:4", "anchor &x"},
        refused_text{"anchor_on_map", "a: &x\n  b: 1\n", "x.yaml:1:4", "anchor"},
        refused_text{"alias", "a: *x\n", "x.yaml:1:4", "anchor"},
        refused_text{"tag", "a: !!str 1\n", "x.yaml:1:4", "tags"},
        refused_text{"local_tag", "a: !mine {b: 1}\n", "x.yaml:1:4", "tags"},
        refused_text{"lone_tag", "a: ! 1\n", "x.yaml:1:4", "tags"},
        refused_text{"list_tag", "a: !!set [1]\n", "x.yaml:1:4", "tags"},
        refused_text{"merge_key", "a:\n  <<: {b: 1}\n", "x.yaml:2:3", "merge keys"},
        refused_text{"twice", "a: 1\nb: 2\na: 3\n", "x.yaml:3:1", "'a' is written twice"},
        refused_text{"twice_in_flow", "x: {a: 1, a: 2}\n", "x.yaml:1:11", "'a' is written twice"},
        refused_text{"map_as_key", "a: {{b: 1}: 2}\n", "x.yaml:1:5", "a key is a text"},
        refused_text{"bare_template", "a: {{b}}\n", "x.yaml:1:5", "a key is a text"},
        refused_text{"list_as_key", "? [a]\n: b\n", "x.yaml:1:3", "a key is a text"},
        refused_text{"null_key", "~: 1\n", "x.yaml:1:1", "key"},
        refused_text{"tab_indentation", "a:\n\tb: 1\n", "x.yaml:2:3", ""},
        refused_text{"unclosed_list", "a: [1, 2\n", "x.yaml:2:1", "end of"},
        refused_text{"unclosed_quote", "a: \"x\n", "x.yaml:1:4", "never closed"},
        refused_text{"unclosed_key", "'a: 1\n", "x.yaml:1:1", "never closed"},
        refused_text{"escaped_quote", "a: \"x\\\"\n", "x.yaml:1:4", "never closed"},
        refused_text{"bad_indentation", "a: 1\n  b: 2\n", "x.yaml:2:4", ""},
        refused_text{"not_utf8", "a: 1\nb: \xff\n", "x.yaml:2:4", "byte 8 is not UTF-8"},
        refused_text{"overlong", "a: \xc0\xaf\n", "x.yaml:1:4", "byte 3 is not UTF-8"},
        refused_text{"surrogate", "a: \xed\xa0\x80\n", "x.yaml:1:4", "byte 3 is not UTF-8"},
        refused_text{"cut_sequence", "a: \xe2\x82", "x.yaml:1:4", "byte 3 is not UTF-8"},
        refused_text{"nul", std::string{"a: \0b\n", 6}, "x.yaml:1:4", "control character"},
        refused_text{"end_of_transmission", "a: 1\n\x04z: 2\n", "x.yaml:2:1", "control"},
        refused_text{"bad_json", "{\n \"a\": tru}", "x.yaml:2:7", ""},
        refused_text{"flow_map_at_the_start", "{a: 1}", "x.yaml:1:2", ""}),
    [](const auto& one) { return std::string{one.param.what}; });

TEST(yaml, says_that_tabs_do_not_indent) {
  EXPECT_NE(refusal_of("a:\n\tb: 1\n").remedy.find("tabs"), std::string::npos);
  EXPECT_EQ(refusal_of("a: [1, 2\n").remedy, "Close the list, which began with [, with ].");
}

TEST(yaml, bounds_depth_size_and_number) {
  std::string deep;
  for (int i = 0; i < 65; ++i)
    deep += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  EXPECT_EQ(refusal_of(deep + std::string(65, ' ') + "b: 1\n").code, code::too_large);
  EXPECT_EQ(refusal_of(std::string((4u << 20) + 1, ' ')).code, code::too_large);
  const auto many = read_yaml("- 1\n- 2\n- 3\n", "x.yaml", {.nodes = 3});
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().code, code::too_large);
  EXPECT_EQ(many.error().where, "x.yaml:3:3");
  EXPECT_TRUE(read_yaml("- 1\n- 2\n", "x.yaml", {.nodes = 3}));
}

TEST(yaml, answers_deep_brackets_without_exhausting_the_stack) {
  EXPECT_FALSE(read_yaml("a: " + std::string(100'000, '['), "x.yaml"));
  EXPECT_FALSE(read_yaml(std::string(100'000, '['), "x.yaml"));
  std::string dashes;
  for (int i = 0; i < 50'000; ++i)
    dashes += "- ";
  EXPECT_FALSE(read_yaml(dashes, "x.yaml"));
}

TEST(yaml, answers_every_damaged_text_with_documents_or_a_place) {
  const std::string sound = "kind: sync\nspec:\n  page: {size: 5, \"q\": 'x'}\n  of:\n    - a\n"
                            "    - |\n      text\n---\nb: [1, 2]\n";
  std::mt19937_64 random{20260101};
  for (int round = 0; round < 5'000; ++round) {
    auto text = sound;
    for (auto edits = random() % 4 + 1; edits > 0; --edits) {
      const auto at = random() % text.size();
      if (random() % 2 == 0)
        text[at] = "{}[]:,-#|>&*!?%@`\"'\n \t~<"[random() % 24];
      else
        text.erase(at, random() % 5);
    }
    const auto read = read_yaml(text, "x.yaml");
    if (!read) {
      EXPECT_TRUE(read.error().where.starts_with("x.yaml:")) << text;
      EXPECT_FALSE(read.error().why.empty()) << text;
    }
  }
}

} // namespace
