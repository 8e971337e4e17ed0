// What the other side of an outlet has answered of a row comes with the row's next change, and goes
// when the row does.
#include "actors/collection.hpp"

#include "tests/support/two_platforms.hpp"

#include <gtest/gtest.h>

using tenon::blob;
using tenon::actors::collection;
using tenon::tests::policy;
using tenon::tests::scene;

namespace {

using answers = std::vector<tenon::protocols::outlet_types::returned>;

class returned : public ::testing::Test {
protected:
  void store(const std::string& key, const std::string& content) {
    collection::store s{.feed = "in", .run = 1, .page = page_++};
    s.records.push_back({key, blob::copy_of(content), content.empty()});
    ASSERT_FALSE(c_.when(s).refusal);
  }
  tenon::protocols::outlet_types::changes look(const std::string& outlet, std::uint64_t run,
                                               bool full = false) {
    auto d = c_.when(collection::read_changes{.outlet = outlet, .run = run, .full = full});
    EXPECT_FALSE(d.refusal);
    return *d.reply;
  }
  void deliver(const std::string& outlet, std::uint64_t run, answers all) {
    const auto there = look(outlet, run);
    const auto done = c_.when(collection::deliver{.outlet = outlet,
                                                  .run = run,
                                                  .page = there.page,
                                                  .next = there.next,
                                                  .written = there.items.size(),
                                                  .last = there.last,
                                                  .returned = std::move(all)});
    ASSERT_FALSE(done.refusal);
  }
  /// What comes with the outlet's next changes: "a={…} b=".
  std::string given(const std::string& outlet, std::uint64_t run, bool full = false) {
    std::string text;
    for (const auto& one : look(outlet, run, full).items)
      text += (text.empty() ? "" : " ") + one.key + '=' + one.returned.text();
    return text;
  }
  /// What is shown beside a row: "out={…}".
  std::string shown(const std::string& key) {
    const auto page = c_.when(collection::read{.tombstones = true});
    std::string text;
    for (const auto& item : page.reply->items)
      if (item.key == key)
        for (const auto& one : item.returned)
          text += one.outlet + '=' + one.content.text();
    return text;
  }

  scene<collection> c_;
  std::uint64_t page_ = 0;
};

TEST_F(returned, comes_with_the_next_change_to_those_who_were_told_and_is_shown) {
  store("a", "{}");
  store("b", "{}");
  deliver("out", 1, {{"a", blob::from(R"({"id":7})")}});
  deliver("other", 1, {});
  EXPECT_EQ(shown("a"), R"(out={"id":7})");
  EXPECT_EQ(shown("b"), "");
  store("a", R"({"n":1})");
  store("b", R"({"n":1})");
  EXPECT_EQ(given("out", 2), R"(a={"id":7} b=)");
  EXPECT_EQ(given("other", 2), "a= b=");
  EXPECT_EQ(given("out", 3, true), R"(a={"id":7} b=)") << "also when everything is written again";
}

TEST_F(returned, is_of_the_page_that_was_stored_and_not_of_one_that_comes_again) {
  store("a", "{}");
  const auto there = look("out", 1);
  collection::deliver once{.outlet = "out", .run = 1, .page = 0, .next = there.next, .written = 1};
  once.returned = {{"a", blob::from(R"({"id":7})")}};
  ASSERT_FALSE(c_.when(once).refusal);
  once.returned = {{"a", blob::from(R"({"id":8})")}};
  const auto again = c_.when(once);
  EXPECT_TRUE(again.events.empty());
  EXPECT_EQ(shown("a"), R"(out={"id":7})");
}

TEST_F(returned, goes_with_the_row_and_not_before_that_is_told) {
  store("a", "{}");
  deliver("out", 1, {{"a", blob::from(R"({"id":7})")}});
  store("a", "");
  EXPECT_EQ(given("out", 2), R"(a={"id":7})") << "by this it is deleted there";
  deliver("out", 2, {{"a", {}}});
  EXPECT_EQ(shown("a"), "");
  store("a", "{}");
  EXPECT_EQ(given("out", 3), "a=") << "it is written there as one that is new";
}

TEST_F(returned, is_forgotten_with_its_outlet_and_with_no_other) {
  store("a", "{}");
  deliver("out", 1, {{"a", blob::from(R"({"id":7})")}});
  deliver("other", 1, {{"a", blob::from(R"({"id":8})")}});
  ASSERT_FALSE(c_.when(collection::forget{"out", 1}).refusal);
  EXPECT_EQ(shown("a"), R"(other={"id":8})");
  EXPECT_EQ(given("out", 1), "a=");
}

using returned_by_a_counterpart = tenon::tests::two_platforms;

TEST_F(returned_by_a_counterpart, is_kept_when_its_outlet_becomes_another_ones_counterpart) {
  shop_.conflicts = policy::local_wins; // for its counterpart stands one without a name
  shop_.records["k"] = "{}";
  reads(shop_);
  const auto reads_there = [&](std::uint64_t run, const std::string& except) {
    return *c_.when(collection::read_changes{.outlet = "out", .run = run, .except = except}).reply;
  };
  const auto all = reads_there(1, "");
  ASSERT_EQ(all.items.size(), 1u);
  collection::deliver told{.outlet = "out", .run = 1, .next = all.next, .written = 1};
  told.returned = {{"k", blob::from(R"({"id":7})")}};
  ASSERT_FALSE(c_.when(told).refusal);
  crm_.records["k"] = R"({"n":1})";
  reads(crm_);
  reads_there(2, "shop");
  const auto news = reads_there(2, "shop");
  ASSERT_EQ(news.items.size(), 1u);
  EXPECT_EQ(news.items.front().returned.text(), R"({"id":7})");
}

} // namespace
