// How far streams were read, and what was never read in between.
#include "actors/sync/sources/redis/page.hpp"
#include "actors/sync/sources/redis/place.hpp"

#include <gtest/gtest.h>

#include <random>

namespace tenon::actors::redis {
namespace {

TEST(redis_places, know_ids_and_what_comes_after_them) {
  EXPECT_EQ(read_id("1526919030474-55"), (entry_id{1526919030474, 55}));
  for (const auto* wrong :
       {"", "5", "-", "5-", "-5", "5-x", "5-1-1", "+1-1", "18446744073709551616-0"})
    EXPECT_FALSE(read_id(wrong)) << wrong;
  EXPECT_EQ(to_text(after({7, 1})), "7-2");
  EXPECT_EQ(to_text(after({7, std::numeric_limits<std::uint64_t>::max()})), "8-0");
  EXPECT_LT((entry_id{1, 9}), (entry_id{2, 0}));
}

TEST(redis_places, begin_where_a_stream_was_read_to_and_say_how_much_is_to_come) {
  const auto fresh = begin("s", std::nullopt, {.length = 3, .newest = {9, 0}, .added = 10});
  EXPECT_EQ(fresh.at, entry_id{});
  EXPECT_EQ(fresh.end, (entry_id{9, 0}));
  EXPECT_EQ(fresh.expected(), 3u); // what was trimmed before we came is not ours
  const auto on =
      begin("s", known_stream{{9, 0}, 10}, {.length = 5, .newest = {12, 0}, .added = 14});
  EXPECT_EQ(on.at, (entry_id{9, 0}));
  EXPECT_EQ(on.expected(), 4u);
  EXPECT_FALSE(on.done());
  EXPECT_TRUE(begin("s", known_stream{{9, 0}, 10}, {.newest = {9, 0}, .added = 10}).done());
}

TEST(redis_places, say_how_much_was_never_read_and_between_which_ids) {
  auto p = begin("s", known_stream{{9, 0}, 10}, {.length = 2, .newest = {20, 0}, .added = 20});
  p.read = 10;
  EXPECT_EQ(missing(p), "");
  p.read = 2;
  EXPECT_EQ(missing(p), "8 entries between 9-0 and 20-0 of s were deleted or trimmed before "
                        "being read");
  EXPECT_EQ(known_after(p), (known_stream{{20, 0}, 20}));
}

TEST(redis_places, notice_a_stream_that_was_begun_anew) {
  for (const auto& now : {standing{.length = 1, .newest = {5, 0}, .added = 40},
                          standing{.length = 1, .newest = {50, 0}, .added = 1}}) {
    const auto p = begin("s", known_stream{{9, 0}, 10}, now);
    EXPECT_EQ(p.at, entry_id{});
    EXPECT_NE(missing(p).find("begun anew"), std::string::npos);
  }
}

TEST(redis_places, doubt_only_when_the_server_counts_nothing_and_the_last_read_is_gone) {
  const known_stream known{{9, 0}, -1};
  EXPECT_NE(missing(begin("s", known, {.newest = {20, 0}, .last_read_is_there = false}))
                .find("may have been"),
            std::string::npos);
  EXPECT_EQ(missing(begin("s", known, {.newest = {20, 0}, .last_read_is_there = true})), "");
  EXPECT_EQ(missing(begin("s", known, {.newest = {9, 0}, .last_read_is_there = false})), "");
}

TEST(redis_places, are_written_down_and_read_back) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random{seed};
  for (int i = 0; i < 200; ++i) {
    place p;
    if (random() % 2 == 0)
      p.last_name = "stream \"" + std::to_string(random() % 9);
    if (p.last_name.empty() || random() % 2 == 0)
      p.now = passage{"now:\n",
                      {random(), random()},
                      {random(), 1},
                      {random(), 2},
                      static_cast<std::int64_t>(random() >> 2) - 1,
                      -1,
                      7,
                      "a note"};
    const auto read = read_place(write_place(p));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->last_name, p.last_name);
    EXPECT_EQ(write_place(*read), write_place(p));
    const known_streams all{{"a", {{random(), random()}, 5}}, {"b|c", {{1, 2}, -1}}};
    EXPECT_EQ(*read_cursor(write_cursor(all)), all);
  }
  for (const auto* wrong : {"rubbish", "[]", "{}", R"({"now":{"stream":"s"}})"}) {
    EXPECT_EQ(read_place(wrong).error().code, code::stale) << wrong;
    EXPECT_FALSE(read_cursor(wrong)) << wrong;
  }
}

std::string taken(source_options o, const std::vector<std::string_view>& fields) {
  entries all{10};
  take_entry(o, "s", "1-0", fields, all);
  const auto page = std::move(all).finish();
  if (!page.letters.empty())
    return "! " + page.letters.front().place + ' ' + page.letters.front().reason;
  return page.records.front().key + ' ' + page.records.front().content.text();
}

TEST(redis_entries, become_records_with_their_id_and_every_field) {
  EXPECT_EQ(taken({}, {"a", "x\"", "b", "2"}), R"(1-0 {"id":"1-0","a":"x\"","b":"2"})");
  EXPECT_EQ(taken({}, {"a", "1", "b", "2", "a", "3"}), R"(1-0 {"id":"1-0","a":["1","3"],"b":"2"})");
  EXPECT_EQ(taken({.several = true}, {"a", "1"}), R"(s|1-0 {"id":"1-0","stream":"s","a":"1"})");
  const std::vector<std::string_view> mixed{"a", "{\"n\": [1]}", "b", "plain", "c", "7"};
  EXPECT_EQ(taken({}, mixed), R"(1-0 {"id":"1-0","a":"{\"n\": [1]}","b":"plain","c":"7"})");
  EXPECT_EQ(taken({.decode = reading::json}, mixed),
            R"(1-0 {"id":"1-0","a":{"n": [1]},"b":"plain","c":7})");
  EXPECT_EQ(taken({.decode = reading::base64}, {"a", "\xff"}), R"(1-0 {"id":"1-0","a":"/w=="})");
}

TEST(redis_entries, are_letters_when_they_cannot_be_records) {
  EXPECT_EQ(taken({}, {"a", "\xff"}), "! s:1-0 field `a` is not UTF-8; decode: base64 takes it");
  EXPECT_EQ(taken({}, {"\xff", "a"}), "! s:1-0 the name of a field is not UTF-8");
  EXPECT_NE(taken({}, {"id", "a"}).find("id_as"), std::string::npos);
  EXPECT_EQ(taken({.id_as = "entry"}, {"id", "a"}), R"(1-0 {"entry":"1-0","id":"a"})");
  const std::string large(5u << 20, 'x');
  EXPECT_NE(taken({}, {"a", large}).find("more than 4 MiB"), std::string::npos);
}

} // namespace
} // namespace tenon::actors::redis
