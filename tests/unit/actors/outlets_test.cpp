// What is delivered from a collection: everything once, then what changes, whatever comes between.
#include "actors/collection.hpp"

#include "tests/support/given.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

using tenon::blob;
using tenon::code;
using tenon::actors::collection;
using tenon::tests::scene;

namespace {

void store(scene<collection>& c, std::uint64_t page, std::map<std::string, std::string> rows,
           const std::string& feed = "in") {
  collection::store s{.feed = feed, .run = 1, .page = page};
  for (auto& [key, content] : rows)
    s.records.push_back({key, blob::copy_of(content), content.empty()});
  ASSERT_FALSE(c.when(s).refusal);
}

tenon::protocols::outlet_types::changes look(scene<collection>& c, std::uint64_t run,
                                             std::uint32_t limit = 100, bool full = false,
                                             const std::string& except = "") {
  auto d = c.when(collection::read_changes{
      .outlet = "out", .run = run, .full = full, .limit = limit, .except = except});
  EXPECT_FALSE(d.refusal);
  return d.reply ? *d.reply : tenon::protocols::outlet_types::changes{};
}

collection::delivered settle(scene<collection>& c, std::uint64_t run,
                             const tenon::protocols::outlet_types::changes& all,
                             std::size_t count) {
  const auto next = count == all.items.size() ? all.next : all.items[count - 1].next;
  auto d = c.when(collection::deliver{.outlet = "out",
                                      .run = run,
                                      .page = all.page,
                                      .next = next,
                                      .written = count,
                                      .last = count == all.items.size() && all.last});
  EXPECT_FALSE(d.refusal);
  return d.reply ? *d.reply : collection::delivered{};
}

std::string shown(const tenon::protocols::outlet_types::changes& all) {
  std::string text;
  for (const auto& one : all.items)
    text += one.key + (one.row.deleted ? "† " : " ");
  return text + (all.last ? "." : "");
}

TEST(outlets, begin_with_every_row_and_go_on_with_what_changes) {
  scene<collection> c;
  store(c, 0, {{"a", "1"}, {"b", "2"}, {"gone", "3"}});
  store(c, 1, {{"gone", ""}});
  const auto all = look(c, 1);
  EXPECT_EQ(shown(all), "a b .");
  settle(c, 1, all, 2);
  EXPECT_EQ(shown(look(c, 2)), ".");
  store(c, 2, {{"b", "x"}, {"c", "4"}});
  store(c, 3, {{"b", "y"}, {"a", ""}});
  const auto changed = look(c, 2);
  EXPECT_EQ(shown(changed), "c a† b .");
  EXPECT_EQ(changed.items.back().row.content.view(), "y");
  EXPECT_EQ(changed.items[1].row.content.view(), "1"); // the last that it had
}

TEST(outlets, come_back_to_what_changed_while_they_went_through_the_rows) {
  scene<collection> c;
  store(c, 0, {{"a", "1"}, {"b", "2"}, {"c", "3"}});
  const auto first = look(c, 1, 2);
  EXPECT_EQ(shown(first), "a b ");
  store(c, 1, {{"a", "x"}});
  settle(c, 1, first, 2);
  store(c, 2, {{"d", "4"}}); // comes once, although it is among the rows as well
  const auto rest = look(c, 1, 10);
  EXPECT_EQ(shown(rest), "c a d .");
  settle(c, 1, rest, 3);
  EXPECT_EQ(shown(look(c, 2)), ".");
}

TEST(outlets, do_not_tell_a_feed_what_it_has_said_itself) {
  scene<collection> c;
  store(c, 0, {{"a", "1"}}, "vendor");
  store(c, 0, {{"b", "2"}}, "ours");
  EXPECT_EQ(shown(look(c, 1, 10, false, "vendor")), "b .");
  store(c, 1, {{"b", "3"}}, "vendor"); // now it is the vendor's
  EXPECT_EQ(shown(look(c, 1, 10, false, "vendor")), ".");
}

TEST(outlets, answer_a_page_that_comes_again_as_the_first_time) {
  scene<collection> c;
  store(c, 0, {{"a", "1"}, {"b", "2"}});
  const auto all = look(c, 1, 1);
  const auto once = settle(c, 1, all, 1);
  auto again = c.when(collection::deliver{.outlet = "out", .run = 1, .page = 0});
  EXPECT_TRUE(again.events.empty());
  EXPECT_TRUE(again.reply->repeated);
  EXPECT_EQ(again.reply->written, once.written);
  EXPECT_EQ(c.when(collection::deliver{.outlet = "out", .run = 1, .page = 5}).refusal->code,
            code::conflict);
  EXPECT_EQ(c.when(collection::deliver{.outlet = "out", .run = 2, .page = 0}).refusal->code,
            code::conflict);
}

TEST(outlets, keep_what_could_not_be_delivered_as_letters) {
  scene<collection> c;
  store(c, 0, {{"a", "1"}});
  const auto all = look(c, 1);
  collection::deliver d{.outlet = "out", .run = 1, .page = 0, .next = all.next, .last = true};
  d.letters.push_back({.place = "a", .reason = "refused", .bytes = blob::copy_of("1")});
  EXPECT_EQ(c.when(d).reply->dead_lettered, 1u);
  const auto letters = c.when(collection::list_letters{});
  ASSERT_EQ(letters.reply->letters.size(), 1u);
  EXPECT_EQ(letters.reply->letters[0].letter.feed, "out");
}

TEST(outlets, deliver_again_what_a_letter_is_about_when_a_person_says_so) {
  scene<collection> c;
  store(c, 0, {{"a", "1"}}, "vendor");
  const auto all = look(c, 1);
  collection::deliver d{.outlet = "out", .run = 1, .page = 0, .next = all.next, .last = true};
  d.letters.push_back({.place = "a", .reason = "refused", .bytes = blob::copy_of("1")});
  d.letters.push_back({.place = "b", .reason = "refused", .bytes = blob::copy_of("2")});
  c.when(d);
  EXPECT_EQ(c.when(collection::settle_letter{.number = 1, .replay = true}).reply->place, "a");
  EXPECT_EQ(shown(look(c, 2, 10, false, "vendor")), "a .");
  EXPECT_EQ(c.when(collection::settle_letter{.number = 1}).refusal->code, code::not_found);
  EXPECT_EQ(c.when(collection::settle_letter{.number = 2, .replay = true}).refusal->code,
            code::conflict); // its record is gone
  EXPECT_FALSE(c.when(collection::settle_letter{.number = 2}).refusal);
  EXPECT_TRUE(c.when(collection::list_letters{}).reply->letters.empty());
}

TEST(outlets, of_a_sync_that_was_made_anew_have_no_letter_to_deliver_they_write_everything) {
  scene<collection> c;
  store(c, 0, {{"a", "1"}});
  collection::deliver d{.outlet = "out", .run = 1, .next = look(c, 1).next, .last = true};
  d.letters.push_back({.place = "a", .reason = "refused", .bytes = blob::copy_of("1")});
  c.when(d);
  c.when(collection::forget{.name = "out", .run = 1});
  const auto refused = c.when(collection::settle_letter{.number = 1, .replay = true}).refusal;
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->why, "the sync out has not written from here since it was made: its first run "
                          "writes every record");
  EXPECT_EQ(refused->remedy, "Run it (tenon sync run out), and discard the letter.");
}

TEST(outlets, go_through_everything_again_when_they_are_asked_to) {
  scene<collection> c;
  store(c, 0, {{"a", "1"}, {"b", "2"}});
  settle(c, 1, look(c, 1), 2);
  EXPECT_EQ(shown(look(c, 2)), ".");
  EXPECT_EQ(shown(look(c, 3, 10, true)), "a b .");
}

/// Whatever is stored between pages, and wherever delivering breaks off: in the end the destination
/// holds what the collection holds, and no version of a row came twice to one that settled it.
TEST(outlets, leave_the_destination_as_the_collection_is) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    std::mt19937_64 random{seed};
    scene<collection> c;
    std::map<std::string, std::string> there;
    std::map<std::string, std::uint64_t> versions;
    std::map<std::string, std::string> truth;
    std::uint64_t page = 0;
    const auto change = [&] {
      std::map<std::string, std::string> rows;
      for (auto n = random() % 6; n > 0; --n) {
        const auto key = "k" + std::to_string(random() % 12);
        rows[key] = random() % 4 == 0 ? "" : std::to_string(random() % 5 + 1);
      }
      for (const auto& [key, content] : rows)
        truth[key] = content;
      store(c, page++, rows);
    };
    change();
    std::uint64_t run = 1;
    for (int step = 0; step < 40; ++step) {
      if (step < 30 && random() % 2 == 0)
        change();
      const auto all = look(c, run, static_cast<std::uint32_t>(random() % 4 + 1));
      if (step < 30 && random() % 3 == 0)
        change(); // between reading and delivering
      if (step < 30 && random() % 5 == 0) {
        ++run; // the run broke off: nothing of this page counts
        continue;
      }
      if (all.items.empty() && !all.last)
        continue;
      const auto count = all.items.empty() ? 0 : random() % all.items.size() + 1;
      for (std::size_t i = 0; i < count; ++i) {
        const auto& [key, row, next, returned, origin] = all.items[i];
        ASSERT_GT(row.version, versions[key]) << "seed " << seed << ": " << key << " came twice";
        versions[key] = row.version;
        there[key] = row.deleted ? "" : row.content.text();
      }
      settle(c, run, all, count);
      if (all.last && count == all.items.size())
        ++run;
    }
    for (const auto& [key, content] : truth)
      ASSERT_EQ(there[key], content) << "seed " << seed << ": " << key;
  }
}

} // namespace
