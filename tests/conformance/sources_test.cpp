// What every kind of source keeps to, whatever it reads: a crash may come after any page, and then
// that page, or the one after it, is asked for again by what was written down. The kinds are those
// that the build lists, and so is what they read here: the next kind is tested by being there.
#include "actors/sync/sources/catalog.hpp"
#include "tests/conformance/subjects/sources/catalog.hpp"
#include "tests/conformance/waivers.hpp"
#include "tests/support/connected_platform.hpp"
#include "tests/support/offered.hpp"
#include "tests/support/source_reading.hpp"

#include <algorithm>
#include <set>

namespace tenon::tests::conformance {
namespace subjects::sources {

void PrintTo(const subject& s, std::ostream* onto) {
  *onto << s.name;
}

} // namespace subjects::sources

namespace {

using actors::page_request;
using actors::source_page;
using subjects::sources::subject;

/// The same for every promise: what they read is begun once.
const std::vector<subject>& readings() {
  static const auto all = [] {
    std::vector<subject> made;
    for (const auto& m : subjects::sources::catalog())
      for (auto& one : m.make())
        made.push_back(std::move(one));
    return made;
  }();
  return all;
}

class sources : public promising<testing::TestWithParam<subject>> {
protected:
  /// What is asked for the page after `p`, or for the first.
  page_request after(const source_page* p) const {
    page_request wanted{.sync = {"acme", "sync", "any"}, .cursor = GetParam().cursor};
    if (GetParam().find_cursor)
      wanted.cursor = GetParam().find_cursor();
    if (p) {
      wanted.position = p->position;
      wanted.cursor = p->cursor;
    }
    return wanted;
  }
};

TEST_P(sources, give_the_rest_when_they_are_resumed_after_any_page) {
  const auto pages = source_reading{GetParam().open()}.run(after(nullptr));
  ASSERT_GT(pages.size(), 2u);
  for (std::size_t i = 0; i + 1 < pages.size(); ++i) {
    const auto rest = source_reading{GetParam().open()}.run(after(&pages[i]));
    const std::vector<source_page> expected{pages.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                            pages.end()};
    ASSERT_EQ(lines(rest), lines(expected)) << "after page " << i;
    EXPECT_EQ(rest.back().cursor, expected.back().cursor);
  }
}

TEST_P(sources, give_the_same_page_when_it_is_asked_for_twice) {
  source_reading reading{GetParam().open()};
  const source_page* before = nullptr;
  const auto pages = reading.run(after(nullptr));
  for (const auto& p : pages) {
    const auto again = reading.page(after(before));
    EXPECT_EQ(lines({again}), lines({p}));
    EXPECT_EQ(again.position, p.position);
    EXPECT_EQ(again.cursor, p.cursor);
    EXPECT_EQ(again.bytes, p.bytes);
    EXPECT_EQ(again.expected, p.expected);
    EXPECT_EQ(again.complete, p.complete);
    EXPECT_EQ(again.last, p.last);
    before = &p;
  }
}

TEST_P(sources, say_at_the_beginning_how_much_there_will_be_or_nothing) {
  const auto pages = source_reading{GetParam().open()}.run(after(nullptr));
  std::uint64_t count = 0;
  for (const auto& p : pages)
    count += p.records.size() + p.letters.size() + p.filtered;
  for (const auto& p : pages)
    EXPECT_TRUE(p.expected == count || p.expected == 0) << p.expected << " of " << count;
}

TEST_P(sources, give_each_key_once_in_a_run) {
  std::vector<std::string> keys;
  for (const auto& p : source_reading{GetParam().open()}.run(after(nullptr)))
    for (const auto& r : p.records)
      keys.push_back(r.key);
  std::ranges::sort(keys);
  EXPECT_EQ(std::ranges::adjacent_find(keys), keys.end());
}

TEST_P(sources, need_only_the_last_page_cursor_to_begin_the_next_run) {
  const auto first = source_reading{GetParam().open()}.run(after(nullptr));
  const auto next = source_reading{GetParam().open()}.run({.cursor = first.back().cursor});
  EXPECT_EQ(next.back().cursor, first.back().cursor); // nothing has changed
}

INSTANTIATE_TEST_SUITE_P(every, sources, ::testing::ValuesIn(readings()),
                         [](const auto& each) { return each.param.name; });

TEST(source_kinds, have_something_that_they_read_here) {
  std::set<std::string_view> kinds, tried;
  for (const auto& m : actors::sources::catalog())
    kinds.insert(m.name);
  for (const auto& m : subjects::sources::catalog()) {
    tried.insert(m.name);
    const auto of_this = [&](const subject& s) {
      return s.name.starts_with(std::string{m.name} + '_');
    };
    EXPECT_TRUE(std::ranges::any_of(readings(), of_this)) << m.name;
  }
  for (const auto kind : kinds)
    EXPECT_TRUE(tried.contains(kind))
        << "write tests/conformance/subjects/sources/" << kind << ".cpp: what it reads here";
  for (const auto kind : tried)
    EXPECT_TRUE(kinds.contains(kind)) << "there is no source " << kind;
}

TEST(source_kinds, are_called_what_their_file_is_and_refuse_options_that_they_do_not_know) {
  connected_platform none{"any", R"({"connector": "any", "version": 1, "auth": {"none": {}},
    "base": "{{conn.base_url}}", "params": {"base_url": {"title": "address"}},
    "streams": {"any": {"request": {"get": "/any"}, "key": "id"}}})",
                          "http://127.0.0.1"};
  for (const auto& m : actors::sources::catalog()) {
    const auto kind = m.make(offered({"/"}, &none.platform()));
    EXPECT_EQ(kind->name(), m.name);
    const std::string place = "spec.from." + std::string{m.name};
    for (const auto& options : {object{}, object{{"tabel", "x"}}}) {
      const auto checked = kind->check(options);
      ASSERT_FALSE(checked) << m.name;
      EXPECT_TRUE(checked.error().where.starts_with(place)) << checked.error().where;
      EXPECT_FALSE(checked.error().remedy.empty()) << m.name;
    }
  }
}

} // namespace
} // namespace tenon::tests::conformance
