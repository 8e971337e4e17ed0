#include "actors/collection.hpp"

#include "tests/support/given.hpp"

#include <gtest/gtest.h>

#include <map>

using namespace std::chrono_literals;
using tenon::blob;
using tenon::code;
using tenon::actors::collection;
using tenon::tests::at;
using tenon::tests::given;
using tenon::tests::scene;

namespace {

collection::store page(std::uint64_t run, std::uint64_t number, std::vector<std::string> keys,
                       std::string content = "{}") {
  collection::store c{.feed = "s", .run = run, .page = number, .marks = true};
  for (auto& key : keys)
    c.records.push_back({std::move(key), blob::copy_of(content)});
  return c;
}

/// The keys that are there, in order.
std::string keys(scene<collection>& c, bool tombstones = false) {
  const auto read = c.when(collection::read{.limit = 100, .tombstones = tombstones});
  std::string all;
  for (const auto& r : read.reply->items)
    all += r.key + (r.row.deleted ? "† " : " ");
  return all;
}

void sweep(scene<collection>& c, std::uint64_t run, std::uint64_t since = 0) {
  while (!c.when(collection::sweep{.feed = "s", .run = run, .since = since}).reply->done) {
  }
}

TEST(collection, counts_what_a_page_changes_and_what_it_leaves_as_it_was) {
  scene<collection> c;
  EXPECT_EQ(c.when(page(1, 0, {"a", "b"})).reply->stored, 2u);
  auto second = page(1, 1, {"b", "c"});
  second.records.push_back({"a", {}, true});
  second.records.push_back({"", blob::copy_of("{}")});
  second.filtered = 4;
  const auto counted = c.when(second);
  EXPECT_EQ(counted.reply->stored, 2u); // c, and a's deletion
  EXPECT_EQ(counted.reply->unchanged, 1u);
  EXPECT_EQ(counted.reply->deleted, 1u);
  EXPECT_EQ(counted.reply->dead_lettered, 1u);
  EXPECT_EQ(counted.reply->filtered, 4u);
  EXPECT_EQ(keys(c), "b c ");
  EXPECT_EQ(keys(c, true), "a† b c ");
}

TEST(collection, is_removed_with_all_it_has_though_nobody_has_configured_it) {
  scene<collection> c;
  EXPECT_EQ(c.when(collection::remove{}).refusal->code, code::not_found);
  auto bad = page(1, 0, {"a", "b"});
  bad.records.push_back({"", blob::copy_of("{}")});
  c.when(bad);
  EXPECT_EQ(c.when(collection::remove{.if_version = 3}).refusal->code, code::stale);
  EXPECT_FALSE(c.when(collection::remove{}).refusal);
  EXPECT_TRUE(collection::gone(c.state));
  EXPECT_EQ(keys(c, true), "");
  EXPECT_TRUE(c.when(collection::list_letters{}).reply->letters.empty());
  EXPECT_EQ(c.when(collection::remove{}).refusal->code, code::not_found);
  c.when(page(1, 0, {"c"}));
  EXPECT_EQ(keys(c, true), "c ") << "a sync may begin it anew";
}

TEST(collection, takes_the_last_word_of_a_key_that_comes_twice_in_a_page) {
  using keys_of_a_page = std::vector<std::string>;
  for (const auto& order : {keys_of_a_page{"a", "a"},
                            {"9", "10", "9"},
                            {"b", "a", "b"},
                            {"a", "b", "a", "b"},
                            {"1", "2", "2", "10"}}) {
    scene<collection> c;
    collection::store one{.feed = "s", .run = 1};
    std::map<std::string, std::string> last;
    for (const auto& key : order) {
      last[key] = std::to_string(one.records.size());
      one.records.push_back({key, blob::copy_of(last[key])});
    }
    const auto counted = c.when(one);
    EXPECT_EQ(counted.reply->stored, last.size());
    EXPECT_EQ(counted.reply->unchanged, order.size() - last.size());
    std::map<std::string, std::string> kept;
    const auto all = c.when(collection::read{.limit = 100});
    for (const auto& item : all.reply->items)
      kept[item.key] = item.row.content.view();
    EXPECT_EQ(kept, last);
  }
}

TEST(collection, answers_a_page_that_comes_again_as_the_first_time_and_stores_it_once) {
  scene<collection> c;
  c.when(page(1, 0, {"a"}));
  auto once = page(1, 1, {"b", "c"});
  once.position = "p2";
  c.when(once);
  const auto again = c.when(once);
  EXPECT_TRUE(again.events.empty());
  EXPECT_TRUE(again.reply->repeated);
  EXPECT_EQ(again.reply->stored, 2u);
  EXPECT_EQ(again.reply->position, "p2");
}

TEST(collection, refuses_a_page_out_of_order_and_one_of_a_run_that_is_over) {
  scene<collection> c;
  c.when(page(2, 0, {"a"}));
  EXPECT_EQ(c.when(page(2, 2, {"b"})).refusal->code, code::conflict);
  EXPECT_EQ(c.when(page(1, 1, {"b"})).refusal->code, code::conflict);
  EXPECT_EQ(keys(c), "a ");
}

TEST(collection, makes_a_version_of_a_row_for_each_other_content_only) {
  scene<collection> c;
  c.when(page(1, 0, {"a"}, "{\"n\":1}"));
  c.when(page(1, 1, {"a"}, "{\"n\":1}"));
  c.when(page(1, 2, {"a"}, "{\"n\":2}"));
  const auto read = c.when(collection::read{.limit = 1});
  EXPECT_EQ(read.reply->items.front().row.version, 2u);
  EXPECT_EQ(read.reply->items.front().row.content.view(), "{\"n\":2}");
}

TEST(collection, buries_at_the_end_of_a_refresh_what_it_has_not_seen_and_brings_back_what_returns) {
  scene<collection> c;
  auto all = page(1, 0, {"a", "b", "c"});
  all.last = true;
  c.when(all);
  auto fewer = page(2, 0, {"b"});
  fewer.last = true;
  c.when(fewer);
  sweep(c, 2);
  EXPECT_EQ(keys(c, true), "a† b c† ");
  auto back = page(3, 0, {"a", "b"});
  back.last = true;
  c.when(back);
  sweep(c, 3);
  EXPECT_EQ(keys(c, true), "a b c† ");
}

TEST(collection, spares_what_a_failed_run_had_seen_when_the_next_one_went_on) {
  scene<collection> c;
  auto all = page(1, 0, {"a", "b", "c"});
  all.last = true;
  c.when(all);
  c.when(page(2, 0, {"a"})); // and then it failed
  auto rest = page(3, 0, {"b"});
  rest.last = true;
  c.when(rest);
  sweep(c, 3, 2);
  EXPECT_EQ(keys(c, true), "a b c† ");
}

TEST(collection, sweeps_by_what_the_rows_own_feed_has_seen_however_others_count_their_runs) {
  scene<collection> c;
  const auto seen_by_another = [&](std::uint64_t run, std::uint64_t at) {
    auto same = page(run, at, {"a"});
    same.feed = "other";
    c.when(same);
  };
  auto all = page(5, 0, {"a", "b"});
  all.last = true;
  c.when(all);
  seen_by_another(2, 0);
  c.when(page(6, 0, {"a", "b"}));
  seen_by_another(2, 1); // which must not make `a` look as if run 6 had not seen it
  auto end = page(6, 1, {});
  end.last = true;
  c.when(end);
  sweep(c, 6);
  EXPECT_EQ(keys(c), "a b ");
  seen_by_another(90, 0); // nor as if run 7 had
  auto none = page(7, 0, {"b"});
  none.last = true;
  c.when(none);
  sweep(c, 7);
  EXPECT_EQ(keys(c), "b ");
}

TEST(collection, sweeps_many_rows_in_pieces_of_bounded_size) {
  scene<collection> c;
  std::vector<std::string> all, still_there;
  for (int i = 0; i < 25'000; ++i) {
    all.push_back(std::to_string(i));
    if (i % 4 != 0 || i > 20'000)
      still_there.push_back(all.back());
  }
  auto first = page(1, 0, all);
  first.last = true;
  c.when(first);
  EXPECT_TRUE(c.when(collection::sweep{.feed = "s", .run = 1}).reply->done) << "all were brought";
  EXPECT_EQ(c.state.live, all.size());
  auto second = page(2, 0, still_there);
  second.last = true;
  c.when(second);
  std::size_t pieces = 0, gone = 0;
  for (bool done = false; !done; ++pieces) {
    const auto swept = c.when(collection::sweep{.feed = "s", .run = 2});
    EXPECT_LE(swept.reply->deleted - gone, 2'000u);
    gone = swept.reply->deleted;
    done = swept.reply->done;
  }
  EXPECT_EQ(gone, all.size() - still_there.size());
  EXPECT_EQ(c.state.live, still_there.size());
  EXPECT_GE(pieces, 3u);
}

TEST(collection, sweeps_only_after_the_last_page_and_never_another_feeds_rows) {
  scene<collection> c;
  c.when(page(1, 0, {"a"}));
  EXPECT_EQ(c.when(collection::sweep{.feed = "s", .run = 1}).refusal->code, code::conflict);
  auto other = page(1, 0, {"z"});
  other.feed = "other";
  c.when(other);
  auto none = page(2, 0, {});
  none.last = true;
  c.when(none);
  sweep(c, 2);
  EXPECT_EQ(keys(c), "z ");
}

} // namespace
