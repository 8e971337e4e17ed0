// What every kind of destination keeps to, whatever it writes to: a page may come again after a
// crash, and what is there afterwards is what came last of each record, once. The kinds are those
// that the build lists, and so are the places: the next kind is tested by being there.
#include "actors/sync/destinations/catalog.hpp"
#include "tests/conformance/subjects/destinations/catalog.hpp"
#include "tests/conformance/waivers.hpp"
#include "tests/support/destination_writing.hpp"

#include <random>
#include <set>

namespace tenon::tests::conformance {
namespace {

using actors::outgoing_change;
using actors::settled;
using subjects::destinations::contents;
using subjects::destinations::place;

std::vector<std::string> kinds() {
  std::vector<std::string> all;
  for (const auto& m : actors::destinations::catalog())
    all.emplace_back(m.name);
  return all;
}

template <class Member> const Member* find(std::span<const Member> all, std::string_view name) {
  const auto it = std::ranges::find(all, name, &Member::name);
  return it == all.end() ? nullptr : &*it;
}

place place_for(const std::string& kind) {
  const auto* subject = find(subjects::destinations::catalog(), kind);
  if (!subject)
    throw std::runtime_error{"write tests/conformance/subjects/destinations/" + kind +
                             ".cpp: where it writes to here"};
  return subject->make();
}

class destinations : public promising<testing::TestWithParam<std::string>> {
protected:
  settled write(std::vector<outgoing_change> page, std::uint64_t run = 1, bool full = false) {
    const auto size = page.size();
    auto done = writing_.write(std::move(page), run, full);
    EXPECT_FALSE(done.trouble) << done.trouble->why.why;
    EXPECT_EQ(done.count, size);
    EXPECT_EQ(done.written + done.unchanged + done.letters.size(), size);
    return done;
  }
  /// This change of the page, and no other.
  void expect_refused(const std::string& key, const std::vector<outgoing_change>& page) {
    const auto done = write(page);
    ASSERT_EQ(done.letters.size(), 1u);
    const auto it = std::ranges::find(page, key, &outgoing_change::key);
    EXPECT_EQ(done.letters.front().place, key);
    EXPECT_EQ(done.letters.front().bytes, it->content);
    EXPECT_FALSE(done.letters.front().reason.empty());
    EXPECT_EQ(place_.now().size(), page.size() - 1);
  }
  static outgoing_change row(std::int64_t id, const std::string& v, const value& n,
                             std::uint64_t version) {
    return change(std::to_string(id), {{"id", id}, {"v", v}, {"n", n}}, false, version);
  }

  place place_ = place_for(GetParam());
  std::unique_ptr<actors::destination_kind> kind_ =
      find(actors::destinations::catalog(), GetParam())->make(place_.around);
  destination_writing writing_{*kind_, place_.options};
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
  write(page);
  EXPECT_EQ(place_.now(), before);
}

TEST_P(destinations, know_what_is_there_already) {
  std::vector<outgoing_change> page;
  for (int i = 0; i < 200; ++i)
    page.push_back(row(i, "v", 1000 + i, 1));
  write(page);
  EXPECT_EQ(write(page).unchanged, 200u);
  EXPECT_EQ(write({change("999", {{"id", 999}}, true)}).unchanged, 1u);
}

TEST_P(destinations, refuse_what_is_no_record_alone) {
  std::vector<outgoing_change> page;
  for (int i = 100; i < 400; ++i)
    page.push_back(row(i, "v", 1000 + i, 1));
  page.insert(page.begin() + 200, {"9", blob::copy_of("[1]"), false, "9@1"});
  expect_refused("9", page);
}

TEST_P(destinations, refuse_what_breaks_a_rule_of_the_place_alone) {
  std::vector<outgoing_change> page;
  for (int i = 100; i < 400; ++i)
    page.push_back(row(i, "v", 1000 + i, 1));
  page.insert(page.begin() + 17, row(7, "seven", 13, 1));
  expect_refused("7", page);
}

TEST_P(destinations, settle_nothing_and_say_so_when_it_is_gone) {
  write({row(1, "v", 1, 1)});
  place_.lose();
  const auto none = writing_.write({row(2, "v", 2, 1)});
  EXPECT_EQ(none.count, 0u);
  ASSERT_TRUE(none.trouble);
  EXPECT_TRUE(none.trouble->why.where.starts_with("spec.to." + std::string{kind_->name()}))
      << none.trouble->why.where;
  EXPECT_FALSE(none.trouble->why.why.empty());
  EXPECT_FALSE(none.trouble->why.remedy.empty());
}

TEST_P(destinations, refuse_options_that_they_do_not_know) {
  EXPECT_TRUE(kind_->check(place_.options));
  auto odd = place_.options;
  odd["tabel"] = "x";
  const auto checked = kind_->check(odd);
  ASSERT_FALSE(checked);
  EXPECT_TRUE(checked.error().where.starts_with("spec.to."));
  EXPECT_FALSE(kind_->check({}));
}

INSTANTIATE_TEST_SUITE_P(every, destinations, ::testing::ValuesIn(kinds()),
                         [](const auto& each) { return each.param; });

TEST(destination_kinds, are_called_what_their_file_is_and_have_somewhere_to_write_to_here) {
  for (const auto& m : actors::destinations::catalog()) {
    const auto* subject = find(subjects::destinations::catalog(), m.name);
    ASSERT_TRUE(subject) << "write tests/conformance/subjects/destinations/" << m.name << ".cpp";
    const auto somewhere = subject->make();
    EXPECT_EQ(m.make(somewhere.around)->name(), m.name);
  }
  for (const auto& subject : subjects::destinations::catalog())
    EXPECT_TRUE(find(actors::destinations::catalog(), subject.name))
        << "there is no destination " << subject.name;
}

} // namespace
} // namespace tenon::tests::conformance
