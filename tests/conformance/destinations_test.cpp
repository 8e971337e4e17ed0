// What every kind of destination keeps to, whatever it writes to: a page may come again after a
// crash, and what is there afterwards is what came last of each record, once.
#include "tests/support/destination_places.hpp"
#include "tests/support/destination_writing.hpp"

#include <random>

namespace tenon::actors {
namespace {

using tests::change;
using tests::contents;

struct candidate {
  std::string name;
  tests::place (*make)();
};

void PrintTo(const candidate& c, std::ostream* onto) {
  *onto << c.name;
}

class destinations : public ::testing::TestWithParam<candidate> {
protected:
  settled write(std::vector<outgoing_change> page, std::uint64_t run = 1, bool full = false) {
    const auto size = page.size();
    auto done = writing_.write(std::move(page), run, full);
    EXPECT_FALSE(done.trouble) << done.trouble->why.why;
    EXPECT_EQ(done.count, size);
    EXPECT_EQ(done.written + done.unchanged + done.letters.size(), size);
    return done;
  }
  static outgoing_change row(std::int64_t id, const std::string& v, const value& n,
                             std::uint64_t version) {
    return change(std::to_string(id), {{"id", id}, {"v", v}, {"n", n}}, false, version);
  }

  tests::place place_ = GetParam().make();
  tests::destination_writing writing_{*place_.kind, place_.options};
};

TEST_P(destinations, hold_what_came_last_of_each_record_though_pages_come_twice) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  const std::vector<std::string> texts{
      "x",   "a,b;c\td", "\"q\"",   "line\nline\r\n", "\\N",  "\\.", "O'Neil",
      "ä€😀", "%s {}",    " blank ", "tab\t",          "null", "#5",  "\\"};
  contents expected;
  std::uint64_t version = 0;
  for (std::uint64_t run = 1; run <= 12; ++run) {
    std::vector<outgoing_change> page;
    std::set<std::int64_t> ids;
    while (ids.size() < 1 + random() % 150)
      ids.insert(static_cast<std::int64_t>(random() % 300) - 20);
    for (const auto id : ids) {
      ++version;
      if (random() % 4 == 0) {
        page.push_back(change(std::to_string(id), {{"id", id}, {"v", "old"}}, true, version));
        expected.erase(id);
        continue;
      }
      const auto text = texts[random() % texts.size()] + std::to_string(random() % 3);
      const auto n = static_cast<std::int64_t>(random() % 3);
      page.push_back(row(id, text, n == 0 ? value{} : value{n}, version));
      expected[id] = text + '|' + (n == 0 ? "" : std::to_string(n));
    }
    if (random() % 3 == 0) // it was begun, and nobody heard of its end
      write({page.begin(), page.begin() + static_cast<std::ptrdiff_t>(page.size() / 2 + 1)}, run);
    write(page, run);
    if (random() % 3 == 0) // perhaps by another run
      write(page, run + random() % 2);
    ASSERT_EQ(place_.now(), expected) << "after page " << run;
  }
}

TEST_P(destinations, change_nothing_with_a_page_that_is_there_already) {
  std::vector<outgoing_change> page;
  for (int i = 0; i < 200; ++i)
    page.push_back(row(i, "v", 1000 + i, 1));
  EXPECT_EQ(write(page).written, 200u);
  const auto before = place_.now();
  EXPECT_EQ(before.size(), 200u);
  const auto again = write(page);
  EXPECT_EQ(place_.now(), before);
  EXPECT_EQ(again.written, place_.in_place ? 0u : 200u);
  if (!place_.in_place)
    return;
  EXPECT_EQ(write({change("999", {{"id", 999}}, true)}).unchanged, 1u);
}

TEST_P(destinations, refuse_what_is_broken_alone) {
  std::vector<outgoing_change> page;
  for (int i = 100; i < 400; ++i)
    page.push_back(row(i, "v", 1000 + i, 1));
  if (place_.broken)
    page.insert(page.begin() + 17, change("7", *place_.broken));
  page.push_back(change("8", {{"id", 8}, {"v", "eight"}, {"n", 8}}));
  page.insert(page.begin() + 200, {"9", blob::copy_of("[1]"), false, "9@1"});
  const auto done = write(page);
  ASSERT_EQ(done.letters.size(), place_.broken ? 2u : 1u);
  EXPECT_EQ(done.letters.back().place, "9");
  EXPECT_EQ(done.letters.front().place, place_.broken ? "7" : "9");
  EXPECT_EQ(done.letters.front().bytes, page[place_.broken ? 17 : 200].content);
  EXPECT_FALSE(done.letters.front().reason.empty());
  EXPECT_EQ(place_.now().size(), 301u);
}

TEST_P(destinations, settle_nothing_and_say_so_when_it_is_gone) {
  write({row(1, "v", 1, 1)});
  place_.lose();
  const auto none = writing_.write({row(2, "v", 2, 1)});
  EXPECT_EQ(none.count, 0u);
  ASSERT_TRUE(none.trouble);
  EXPECT_TRUE(none.trouble->why.where.starts_with("spec.to." + std::string{place_.kind->name()}))
      << none.trouble->why.where;
  EXPECT_FALSE(none.trouble->why.why.empty());
  EXPECT_FALSE(none.trouble->why.remedy.empty());
}

TEST_P(destinations, refuse_options_that_they_do_not_know) {
  EXPECT_TRUE(place_.kind->check(place_.options));
  auto odd = place_.options;
  odd["tabel"] = "x";
  const auto checked = place_.kind->check(odd);
  ASSERT_FALSE(checked);
  EXPECT_TRUE(checked.error().where.starts_with("spec.to."));
  EXPECT_FALSE(place_.kind->check({}));
}

INSTANTIATE_TEST_SUITE_P(every, destinations,
                         ::testing::Values(candidate{"postgres", tests::postgres_place},
                                           candidate{"mariadb", tests::mariadb_place},
                                           candidate{"sqlite", tests::sqlite_place},
                                           candidate{"csv", tests::csv_place}),
                         [](const auto& each) { return each.param.name; });

} // namespace
} // namespace tenon::actors
