// A sync that is gone leaves its records behind, and nothing of itself.
#include "actors/collection.hpp"
#include "actors/sync.hpp"

#include "tests/support/two_platforms.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;
using tenon::blob;
using tenon::write_json;
using tenon::actors::collection;
using tenon::tests::at;
using tenon::tests::called;
using tenon::tests::given;
using tenon::tests::policy;
using subject = tenon::actors::sync;
using wire = tenon::protocols::sync;

namespace {

using forgotten_sync = tenon::tests::two_platforms;

TEST_F(forgotten_sync, leaves_its_rows_and_the_collection) {
  shop_.records["k"] = "{}";
  reads(shop_);
  const auto done = c_.when(collection::forget{"shop", 1});
  EXPECT_TRUE(done.reply->feed);
  EXPECT_FALSE(done.reply->outlet);
  EXPECT_TRUE(c_.state.feeds.empty());
  EXPECT_EQ(row("k"), "{}");
  EXPECT_FALSE(collection::gone(c_.state));
  EXPECT_FALSE(c_.when(collection::describe{}).refusal);
  EXPECT_TRUE(c_.when(collection::forget{"shop", 1}).events.empty());
}

TEST_F(forgotten_sync, leaves_what_a_later_one_of_its_name_has_begun) {
  reads(shop_);
  EXPECT_TRUE(c_.when(collection::forget{"shop", 0}).events.empty());
  EXPECT_EQ(c_.state.feeds.size(), 1u);
}

TEST_F(forgotten_sync, leaves_its_rows_to_the_next_full_refresh_of_another) {
  shop_.records = {{"a", "{}"}, {"b", "{}"}};
  reads(shop_);
  c_.when(collection::forget{"shop", 1});
  auto refresh = [&](std::uint64_t run, std::vector<std::string> keys) {
    collection::store all{.feed = "next", .run = run, .last = true, .marks = true};
    for (const auto& key : keys)
      all.records.push_back({key, blob::copy_of("{}")});
    c_.when(all);
    c_.when(collection::sweep{.feed = "next", .run = run});
  };
  refresh(1, {"a", "b"});
  EXPECT_EQ(row("b"), "{}");
  refresh(2, {"a"});
  EXPECT_EQ(row("a"), "{}");
  EXPECT_EQ(row("b"), "†");
}

TEST_F(forgotten_sync, that_wrote_is_followed_by_another_which_knows_what_it_had_delivered) {
  begin(policy::local_wins);
  crm_.records["k"] = "{\"a\":2}";
  reads(crm_);
  delivers(shop_);
  c_.when(collection::forget{"to_shop", 1});
  // Meanwhile the platform changes what it was told: that is no conflict, and not undone.
  shop_.records["k"] = "{\"a\":3}";
  const auto news = reads(shop_);
  EXPECT_EQ(news.stored, 1u);
  EXPECT_EQ(news.conflicts, 0u);
  crm_.records["k"] = "{\"a\":4}";
  reads(crm_);
  const auto all = c_.when(collection::read_changes{.outlet = "next", .run = 1, .except = "shop"});
  ASSERT_EQ(all.reply->items.size(), 1u);
  EXPECT_EQ(all.reply->items.front().row.content.text(), "{\"a\":4}");
  EXPECT_EQ(std::ranges::count(c_.state.outlets, "shop", &collection::outlet::except), 1);
}

TEST_F(forgotten_sync, that_wrote_leaves_no_trace_where_nobody_needs_to_know) {
  begin(policy::vendor_wins);
  const auto outlets = c_.state.outlets.size();
  crm_.records["k"] = "{\"a\":2}";
  reads(crm_);
  EXPECT_TRUE(c_.when(collection::forget{"to_shop", 1}).reply->outlet);
  EXPECT_EQ(c_.state.outlets.size(), outlets - 1);
  for (const char kind : {'b', 'm'})
    c_.state.rows.scan(std::string{kind, '0'}, 10, [&](std::string_view key, const blob&) {
      EXPECT_FALSE(key.starts_with(std::string{kind, '0'})) << key;
      return false;
    });
  // What is changed after that is as if nobody had ever written there.
  shop_.records["k"] = "{\"a\":3}";
  EXPECT_EQ(reads(shop_).stored, 1u);
  EXPECT_EQ(row("k"), "{\"a\":3}");
}

constexpr auto reads_c = R"({"from":{"sqlite":{"file":"/a"}},"into":"c"})";
constexpr auto reads_d = R"({"from":{"sqlite":{"file":"/a"}},"into":"d"})";
constexpr auto with_pages = R"({"from":{"sqlite":{"file":"/a","page_size":7}},"into":"c"})";

TEST(sync_that_is_removed, has_what_is_kept_elsewhere_forgotten) {
  auto one =
      given<subject>(subject::configured{reads_c, at(0s)}, subject::started{.run = 7, .at = at(0s)},
                     subject::ended{.outcome = wire::outcome::succeeded});
  const auto told = called<wire::transfer>(one.when(subject::remove{}));
  EXPECT_TRUE(told.forget);
  EXPECT_EQ(told.run, 7u);
  EXPECT_EQ(told.spec, reads_c);
  EXPECT_TRUE(one.when(wire::transferred{}).events.empty());
}

TEST(sync_that_is_changed, has_what_it_leaves_forgotten_and_nothing_that_it_goes_on_using) {
  auto one = given<subject>(subject::configured{reads_c, at(0s)});
  EXPECT_TRUE(one.when(subject::configure{.spec = with_pages}).calls.empty());
  const auto told = called<wire::transfer>(one.when(subject::configure{.spec = reads_d}));
  EXPECT_TRUE(told.forget);
  EXPECT_EQ(told.spec, with_pages);
}

TEST(sync_that_is_changed, begins_at_the_beginning_where_nothing_of_it_is) {
  auto one =
      given<subject>(subject::configured{reads_c, at(0s)}, subject::started{.run = 1, .at = at(0s)},
                     subject::moved{.position = "p", .cursor = "c"});
  one.when(subject::configure{.spec = reads_d});
  EXPECT_EQ(one.state.run.outcome, wire::outcome::cancelled);
  EXPECT_EQ(one.state.position, "");
  const auto next = called<wire::transfer>(one.when(subject::start{}));
  EXPECT_EQ(next.position, "");
  EXPECT_EQ(next.cursor, "");
}

/// A sync that has read this, once, up to a cursor.
auto has_read(const std::string& from) {
  return given<subject>(subject::configured{R"({"from":)" + from + R"(,"into":"c"})", at(0s)},
                        subject::started{.run = 1, .at = at(0s)},
                        subject::moved{.cursor = R"({"at":7})", .last = true},
                        subject::ended{.outcome = wire::outcome::succeeded});
}
/// Where its next run begins, when it is told to read that.
std::string cursor_then(const std::string& from, const std::string& then) {
  auto one = has_read(from);
  EXPECT_TRUE(
      one.when(subject::configure{.spec = R"({"into":"c","from":)" + then + "}"}).calls.empty())
      << "the collection goes on being fed";
  return called<wire::transfer>(one.when(subject::start{})).cursor;
}

constexpr auto contacts = R"({"connector":{"integration":"crm","stream":"contacts"}})";
constexpr auto deals = R"({"connector":{"integration":"crm","stream":"deals"}})";

TEST(sync_that_is_changed, begins_anew_at_another_stream_and_says_so_with_where_it_stood) {
  auto one = has_read(contacts);
  one.when(subject::configure{.spec = R"({"into":"c","from":)" + std::string{deals} + "}"});
  EXPECT_EQ(one.state.cursor, "");
  EXPECT_NE(write_json(subject::status(one.state)).find("begins_anew"), std::string::npos);
  const auto next = called<wire::transfer>(one.when(subject::start{}));
  EXPECT_EQ(next.cursor, "");
  const auto& why = one.state.run.restarted_for;
  EXPECT_NE(why.find("contacts"), std::string::npos) << why;
  EXPECT_NE(why.find(R"({"at":7})"), std::string::npos) << why;
  EXPECT_EQ(one.state.run.restarts, 0u);
  one.when(wire::transferred{.run = 2, .moved = {.cursor = R"({"at":9})", .last = true}});
  EXPECT_EQ(called<wire::transfer>(one.when(subject::start{})).cursor, R"({"at":9})");
  EXPECT_EQ(one.state.run.restarted_for, "") << "it is said once";
}

TEST(sync_that_is_changed, begins_anew_where_a_failed_run_had_stopped) {
  auto one = given<subject>(
      subject::configured{R"({"from":)" + std::string{contacts} + R"(,"into":"c"})", at(0s)},
      subject::started{.run = 1, .at = at(0s)}, subject::moved{.position = "p", .cursor = "c"},
      subject::ended{.outcome = wire::outcome::failed, .why = "down"});
  one.when(subject::configure{.spec = R"({"into":"c","from":)" + std::string{deals} + "}"});
  EXPECT_EQ(called<wire::transfer>(one.when(subject::start{})).position, "");
  EXPECT_NE(one.state.run.restarted_for, "");
}

TEST(sync_that_is_changed, goes_on_where_it_stood_when_a_person_says_so) {
  auto one = has_read(contacts);
  one.when(subject::configure{.spec = R"({"into":"c","from":)" + std::string{deals} + "}"});
  one.when(subject::rewind{.cursor = R"({"at":7})"});
  EXPECT_EQ(called<wire::transfer>(one.when(subject::start{})).cursor, R"({"at":7})");
  EXPECT_EQ(one.state.run.restarted_for, "");
}

TEST(sync_that_is_changed, begins_anew_wherever_what_is_read_is_something_else) {
  const auto table = [](const std::string& url, const std::string& name, const std::string& more) {
    return R"({"postgres":{"url":")" + url + R"(","table":")" + name + '"' + more + "}}";
  };
  const auto here = table("postgres://ann@db/shop", "t", R"(,"cursor":"at")");
  for (const auto& other : {table("postgres://ann@db/crm", "t", R"(,"cursor":"at")"),
                            table("postgres://ann@db/shop", "u", R"(,"cursor":"at")"),
                            table("postgres://ann@db/shop", "t", R"(,"cursor":"n")"),
                            table("postgres://ann@db/shop", "t", R"(,"cursor":"at","where":"a")")})
    EXPECT_EQ(cursor_then(here, other), "") << other;
  EXPECT_EQ(cursor_then(contacts, R"({"connector":{"integration":"b","stream":"contacts"}})"), "");
  for (const auto& same :
       {table("postgres://bob@db/shop", "t", R"(,"cursor":"at")"),
        table("postgres://db/shop", "t", R"(,"page_size":7,"cursor":"at","credential":"c")")})
    EXPECT_EQ(cursor_then(here, same), R"({"at":7})") << same;
}

} // namespace
