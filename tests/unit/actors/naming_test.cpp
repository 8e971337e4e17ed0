// Records that are called something else here than at their source.
#include "actors/collection.hpp"
#include "actors/collection/naming.hpp"

#include "tests/support/given.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

using tenon::blob;
using tenon::actors::collection;
using tenon::tests::scene;

namespace {

using incoming = tenon::protocols::collection::incoming;

class naming : public ::testing::Test {
protected:
  static incoming called(const std::string& origin, const std::string& key,
                         const std::string& content = "{}") {
    return {.key = key, .content = blob::copy_of(content), .origin = origin};
  }
  static incoming gone(const std::string& origin) { return {.deleted = true, .origin = origin}; }

  collection::stored stores(std::vector<incoming> records, const std::string& feed = "in") {
    auto d = c_.when(
        collection::store{.feed = feed, .run = 1, .page = pages_[feed]++, .records = records});
    EXPECT_FALSE(d.refusal) << d.refusal->why;
    return d.reply ? *d.reply : collection::stored{};
  }
  /// "key=content …" of the rows that live.
  std::string rows() {
    std::string text;
    const auto read = c_.when(collection::read{.limit = 1000});
    for (const auto& one : read.reply->items)
      text += one.key + '=' + one.row.content.text() + ' ';
    return text;
  }
  static incoming of_another(const std::string& key, const std::string& content = "{}") {
    return {.key = key, .content = blob::copy_of(content)};
  }
  /// "key->what it is called there …", as the outlet that writes to "in"'s source is given it.
  std::string told() {
    const auto d = c_.when(collection::read_changes{.outlet = "out", .run = 1, .except = "in"});
    EXPECT_FALSE(d.refusal);
    next_ = *d.reply;
    named_ = d.reply->named;
    std::string text;
    for (const auto& one : d.reply->items)
      text += one.key + "->" + one.origin + ' ';
    return text;
  }
  void delivered(std::vector<tenon::protocols::outlet_types::returned> returned) {
    const auto d = c_.when(collection::deliver{.outlet = "out",
                                               .run = 1,
                                               .page = next_.page,
                                               .next = next_.next,
                                               .returned = std::move(returned)});
    EXPECT_FALSE(d.refusal);
  }
  std::size_t kept() {
    std::size_t n = 0;
    c_.state.rows.scan("", 10'000, [&](std::string_view key, const blob&) {
      n += key.starts_with('a') || key.starts_with('A') || key.starts_with('n');
      return true;
    });
    return n;
  }

  scene<collection> c_;
  tenon::protocols::outlet_types::changes next_;
  bool named_ = true;
  std::map<std::string, std::uint64_t> pages_;
};

TEST_F(naming, two_feeds_records_of_one_name_are_one_row) {
  stores({called("17", "ann", "1")});
  stores({called("x-9", "ann", "2")}, "other");
  EXPECT_EQ(rows(), "ann=2 ");
  stores({gone("17")});
  EXPECT_EQ(rows(), "");
}

TEST_F(naming, a_deletion_is_understood_by_the_sources_key_and_of_strangers_changes_nothing) {
  stores({called("17", "ann"), called("18", "bob")});
  EXPECT_EQ(stores({gone("17")}).deleted, 1u);
  EXPECT_EQ(rows(), "bob={} ");
  const auto again = stores({gone("17"), gone("99")});
  EXPECT_EQ(again.deleted, 0u);
  EXPECT_EQ(again.unchanged, 2u);
  EXPECT_EQ(stores({gone("18")}, "other").deleted, 0u) << "another feed's 18 is another record";
}

TEST_F(naming, a_record_that_is_renamed_leaves_its_row) {
  stores({called("17", "ann", "1")});
  stores({called("17", "anna", "2")});
  EXPECT_EQ(rows(), "anna=2 ");
  EXPECT_EQ(kept(), 2u);
}

TEST_F(naming, records_that_change_names_with_each_other_both_stay) {
  stores({called("17", "ann", "1"), called("18", "bob", "2")});
  stores({called("17", "bob", "1"), called("18", "ann", "2")});
  EXPECT_EQ(rows(), "ann=2 bob=1 ");
  stores({called("17", "ann", "1")}); // also one after the other
  stores({called("18", "bob", "2")});
  EXPECT_EQ(rows(), "ann=1 bob=2 ");
}

TEST_F(naming, names_that_are_too_long_are_letters) {
  const std::string most(tenon::actors::collections::max_name_bytes, 'x');
  EXPECT_EQ(stores({called(most, most)}).stored, 1u);
  EXPECT_EQ(stores({called(most + 'x', "a"), called("a", most + 'x')}).dead_lettered, 2u);
}

TEST_F(naming, what_was_stored_before_it_had_names_is_found_by_its_sources_key) {
  stores({{.key = "17", .content = blob::copy_of("old")},
          {.key = "18", .content = blob::copy_of("2")}});
  stores({called("17", "ann", "1"), gone("18")});
  EXPECT_EQ(rows(), "ann=1 ");
}

TEST_F(naming, what_was_stored_before_is_found_when_another_feed_has_changed_it_since) {
  stores({of_another("17", "old"), of_another("18", "old"), of_another("19", "old")});
  stores({of_another("17", "new"), of_another("18", "new"), of_another("20")}, "other");
  EXPECT_EQ(stores({called("17", "ann", "1"), gone("18"), gone("20")}).deleted, 2u);
  EXPECT_EQ(rows(), "19=old 20={} ann=1 ") << "20 is only the other's";
  EXPECT_EQ(kept(), 4u) << "17 both ways, and that the other has called two rows by their keys";
}

TEST_F(naming, a_letter_keeps_the_row_of_its_record_from_the_sweep) {
  stores({called("17", "ann"), called("18", "bob")});
  collection::store refresh{.feed = "in", .run = 2, .last = true, .marks = true};
  refresh.letters.push_back({.place = "17", .reason = "it has no name", .key = "17"});
  c_.when(refresh);
  c_.when(collection::sweep{.feed = "in", .run = 2});
  EXPECT_EQ(rows(), "ann={} ");
}

TEST_F(naming, who_writes_to_the_source_is_told_what_it_calls_a_row_until_it_is_gone_there) {
  stores({called("17", "ann"), called("18", "bob")});
  told();
  delivered({});
  stores({{.key = "ann", .deleted = true}, of_another("bob", "1"), of_another("cy")}, "other");
  EXPECT_EQ(told(), "ann->17 bob->18 cy-> ");
  delivered({{"ann", {}}, {"cy", blob::copy_of(R"({"key":"19"})")}});
  stores({of_another("ann", "2"), of_another("bob", "2"), of_another("cy", "2")}, "other");
  EXPECT_EQ(told(), "ann-> bob->18 cy-> ") << "what is made there now is another one";
}

TEST_F(naming, of_a_source_whose_keys_are_used_here_who_writes_is_told_what_is_there) {
  stores({of_another("ann"), of_another("bob")});
  told();
  delivered({});
  stores({of_another("ann", "2"), of_another("cy")}, "other");
  EXPECT_EQ(told(), "ann->ann cy-> ");
  EXPECT_FALSE(named_);
}

TEST_F(naming, what_came_before_its_feed_had_names_is_called_there_as_it_is_here) {
  stores({of_another("17"), of_another("18"), of_another("19")});
  stores({of_another("17", "2"), of_another("bob")}, "other");
  told();
  delivered({});
  stores({called("20", "ann")});
  stores({{.key = "17", .deleted = true},
          {.key = "bob", .deleted = true},
          of_another("18", "2"),
          of_another("ann", "2")},
         "other");
  EXPECT_EQ(told(), "17->17 bob-> 18->18 ann->20 ") << "bob was never brought from there";
  EXPECT_TRUE(named_);
  delivered({{"17", {}}});
  stores({of_another("17", "3"), of_another("18", "3")}, "other");
  EXPECT_EQ(told(), "17-> 18->18 ") << "what is made there now is another one";
}

TEST_F(naming, what_had_gone_there_before_its_feed_had_names_is_called_nothing_there) {
  const auto all = std::vector{of_another("1"), of_another("2"), of_another("3")};
  stores(all);
  stores({of_another("1", "2"), of_another("2", "2"), of_another("3", "2")}, "other");
  c_.when(collection::read_changes{.outlet = "out", .run = 1, .except = "in"});
  const std::vector<incoming> gone_there{{.key = "1", .deleted = true},
                                         {.key = "2", .deleted = true}};
  stores({gone_there[0]});
  c_.when(collection::store{.feed = "in",
                            .run = 1,
                            .page = pages_["in"]++,
                            .records = {gone_there[1]},
                            .policy = tenon::protocols::conflict_types::policy::local_wins});
  collection::store refresh{.feed = "in", .run = 2, .last = true, .marks = true};
  refresh.policy = tenon::protocols::conflict_types::policy::local_wins;
  c_.when(refresh);
  c_.when(collection::sweep{.feed = "in", .run = 2});
  c_.when(collection::store{.feed = "in", .run = 3, .records = {called("20", "ann")}});
  stores({of_another("1", "3"), of_another("2", "3"), of_another("3", "3")}, "other");
  EXPECT_EQ(told(), "1-> 2-> 3->3 ");
}

TEST_F(naming, what_a_refresh_has_missed_has_no_name_there) {
  stores({called("17", "ann"), called("18", "bob")});
  collection::store refresh{.feed = "in", .run = 2, .last = true, .marks = true};
  refresh.records.push_back(called("18", "bob"));
  c_.when(refresh);
  c_.when(collection::sweep{.feed = "in", .run = 2});
  EXPECT_EQ(rows(), "bob={} ");
  EXPECT_EQ(kept(), 2u);
  stores({of_another("ann", "2")}, "other");
  EXPECT_EQ(told(), "ann-> ");
}

TEST_F(naming, nothing_of_it_is_left_when_the_feed_is_forgotten) {
  stores({called("17", "ann"), called("18", "bob")});
  stores({of_another("cy")});
  stores({of_another("cy", "2")}, "other");
  EXPECT_EQ(kept(), 5u);
  c_.when(collection::forget{"in", 1});
  EXPECT_EQ(kept(), 0u);
  EXPECT_EQ(rows(), "ann={} bob={} cy=2 ");
}

/// A source with its own keys, whose records get new names all the time, sometimes each other's.
TEST_F(naming, the_rows_are_the_sources_records_whatever_happens_to_their_names) {
  for (std::uint64_t seed = 1; seed <= 200 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random{seed};
    c_ = {};
    pages_.clear();
    std::map<std::string, std::string> there; // name by the source's key; no two have the same
    const auto taken = [&](const std::string& name) {
      return std::ranges::any_of(there, [&](const auto& one) { return one.second == name; });
    };
    for (int i = 0; i < 60; ++i) {
      std::vector<incoming> page;
      for (std::size_t n = random() % 4 + 1; n > 0; --n) {
        const auto origin = std::to_string(random() % 5);
        const std::string name(1, static_cast<char>('a' + random() % 7));
        if (random() % 4 == 0 && there.erase(origin) > 0) {
          page.push_back(gone(origin));
        } else if (!taken(name)) {
          there[origin] = name;
          page.push_back(called(origin, name, origin));
        } else if (there.contains(origin) && there[origin] != name) {
          // It takes the name of another, which takes its own.
          auto other = there.begin();
          while (other->second != name)
            ++other;
          std::swap(there[origin], other->second);
          page.push_back(called(origin, there[origin], origin));
          page.push_back(called(other->first, other->second, other->first));
        }
      }
      if (!page.empty())
        stores(page);
      std::map<std::string, std::string> expected;
      for (const auto& [origin, name] : there)
        expected[name] = origin;
      std::string text;
      for (const auto& [name, origin] : expected)
        text += name + '=' + origin + ' ';
      EXPECT_EQ(rows(), text);
    }
  }
}

} // namespace
