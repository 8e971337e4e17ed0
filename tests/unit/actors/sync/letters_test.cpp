// What letters keep so that they can be read again, and what sources make of it.
#include "actors/sync/letters.hpp"

#include "actors/sync/sources/mqtt/page.hpp"
#include "actors/sync/sources/redis/page.hpp"
#include "actors/sync/sources/singer/assembly.hpp"

#include <gtest/gtest.h>

#include <random>

namespace tenon::actors {
namespace {

using protocols::letter_types::kept;

/// "key content", or "! reason" of what it still is; several in a line of their own.
std::string found(const result<source_page>& page) {
  if (!page)
    return "refused: " + page.error().why;
  std::string all;
  for (const auto& r : page->records)
    all += r.key + ' ' + r.content.text() + (r.deleted ? " deleted" : "");
  for (const auto& l : page->letters)
    all += "! " + l.reason;
  return all;
}

kept letter_in(source_page page) {
  EXPECT_EQ(page.letters.size(), 1u);
  return page.letters.empty() ? kept{} : std::move(page.letters.front());
}

TEST(letters, have_room_for_so_much_and_say_what_is_missing) {
  const std::string most(max_letter_bytes, 'x');
  const auto words = words_for_again("csv", "id,v\n");
  const auto whole = fitting({"no", most, words});
  EXPECT_EQ(whole.reason, "no");
  EXPECT_EQ(whole.bytes.size(), max_letter_bytes);
  EXPECT_EQ(whole.again, words);
  const auto more = most + 'y';
  const auto cut = fitting({"no", more, words});
  EXPECT_EQ(cut.reason, "no; here are its first 64 KiB");
  EXPECT_EQ(cut.bytes, most);
  EXPECT_TRUE(cut.again.empty()) << "what is cut is never read again";
  const auto without = fitting({"no", "x", words_for_again("csv", more)});
  EXPECT_NE(without.reason.find("has more than 64 KiB, and is not kept"), std::string::npos);
  EXPECT_EQ(without.bytes, "x");
  EXPECT_TRUE(without.again.empty());
}

TEST(letters, are_read_by_the_kind_of_source_that_kept_them_alone) {
  kept letter{.place = "a.csv:3", .feed = "s", .again = words_for_again("csv", "id\nv\n")};
  EXPECT_EQ(needed_for(letter, "csv"), "id\nv\n");
  EXPECT_FALSE(needed_for(letter, "cs"));
  EXPECT_FALSE(needed_for(letter, "json"));
  EXPECT_EQ(of_another_kind(letter).why,
            "the bytes of a.csv:3 were kept by a source of another kind (csv)");
  letter.again = {};
  EXPECT_FALSE(needed_for(letter, ""));
}

TEST(redis_letters, are_read_again_field_by_field_whatever_is_in_them) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random{seed};
  for (int i = 0; i < 200; ++i) {
    std::vector<std::string> fields{"a", "\xff"}; // what makes it a letter
    for (auto n = random() % 6; n > 0; --n) {
      fields.push_back("f" + std::to_string(random() % 4));
      std::string bytes;
      for (auto size = random() % 5; size > 0; --size)
        bytes += "\n \xe9x"[random() % 4];
      fields.push_back(bytes);
    }
    entries first{1}, as_base64{1};
    const std::vector<std::string_view> given{fields.begin(), fields.end()};
    redis::take_entry({}, "s:1", "7-1", given, first);
    const auto letter = letter_in(std::move(first).finish());
    EXPECT_EQ(letter.place, "s:1:7-1");
    EXPECT_EQ(found(redis::read_again({}, letter)), "! " + letter.reason);
    const redis::source_options mended{.several = true, .decode = reading::base64};
    redis::take_entry(mended, "s:1", "7-1", given, as_base64);
    EXPECT_EQ(found(redis::read_again(mended, letter)), found(std::move(as_base64).finish()));
  }
}

TEST(redis_letters, of_what_is_missing_hold_nothing_to_be_read) {
  const kept gap{.place = "s:9-0", .reason = "3 entries were trimmed", .feed = "in"};
  EXPECT_EQ(redis::read_again({}, gap).error().code, code::conflict);
}

TEST(mqtt_letters, are_read_again_with_all_that_the_message_had) {
  const mqtt::message m{.retained = true,
                        .topic = "plant/7",
                        .payload = "caf\xe9",
                        .content_type = "text/plain",
                        .properties = {{"unit", "C"}, {"unit", "K"}, {"", ""}}};
  entries as_text{1}, as_base64{1};
  mqtt::take_message({}, m, "e-1", as_text);
  const auto letter = letter_in(std::move(as_text).finish());
  EXPECT_EQ(letter.place, "plant/7");
  EXPECT_EQ(letter.bytes.view(), m.payload);
  EXPECT_EQ(found(mqtt::read_again({}, letter)), "! " + letter.reason);
  mqtt::source_options mended;
  mended.payload = reading::base64;
  mqtt::take_message(mended, m, "e-1", as_base64);
  const auto expected = found(std::move(as_base64).finish());
  EXPECT_TRUE(expected.starts_with(R"(e-1 {"topic":"plant/7","payload":"Y2Fm6Q==")")) << expected;
  EXPECT_EQ(found(mqtt::read_again(mended, letter)), expected);
}

TEST(mqtt_letters, of_a_message_that_no_option_could_mend_are_not_read_again) {
  const auto letter_of = [](const mqtt::message& m) {
    entries into{1};
    mqtt::take_message({}, m, "e-1", into);
    return letter_in(std::move(into).finish());
  };
  EXPECT_TRUE(letter_of({.topic = "t", .payload = "p", .cut_from = 9u << 20}).again.empty());
  EXPECT_TRUE(
      letter_of({.topic = "t", .payload = "p", .properties = {{"\xff", ""}}}).again.empty());
  EXPECT_TRUE(letter_of({.topic = "t", .payload = std::string(65'537, '\xff')}).again.empty());
}

TEST(singer_letters, of_a_record_are_read_again_under_the_key_of_the_options_or_of_the_tap) {
  singer::source_options options{.tap = "t", .stream = "s"};
  std::vector<connectors::json_path> key;
  singer::assembly page{options, key, {}, {}};
  for (const auto* line :
       {R"({"type":"SCHEMA","stream":"s","schema":{},"key_properties":["a.b"]})",
        R"({"type":"RECORD","stream":"s","record":{"id":7,"_sdc_deleted_at":"2026"}})", "noise"})
    ASSERT_TRUE(page.take({line, false}));
  const auto letters = std::move(page).finish(true).letters;
  ASSERT_EQ(letters.size(), 2u);
  EXPECT_TRUE(letters[1].again.empty()) << "what is no message has no record in it";
  const auto& letter = letters[0];
  EXPECT_EQ(found(singer::read_again(options, letter)), R"(! field a\.b of the key is missing)");
  options.key = {"id"};
  EXPECT_EQ(found(singer::read_again(options, letter)),
            R"(7 {"id":7,"_sdc_deleted_at":"2026"} deleted)");
}

} // namespace
} // namespace tenon::actors
