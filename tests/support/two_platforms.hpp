// Two platforms that are kept in step by one collection, played without a network: each has a feed
// of its own name and an outlet `to_<name>`; what they hold is in the test's hands.
#pragma once

#include "actors/collection.hpp"
#include "tests/support/given.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace tenon::tests {

using policy = protocols::conflict_types::policy;
using keep = protocols::conflict_types::keep;

/// One platform: what it holds, the feed that reads it and the outlet that writes to it.
struct platform {
  std::string name;
  policy conflicts = policy::vendor_wins;
  std::map<std::string, std::string> records{};
  std::uint64_t pages = 0; // stored by its feed
  std::map<std::string, moment> modified{};
  moment written_at{}; // when what is being delivered was begun
};

class two_platforms : public ::testing::Test {
protected:
  using collection = actors::collection;

  /// The feed brings what the platform holds; what it has deleted is told.
  collection::stored reads(platform& p, const std::vector<std::string>& gone = {}) {
    return stores(p, page_of(p, gone));
  }
  /// The same in two steps: what is read may be stored later.
  collection::store page_of(platform& p, const std::vector<std::string>& gone = {}) {
    collection::store s{.feed = p.name, .run = 1, .policy = p.conflicts, .read_at = c_.now};
    for (const auto& [key, content] : p.records)
      s.records.push_back({key, blob::copy_of(content), false,
                           p.modified.contains(key) ? p.modified[key] : moment{}});
    for (const auto& key : gone)
      s.records.push_back({key, {}, true});
    return s;
  }
  collection::stored stores(platform& p, collection::store s) {
    s.page = p.pages++;
    auto d = c_.when(s);
    EXPECT_FALSE(d.refusal) << d.refusal->why;
    return d.reply ? *d.reply : collection::stored{};
  }

  protocols::outlet_types::changes takes(platform& p, std::uint32_t limit = 100) {
    auto d = c_.when(collection::read_changes{
        .outlet = "to_" + p.name, .run = 1, .limit = limit, .except = p.name});
    EXPECT_FALSE(d.refusal) << d.refusal->why;
    return d.reply ? *d.reply : protocols::outlet_types::changes{};
  }

  /// The platform gets what was taken; `refused` it does not take.
  void writes(platform& p, const protocols::outlet_types::changes& all,
              const std::string& refused = "") {
    p.written_at = c_.now;
    for (const auto& one : all.items) {
      if (one.key == refused)
        continue;
      if (one.row.deleted)
        p.records.erase(one.key);
      else
        p.records[one.key] = one.row.content.text();
    }
  }
  void settles(platform& p, const protocols::outlet_types::changes& all,
               const std::string& refused = "") {
    collection::deliver d{.outlet = "to_" + p.name,
                          .run = 1,
                          .page = all.page,
                          .next = all.next,
                          .last = all.last,
                          .begun_at = p.written_at};
    for (const auto& one : all.items) {
      const protocols::conflict_types::side has{one.row.deleted, one.row.content};
      d.sent.push_back({one.key, one.row.version, has, false, one.key == refused});
      if (one.key == refused)
        d.letters.push_back({.place = one.key, .reason = "refused", .bytes = one.row.content});
    }
    const auto done = c_.when(d);
    EXPECT_FALSE(done.refusal) << done.refusal->why;
  }
  void delivers(platform& p, const std::string& refused = "") {
    const auto all = takes(p);
    writes(p, all, refused);
    settles(p, all, refused);
  }

  std::string row(const std::string& key) {
    const auto all = c_.when(collection::read{.limit = 1000, .tombstones = true});
    for (const auto& one : all.reply->items)
      if (one.key == key)
        return one.row.deleted ? "†" : one.row.content.text();
    return "none";
  }

  /// Both sides have the record, and have heard of it.
  void begin(policy how, const std::string& content = R"({"a":1,"b":1})") {
    shop_.conflicts = how;
    shop_.records["k"] = content;
    reads(shop_);
    delivers(shop_);
    delivers(crm_);
    ASSERT_EQ(crm_.records["k"], content);
    EXPECT_EQ(reads(crm_).stored, 0u);
  }

  scene<collection> c_;
  platform shop_{"shop"};
  platform crm_{"crm"};
};

/// The same with feeds that read everything anew, in runs of their own.
class two_platforms_with_refresh : public two_platforms {
protected:
  void begins_refresh(platform& p) {
    run_ = find_run(p) + 1;
    began_at_ = c_.now;
    auto first = page_of(p);
    first.run = run_;
    first.marks = true;
    EXPECT_FALSE(c_.when(first).refusal);
  }
  void ends_refresh(platform& p) {
    collection::store last{
        .feed = p.name, .run = run_, .page = 1, .last = true, .marks = true, .policy = p.conflicts};
    EXPECT_FALSE(c_.when(last).refusal);
    const collection::sweep gone{.feed = p.name, .run = run_, .since_at = began_at_};
    const auto swept = c_.when(gone);
    ASSERT_FALSE(swept.refusal) << swept.refusal->why;
    EXPECT_TRUE(swept.reply->done);
  }
  void refreshes(platform& p) {
    c_.now += span{1'000};
    begins_refresh(p);
    ends_refresh(p);
  }

private:
  std::uint64_t find_run(const platform& p) {
    for (const auto& f : c_.state.feeds)
      if (f.name == p.name)
        return f.run;
    return 0;
  }

  std::uint64_t run_ = 0;
  moment began_at_{};
};

} // namespace tenon::tests
