// Letters that hold a record which came in: tried again, and stored once, in the order in which
// they came.
#include "actors/collection.hpp"
#include "actors/collection/drift/fields.hpp"
#include "tests/support/given.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;
using namespace tenon;
using tenon::actors::collection;
using tenon::tests::at;
using tenon::tests::scene;
using fate = tenon::protocols::letter_types::fate;

namespace {

namespace drift = tenon::protocols::drift_types;

/// A page whose records could not be mapped.
collection::store refused_page(std::uint64_t run, const std::map<std::string, std::string>& records,
                               const std::string& why = "no") {
  collection::store c{.feed = "s", .run = run, .last = true, .marks = true};
  for (const auto& [key, content] : records)
    c.letters.push_back({.place = key, .reason = why, .bytes = blob::copy_of(content), .key = key});
  return c;
}

collection::store page(std::uint64_t run, const std::map<std::string, std::string>& records) {
  collection::store c{.feed = "s", .run = run, .last = true, .marks = true};
  for (const auto& [key, content] : records)
    c.records.push_back({key, blob::copy_of(content)});
  return c;
}

collection::replay again(std::uint64_t number, const std::string& key, const std::string& content,
                         drift::policy policy = drift::policy::widen) {
  collection::replay c{.number = number, .record = {key, blob::copy_of(content)}};
  actors::collections::field_sum fields;
  fields.add(content);
  c.drift = fields.page(policy);
  return c;
}

std::string rows(scene<collection>& c) {
  std::string all;
  const auto page = *c.when(collection::read{.limit = 100}).reply;
  for (const auto& r : page.items)
    all += r.key + r.row.content.text() + ' ';
  return all;
}

std::size_t letters(scene<collection>& c) {
  return c.when(collection::list_letters{}).reply->letters.size();
}

TEST(replay, stores_a_letters_record_and_forgets_the_letter_in_one_event) {
  scene<collection> c;
  c.when(refused_page(1, {{"a", "{}"}, {"b", "{}"}}));
  const auto before = c.when(collection::position{"s"}).reply;
  const auto done = c.when(again(2, "b", R"({"n":1})"));
  EXPECT_EQ(done.reply->fate, fate::stored);
  EXPECT_EQ(done.events.size(), 1u);
  EXPECT_EQ(rows(c), R"(b{"n":1} )");
  EXPECT_EQ(letters(c), 1u);
  EXPECT_EQ(c.state.live, 1u);
  EXPECT_EQ(c.when(collection::position{"s"}).reply, before) << "it is no page of the feed";
  EXPECT_EQ(c.when(again(2, "b", R"({"n":2})")).refusal->code, code::not_found);
  EXPECT_EQ(c.when(collection::read_schema{}).reply->schema.fields.size(), 1u);
}

TEST(replay, keeps_a_letter_that_fails_again_under_its_number_with_the_new_reason) {
  scene<collection> c;
  c.when(refused_page(1, {{"a", "{}"}}));
  auto fails = again(1, "a", "{}");
  fails.why = "spec.map.x: still no";
  EXPECT_EQ(c.when(fails).reply->fate, fate::kept);
  const auto kept = c.when(collection::list_letters{}).reply->letters;
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept[0].number, 1u);
  EXPECT_EQ(kept[0].letter.reason, "spec.map.x: still no");
  EXPECT_EQ(kept[0].letter.run, 1u);
  c.when(page(2, {{"z", R"({"n":1})"}}));
  auto known = page(3, {{"z", R"({"n":1})"}});
  known.drift = again(1, "z", R"({"n":1})").drift;
  c.when(known);
  const auto drifted = c.when(again(1, "a", R"({"n":"x"})", drift::policy::fail));
  EXPECT_EQ(drifted.reply->fate, fate::kept);
  EXPECT_EQ(drifted.reply->reason, "spec.drift: the field n was integer and is text");
  EXPECT_EQ(c.when(again(1, "a", R"({"n":2})", drift::policy::fail)).reply->fate, fate::stored);
  EXPECT_EQ(letters(c), 0u);
}

TEST(replay, forgets_a_letter_that_is_not_wanted_any_more_or_whose_record_has_come_again) {
  scene<collection> c;
  c.when(refused_page(1, {{"a", "1"}, {"b", "2"}}));
  auto unwanted = again(1, "a", "{}");
  unwanted.filtered = true;
  EXPECT_EQ(c.when(unwanted).reply->fate, fate::filtered);
  c.at(1h);
  c.when(page(2, {{"b", R"({"n":2})"}}));
  EXPECT_EQ(c.when(again(2, "b", R"({"n":1})")).reply->fate, fate::superseded);
  EXPECT_EQ(rows(c), R"(b{"n":2} )");
  EXPECT_EQ(letters(c), 0u);
}

TEST(replay, leaves_the_newest_of_several_letters_about_one_record_whatever_their_turn) {
  for (const bool newest_first : {false, true}) {
    scene<collection> c;
    c.when(refused_page(1, {{"a", "old"}}));
    c.at(1h);
    c.when(refused_page(2, {{"a", "new"}}));
    c.at(2h);
    const auto old = again(1, "a", R"({"n":"old"})"), fresh = again(2, "a", R"({"n":"new"})");
    c.when(newest_first ? fresh : old);
    c.at(3h);
    const auto last = c.when(newest_first ? old : fresh).reply->fate;
    EXPECT_EQ(last, newest_first ? fate::superseded : fate::stored);
    EXPECT_EQ(rows(c), R"(a{"n":"new"} )");
    EXPECT_EQ(letters(c), 0u);
  }
}

TEST(replay, is_safe_from_the_sweep_of_the_refresh_that_brought_the_letter) {
  scene<collection> c;
  c.when(refused_page(7, {{"a", "{}"}}));
  c.when(again(1, "a", R"({"n":1})"));
  EXPECT_TRUE(c.when(collection::sweep{.feed = "s", .run = 7}).reply->done);
  EXPECT_EQ(rows(c), R"(a{"n":1} )");
  c.when(page(8, {})); // gone at its source
  EXPECT_TRUE(c.when(collection::sweep{.feed = "s", .run = 8}).reply->done);
  EXPECT_EQ(rows(c), "");
}

/// Of something that could not be read: it has no key.
collection::store unread_page(std::uint64_t run, const std::string& place) {
  collection::store c{.feed = "s", .run = run, .last = true};
  c.letters.push_back({.place = place,
                       .reason = "it has 1 field, not 2",
                       .bytes = blob::copy_of("a\n"),
                       .again = blob::copy_of("csv\nid,n\n")});
  return c;
}

collection::replay read_again(std::uint64_t number, const std::string& place,
                              const std::string& key, const std::string& content) {
  auto c = again(number, key, content);
  c.place = place;
  return c;
}

TEST(replay, tells_of_a_letter_that_holds_no_record_how_to_come_by_it) {
  scene<collection> c;
  collection::store s{.feed = "s", .run = 1};
  s.letters.push_back({.place = "a.csv:3", .reason = "it is too long", .bytes = {}});
  s.letters.push_back(
      {.place = "a.csv:4", .reason = "it is too long", .bytes = blob::copy_of("beginning")});
  c.when(s);
  const auto refused = c.when(collection::settle_letter{.number = 1, .replay = true}).refusal;
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->why, "the letter holds nothing that could be read again: it is too long");
  EXPECT_EQ(refused->remedy, "Mend a.csv:3 at its source, read it again (tenon sync run s --full), "
                             "and discard the letter.");
  EXPECT_EQ(c.when(collection::settle_letter{.number = 2, .replay = true}).refusal->why,
            "the letter holds no whole record that could be read again: it is too long");
  EXPECT_EQ(c.when(again(1, "", "{}")).refusal->code, code::conflict);
  EXPECT_EQ(c.when(read_again(1, "a.csv:3", "a", "{}")).refusal->code, code::conflict);
  EXPECT_EQ(letters(c), 2u);
}

TEST(replay, stores_what_was_read_again_once_and_under_the_key_that_it_has_now) {
  scene<collection> c;
  c.when(unread_page(1, "a.csv:3"));
  EXPECT_EQ(c.when(read_again(1, "a.csv:4", "a", "{}")).refusal->code, code::conflict)
      << "another letter of that number";
  auto still = read_again(1, "a.csv:3", "", "");
  still.why = "it has 1 field, not 3";
  EXPECT_EQ(c.when(still).reply->fate, fate::kept);
  const auto kept = c.when(collection::list_letters{}).reply->letters.at(0).letter;
  EXPECT_EQ(kept.reason, "it has 1 field, not 3");
  EXPECT_EQ(kept.again.view(), "csv\nid,n\n") << "so it can be tried again";
  const auto done = c.when(read_again(1, "a.csv:3", "a", R"({"n":1})"));
  EXPECT_EQ(done.reply->fate, fate::stored);
  EXPECT_EQ(done.events.size(), 1u) << "row and letter are one entry of the journal";
  EXPECT_EQ(rows(c), R"(a{"n":1} )");
  EXPECT_EQ(letters(c), 0u);
  EXPECT_EQ(c.when(read_again(1, "a.csv:3", "a", R"({"n":1})")).refusal->code, code::not_found);
}

TEST(replay, of_what_was_read_again_yields_to_what_has_come_of_it_since) {
  scene<collection> c;
  c.when(unread_page(1, "a.csv:3"));
  c.at(1h);
  c.when(page(2, {{"a", R"({"n":2})"}}));
  EXPECT_EQ(c.when(read_again(1, "a.csv:3", "a", R"({"n":1})")).reply->fate, fate::superseded);
  EXPECT_EQ(rows(c), R"(a{"n":2} )");
  EXPECT_EQ(letters(c), 0u);
}

TEST(replay, of_an_unread_row_that_is_known_leaves_it_as_it_was_until_then) {
  scene<collection> c;
  c.when(page(1, {{"a", R"({"n":1})"}, {"b", R"({"n":1})"}}));
  c.at(1h);
  auto unread = unread_page(2, "row a");
  unread.letters[0].key = "a";
  unread.marks = true;
  c.when(unread);
  EXPECT_TRUE(c.when(collection::sweep{.feed = "s", .run = 2}).reply->done);
  EXPECT_EQ(rows(c), R"(a{"n":1} )") << "b is gone, and a is still there";
  EXPECT_EQ(c.when(again(1, "a", R"({"n":2})")).refusal->code, code::conflict)
      << "its bytes are no record";
  EXPECT_EQ(c.when(read_again(1, "row a", "a", R"({"n":2})")).reply->fate, fate::stored);
  EXPECT_EQ(rows(c), R"(a{"n":2} )");
}

TEST(replay, of_a_deletion_that_was_read_again_deletes) {
  for (const bool named : {false, true}) {
    scene<collection> c;
    auto first = page(1, {{"a", R"({"n":1})"}});
    if (named)
      first.records.front().origin = "7";
    c.when(first);
    c.at(1h);
    c.when(unread_page(2, "a#3"));
    auto gone = read_again(1, "a#3", named ? "" : "a", "");
    gone.record.deleted = true;
    gone.record.origin = named ? "7" : "";
    EXPECT_EQ(c.when(gone).reply->fate, fate::stored) << named;
    EXPECT_EQ(rows(c), "");
    EXPECT_EQ(c.state.tombstones, 1u);
    EXPECT_EQ(letters(c), 0u);
  }
}

TEST(replay, holds_a_record_whose_new_name_is_too_long_as_it_came) {
  scene<collection> c;
  collection::store s{.feed = "s", .run = 1, .last = true, .marks = true};
  s.records.push_back({.key = std::string(251, 'k'),
                       .content = blob::copy_of(R"({"mapped":1})"),
                       .came = blob::copy_of(R"({"id":7})"),
                       .origin = "7"});
  c.when(s);
  const auto kept = c.when(collection::list_letters{}).reply->letters.at(0).letter;
  EXPECT_EQ(kept.place, "7");
  EXPECT_EQ(kept.key, "7");
  EXPECT_EQ(kept.bytes.view(), R"({"id":7})");
  auto mended = again(1, "short", R"({"mapped":1})");
  mended.record.origin = "7";
  EXPECT_EQ(c.when(mended).reply->fate, fate::stored);
  EXPECT_EQ(rows(c), R"(short{"mapped":1} )");
}

TEST(replay, takes_no_key_that_could_not_be_a_rows) {
  scene<collection> c;
  c.when(refused_page(1, {{std::string(300, 'k'), "{}"}}));
  EXPECT_EQ(c.when(collection::list_letters{}).reply->letters[0].letter.key, "");
}

} // namespace
