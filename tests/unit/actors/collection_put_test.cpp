// Events that are put into a collection: each happens once, whatever comes again.
#include "actors/collection.hpp"

#include "tests/support/given.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;
using tenon::blob;
using tenon::code;
using tenon::actors::collection;
using tenon::tests::at;
using tenon::tests::given;

namespace {

collection::put events(std::initializer_list<std::pair<const char*, const char*>> all) {
  collection::put c{.feed = "hook shop/orders"};
  for (const auto& [key, content] : all)
    c.records.push_back({.key = key, .content = blob::copy_of(content)});
  return c;
}

std::string kept(const tenon::tests::scene<collection>& s) {
  const auto page = collection::on(s.state, collection::read{}, s.now);
  std::string all;
  for (const auto& item : page.reply->items)
    all += item.key + ':' + std::string{item.row.content.view()} + '@' +
           std::to_string(item.row.version) + ' ';
  return all;
}

TEST(collection_put, keeps_each_event_as_it_came_first) {
  auto one = given<collection>();
  const auto first = one.at(1s).when(events({{"a", "1"}, {"b", "2"}, {"a", "3"}}));
  EXPECT_EQ(first.reply->stored, 2u);
  EXPECT_EQ(first.reply->unchanged, 1u);
  EXPECT_FALSE(first.reply->repeated);
  EXPECT_EQ(kept(one), "a:1@1 b:2@1 ");
  const auto again = one.at(2s).when(events({{"a", "1"}, {"b", "other"}}));
  EXPECT_TRUE(again.events.empty()) << "nothing to journal";
  EXPECT_TRUE(again.reply->repeated);
  EXPECT_EQ(again.reply->unchanged, 2u);
  const auto more = one.at(3s).when(events({{"b", "other"}, {"c", "4"}}));
  EXPECT_EQ(more.reply->stored, 1u);
  EXPECT_EQ(kept(one), "a:1@1 b:2@1 c:4@1 ");
  EXPECT_EQ(one.state.live, 3u);
  EXPECT_FALSE(collection::gone(one.state)) << "though nobody configured it";
}

TEST(collection_put, does_not_bring_back_what_was_deleted) {
  auto one = given<collection>();
  one.when(events({{"a", "1"}}));
  collection::store gone{.feed = "sync", .run = 1, .last = true};
  gone.records.push_back({.key = "a", .deleted = true});
  one.when(gone);
  EXPECT_TRUE(one.when(events({{"a", "1"}})).events.empty());
  EXPECT_EQ(kept(one), "");
}

TEST(collection_put, keeps_what_has_no_key_aside) {
  auto one = given<collection>();
  const auto put = one.when(events({{"", "1"}, {"b", "2"}}));
  EXPECT_EQ(put.reply->dead_lettered, 1u);
  EXPECT_EQ(put.reply->stored, 1u);
}

TEST(collection_put, leaves_the_runs_of_a_feed_alone) {
  auto one = given<collection>();
  one.when(events({{"a", "1"}}));
  one.when(events({{"b", "1"}}));
  collection::store page{.feed = "sync", .run = 1};
  page.records.push_back({.key = "c", .content = blob::copy_of("{}")});
  EXPECT_EQ(one.when(page).reply->stored, 1u);
  one.when(events({{"d", "1"}}));
  page.page = 1;
  page.records.front().key = "e";
  EXPECT_EQ(one.when(page).reply->stored, 1u);
  EXPECT_EQ(one.state.feeds.size(), 2u);
}

} // namespace
