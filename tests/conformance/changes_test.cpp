// What changes at a platform is read by every connector that asks for changes, and nothing else;
// what its actions write is read where it belongs.
#include "actors/integration/writing.hpp"
#include "protocols/json.hpp"
#include "tests/conformance/part.hpp"

#include <set>

namespace tenon::actors::connectors {
namespace {

class changes : public every_connector {};

/// A stream that knows how far it has come.
class every_stream_of_changes : public tests::conformance::promising<of_a_connector> {};

bool goes_on(const stream& s) {
  return s.cursor.has_value();
}

constexpr std::int64_t day = std::chrono::milliseconds{std::chrono::days{1}}.count();

/// As if a run had ended long after everything that the platform has.
progress long_after(const progress_rule& rule, const progress& end) {
  auto later = end;
  if (!rule.is_text())
    later.from = end.from.value_or(0) + rule.lookback + (rule.is_time() ? 3 * day : 1'000);
  return later;
}

std::vector<std::string> added(const std::vector<std::string>& before,
                               const std::vector<std::string>& after) {
  const std::set<std::string> known{before.begin(), before.end()};
  std::vector<std::string> fresh;
  std::ranges::copy_if(after, std::back_inserter(fresh),
                       [&](const std::string& one) { return !known.contains(one); });
  return fresh;
}

TEST_P(every_stream_of_changes, gives_a_second_run_what_is_new_alone) {
  const auto& s = part_of(connector_->streams);
  auto t = make({.limits = false});
  ASSERT_TRUE(t);
  driver d{*t, *connector_};
  const auto first = d.read(s);
  ASSERT_TRUE(first.ended) << told(first);
  const auto before = long_after(*s.cursor, first.end);
  if (s.cursor->is_time())
    d.now = std::max(d.now, moment{span{*before.from + 5 * day}});
  const auto nothing = d.read(s, before);
  EXPECT_TRUE(nothing.ended) << told(nothing);
  ASSERT_EQ(nothing.records.size(), 0u) << "it reads " << nothing.records.front() << " again";
  const auto grown =
      t->grow(s.name, s.cursor->is_time() ? moment{span{*before.from + day}} : d.now);
  const auto news = d.read(s, before);
  EXPECT_TRUE(news.ended) << told(news);
  // As many of each as before, in as many parts.
  const auto raw = t->records(s.name).size() - grown;
  ASSERT_GE(raw, grown);
  const auto expected = (first.records.size() * grown + raw / 2) / raw;
  EXPECT_GT(expected, 0u);
  EXPECT_EQ(news.records.size(), expected)
      << "after " << write_json(to_object(*s.cursor, before)) << ", of which the last is "
      << write_json(t->records(s.name).back());
}

/// The whole of a stream whose platform answers no query beyond some number of records.
TEST_P(changes, are_found_behind_the_most_that_one_query_gives) {
  ASSERT_TRUE(connector_);
  for (const auto& s : connector_->streams) {
    if (s.cap.rows == 0)
      continue;
    const auto count = static_cast<std::size_t>(s.cap.rows) + 450;
    auto t = make({.count = count, .limits = false});
    ASSERT_TRUE(t);
    driver d{*t, *connector_};
    const auto done = d.read(s);
    ASSERT_TRUE(done.ended) << s.name << ": " << told(done);
    std::set<std::string> keys;
    for (const auto& line : done.records)
      keys.insert(line.substr(0, line.find(' ')));
    EXPECT_EQ(keys.size(), count) << s.name;
    EXPECT_LT(done.records.size(), count + 400) << s.name << " reads much of it twice";
  }
}

TEST_P(changes, of_an_action_are_read_where_they_belong) {
  ASSERT_TRUE(connector_);
  for (const auto& a : connector_->actions) {
    auto t = make({.limits = false});
    ASSERT_TRUE(t);
    const auto* s = connector_->find_stream(t->kept_in(a.name));
    if (a.job || s == nullptr)
      continue;
    driver d{*t, *connector_};
    const auto before = d.read(*s);
    ASSERT_TRUE(before.ended && !before.records.empty()) << s->name << ": " << told(before);
    const auto& known = before.records.front();
    const auto space = known.find(' ');
    const bool erases = a.mode == write_mode::erase;
    // What is written anew has a key that the platform does not know.
    const auto key = a.mode == write_mode::insert || a.mode == write_mode::upsert
                         ? std::string{"key-1"}
                         : known.substr(0, space);
    const auto json = erases ? known.substr(space + 1) : write_json(t->record_for(a.name));
    const writing w{*connector_, a, t->connection()};
    const std::vector<outgoing_record> batch{{key, blob::copy_of(json), "acme/sync/any/1"}};
    d.now += std::chrono::hours{1};
    const auto came = d.write(w, batch);
    const auto* items = std::get_if<item_outcomes>(&came);
    ASSERT_TRUE(items) << a.name << ": " << std::get<verdict>(came).why.why;
    ASSERT_TRUE(items->front().written) << a.name << ": " << items->front().why.why;
    const auto after = d.read(*s);
    const auto fresh = added(before.records, after.records);
    if (erases && fresh.empty()) {
      EXPECT_LT(after.records.size(), before.records.size()) << a.name;
    } else {
      ASSERT_FALSE(fresh.empty()) << a.name << " leaves " << s->name << " as it was";
      EXPECT_TRUE(!erases || after.deleted > before.deleted) << a.name;
    }
    if (!s->cursor)
      continue;
    // Replay goes on behind the newest, and a change of an older one is not behind it.
    if (s->cursor->what == progress_rule::kind::replay)
      continue;
    const auto news = d.read(*s, before.end);
    const bool told_of = erases && fresh.empty() && s->cursor->what != progress_rule::kind::token;
    EXPECT_TRUE(told_of || !added(before.records, news.records).empty())
        << a.name << " is not seen by the next run of " << s->name;
  }
}

INSTANTIATE_TEST_SUITE_P(shipped, changes, testing::ValuesIn(names()),
                         [](const auto& each) { return each.param; });

INSTANTIATE_TEST_SUITE_P(shipped, every_stream_of_changes,
                         testing::ValuesIn(parts_of_all<stream>(&manifest::streams, goes_on)),
                         part_name);

} // namespace
} // namespace tenon::actors::connectors
