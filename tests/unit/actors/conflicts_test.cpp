// A record that both sides of a pair change: `shop` feeds the collection and is written to by
// `to_shop`; `crm` is the other side, written to by `to_crm`.
#include "actors/collection.hpp"
#include "protocols/json.hpp"

#include "tests/support/two_platforms.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

using namespace std::chrono_literals;
using tenon::blob;
using tenon::code;
using tenon::actors::collection;
using tenon::tests::scene;

namespace {

using conflicts = tenon::tests::two_platforms;
using tenon::tests::keep;
using tenon::tests::platform;
using tenon::tests::policy;

TEST_F(conflicts, are_none_when_only_one_side_changes) {
  begin(policy::manual);
  shop_.records["k"] = "{\"a\":2}";
  EXPECT_EQ(reads(shop_).stored, 1u);
  delivers(crm_);
  EXPECT_EQ(crm_.records["k"], "{\"a\":2}");
  crm_.records["k"] = "{\"a\":3}";
  EXPECT_EQ(reads(crm_).stored, 1u);
  delivers(shop_);
  EXPECT_EQ(shop_.records["k"], "{\"a\":3}");
  EXPECT_EQ(reads(shop_).conflicts, 0u);
  EXPECT_EQ(reads(crm_).conflicts, 0u);
  EXPECT_EQ(row("k"), "{\"a\":3}");
}

TEST_F(conflicts, are_none_when_a_side_says_again_what_it_was_told) {
  // The trap of two-way syncs: the echo of what was delivered comes when the row has moved on.
  begin(policy::vendor_wins);
  crm_.records["k"] = "{\"a\":2}";
  reads(crm_);
  delivers(shop_); // it has 2
  crm_.records["k"] = "{\"a\":3}";
  reads(crm_);
  const auto echo = reads(shop_); // which says 2
  EXPECT_EQ(echo.stored, 0u);
  EXPECT_EQ(echo.conflicts, 0u);
  EXPECT_EQ(row("k"), "{\"a\":3}");
  delivers(shop_);
  EXPECT_EQ(shop_.records["k"], "{\"a\":3}");
}

TEST_F(conflicts, are_none_when_the_echo_comes_before_the_delivery_is_settled) {
  begin(policy::vendor_wins);
  crm_.records["k"] = "{\"a\":2}";
  reads(crm_);
  const auto on_its_way = takes(shop_);
  writes(shop_, on_its_way);
  crm_.records["k"] = "{\"a\":3}";
  reads(crm_);
  EXPECT_EQ(reads(shop_).stored, 0u); // it says 2, which nobody has heard that it has
  settles(shop_, on_its_way);
  EXPECT_EQ(row("k"), "{\"a\":3}");
  EXPECT_EQ(reads(shop_).stored, 0u);
  delivers(shop_);
  EXPECT_EQ(shop_.records["k"], "{\"a\":3}");
}

TEST_F(conflicts, vendor_wins_takes_what_the_feed_brings) {
  begin(policy::vendor_wins);
  crm_.records["k"] = "{\"a\":2}";
  reads(crm_);
  shop_.records["k"] = "{\"a\":3}";
  const auto s = reads(shop_);
  EXPECT_EQ(s.conflicts, 1u);
  EXPECT_EQ(s.stored, 1u);
  delivers(shop_);
  delivers(crm_);
  EXPECT_EQ(shop_.records, crm_.records);
  EXPECT_EQ(crm_.records["k"], "{\"a\":3}");
}

TEST_F(conflicts, local_wins_delivers_what_is_here) {
  begin(policy::local_wins);
  crm_.records["k"] = "{\"a\":2}";
  reads(crm_);
  shop_.records["k"] = "{\"a\":3}";
  const auto s = reads(shop_);
  EXPECT_EQ(s.conflicts, 1u);
  EXPECT_EQ(reads(shop_).conflicts, 0u); // told once
  delivers(shop_);
  EXPECT_EQ(shop_.records["k"], "{\"a\":2}");
}

TEST_F(conflicts, local_wins_delivers_once_more_what_was_refused) {
  begin(policy::local_wins);
  crm_.records["k"] = "{\"a\":2}";
  reads(crm_);
  delivers(shop_, "k");
  EXPECT_EQ(shop_.records["k"], R"({"a":1,"b":1})");
  EXPECT_EQ(reads(shop_).stored, 0u); // no news: what it has is what it had
  shop_.records["k"] = "{\"a\":3}";
  EXPECT_EQ(reads(shop_).conflicts, 1u);
  delivers(shop_);
  EXPECT_EQ(shop_.records["k"], "{\"a\":2}");
}

TEST_F(conflicts, merge_takes_both_sides_fields_and_tells_both) {
  begin(policy::merge);
  crm_.records["k"] = R"({"a":2,"b":1})";
  reads(crm_);
  shop_.records["k"] = R"({"a":1,"b":3})";
  EXPECT_EQ(reads(shop_).conflicts, 1u);
  delivers(shop_);
  delivers(crm_);
  EXPECT_EQ(shop_.records["k"], R"({"a":2,"b":3})");
  EXPECT_EQ(crm_.records["k"], R"({"a":2,"b":3})");
  EXPECT_EQ(reads(shop_).stored + reads(crm_).stored, 0u);
}

TEST_F(conflicts, merge_goes_by_when_the_platform_says_it_was_changed) {
  begin(policy::merge);
  c_.at(10min);
  crm_.records["k"] = R"({"a":2,"b":1})";
  reads(crm_);
  c_.at(20min);
  shop_.records["k"] = R"({"a":3,"b":1})";
  shop_.modified["k"] = tenon::tests::at(5min); // earlier, though it was read later
  reads(shop_);
  EXPECT_EQ(row("k"), R"({"a":2,"b":1})");
  delivers(shop_);
  EXPECT_EQ(shop_.records, crm_.records);
}

TEST_F(conflicts, merge_lets_an_edit_outlive_a_deletion) {
  begin(policy::merge);
  crm_.records["k"] = "{\"a\":2}";
  reads(crm_);
  shop_.records.clear();
  EXPECT_EQ(reads(shop_, {"k"}).conflicts, 1u);
  delivers(shop_);
  EXPECT_EQ(shop_.records["k"], "{\"a\":2}");
  // And the other way about.
  crm_.records.clear();
  reads(crm_, {"k"});
  shop_.records["k"] = "{\"a\":5}";
  EXPECT_EQ(reads(shop_).conflicts, 1u);
  delivers(crm_);
  EXPECT_EQ(crm_.records["k"], "{\"a\":5}");
}

TEST_F(conflicts, manual_parks_both_sides_until_a_person_decides) {
  begin(policy::manual);
  crm_.records["k"] = "{\"a\":2}";
  reads(crm_);
  shop_.records["k"] = "{\"a\":3}";
  EXPECT_EQ(reads(shop_).conflicts, 1u);
  EXPECT_EQ(reads(shop_).conflicts, 0u); // the same one still waits
  EXPECT_TRUE(takes(shop_).items.empty()) << "it must not be overwritten meanwhile";
  const auto waiting = c_.when(collection::list_conflicts{}).reply;
  ASSERT_EQ(waiting->waiting.size(), 1u);
  const auto& [one, row] = waiting->waiting[0];
  EXPECT_EQ(one.key, "k");
  EXPECT_EQ(one.feed, "shop");
  EXPECT_EQ(one.brought.content.view(), "{\"a\":3}");
  EXPECT_EQ(one.agreed.content.view(), R"({"a":1,"b":1})");
  EXPECT_EQ(row.content.view(), "{\"a\":2}");
  EXPECT_EQ(c_.state.parked, 1u);
}

TEST_F(conflicts, that_were_parked_end_as_the_person_says) {
  const std::map<keep, std::string> ends{
      {keep::local, "{\"a\":2}"}, {keep::vendor, "{\"a\":3}"}, {keep::given, "{\"a\":4}"}};
  for (const auto& [how, content] : ends) {
    c_ = {};
    shop_ = {"shop"};
    crm_ = {"crm"};
    begin(policy::manual);
    crm_.records["k"] = "{\"a\":2}";
    reads(crm_);
    shop_.records["k"] = "{\"a\":3}";
    reads(shop_);
    settles(shop_, takes(shop_)); // passes it by
    const auto d = c_.when(
        collection::resolve{.key = "k", .keep = how, .content = blob::copy_of("{\"a\":4}")});
    ASSERT_FALSE(d.refusal) << d.refusal->why;
    EXPECT_EQ(row("k"), content);
    delivers(shop_);
    delivers(crm_);
    EXPECT_EQ(shop_.records["k"], content);
    EXPECT_EQ(crm_.records["k"], content);
    EXPECT_EQ(reads(shop_).stored + reads(crm_).stored, 0u);
    EXPECT_TRUE(c_.when(collection::list_conflicts{}).reply->waiting.empty());
    EXPECT_EQ(c_.state.parked, 0u);
  }
}

TEST_F(conflicts, are_none_when_a_delivery_overwrites_what_the_feed_has_brought_meanwhile) {
  begin(policy::vendor_wins);
  crm_.records["k"] = "{\"a\":2}";
  reads(crm_);
  const auto on_its_way = takes(shop_);
  shop_.records["k"] = "{\"a\":3}";
  reads(shop_);
  writes(shop_, on_its_way); // blindly, over the 3
  settles(shop_, on_its_way);
  for (int round = 0; round < 2; ++round) {
    reads(shop_);
    delivers(crm_);
    reads(crm_);
    delivers(shop_);
  }
  EXPECT_EQ(row("k"), shop_.records["k"]);
  EXPECT_EQ(shop_.records, crm_.records);
}

TEST_F(conflicts, local_wins_also_over_an_edit_between_the_delivery_and_its_settling) {
  begin(policy::local_wins);
  crm_.records["k"] = "{\"a\":2}";
  reads(crm_);
  const auto on_its_way = takes(shop_);
  writes(shop_, on_its_way);
  shop_.records["k"] = "{\"a\":3}";
  reads(shop_);
  settles(shop_, on_its_way);
  delivers(shop_);
  EXPECT_EQ(shop_.records["k"], "{\"a\":2}");
  reads(shop_);
  EXPECT_EQ(row("k"), "{\"a\":2}");
}

TEST_F(conflicts, stay_parked_when_the_delivery_before_them_is_settled) {
  begin(policy::manual);
  crm_.records["k"] = "{\"a\":2}";
  reads(crm_);
  const auto on_its_way = takes(shop_);
  writes(shop_, on_its_way);
  shop_.records["k"] = "{\"a\":3}";
  EXPECT_EQ(reads(shop_).conflicts, 1u);
  settles(shop_, on_its_way);
  reads(shop_);
  EXPECT_EQ(c_.state.parked, 1u);
  EXPECT_EQ(row("k"), "{\"a\":2}");
}

TEST_F(conflicts, that_were_parked_end_with_what_is_here_when_the_feed_takes_its_change_back) {
  begin(policy::manual);
  crm_.records["k"] = "{\"a\":2}";
  reads(crm_);
  shop_.records["k"] = "{\"a\":3}";
  reads(shop_);
  delivers(shop_); // passes it by
  shop_.records["k"] = R"({"a":1,"b":1})";
  reads(shop_);
  EXPECT_EQ(c_.state.parked, 0u);
  delivers(shop_);
  EXPECT_EQ(shop_.records["k"], "{\"a\":2}");
}

TEST_F(conflicts, that_were_parked_are_over_when_both_sides_agree) {
  begin(policy::manual);
  crm_.records["k"] = "{\"a\":2}";
  reads(crm_);
  shop_.records["k"] = "{\"a\":3}";
  reads(shop_);
  shop_.records["k"] = "{\"a\":2}"; // somebody mended it there
  reads(shop_);
  EXPECT_EQ(c_.state.parked, 0u);
  delivers(shop_);
  EXPECT_EQ(shop_.records, crm_.records);
}

TEST_F(conflicts, are_found_before_anything_is_delivered) {
  // Both platforms had the record before they were connected.
  shop_.conflicts = crm_.conflicts = policy::merge;
  shop_.records["k"] = "{\"a\":1}";
  crm_.records["k"] = "{\"b\":2}";
  reads(shop_);
  EXPECT_EQ(reads(crm_).conflicts, 1u);
  delivers(shop_);
  delivers(crm_);
  EXPECT_EQ(shop_.records["k"], R"({"a":1,"b":2})");
  EXPECT_EQ(shop_.records, crm_.records);
}

TEST_F(conflicts, refuse_decisions_that_make_no_sense) {
  begin(policy::manual);
  EXPECT_EQ(c_.when(collection::resolve{.key = "k"}).refusal->code, code::not_found);
  crm_.records["k"] = "{\"a\":2}";
  reads(crm_);
  shop_.records["k"] = "{\"a\":3}";
  reads(shop_);
  EXPECT_EQ(c_.when(collection::resolve{.key = "k", .feed = "crm"}).refusal->code, code::not_found);
  const auto d = c_.when(
      collection::resolve{.key = "k", .keep = keep::given, .content = blob::copy_of("[1]")});
  EXPECT_EQ(d.refusal->where, "content");
}

TEST_F(conflicts, are_found_after_everything_is_delivered_anew) {
  begin(policy::local_wins);
  c_.when(collection::read_changes{
      .outlet = "to_shop", .run = 2, .full = true, .except = "shop"}); // nothing is lost by that
  shop_.records["k"] = "{\"a\":3}";
  const auto s = reads(shop_);
  EXPECT_EQ(s.conflicts, 0u);
  EXPECT_EQ(row("k"), "{\"a\":3}");
}

/// What a platform has of a record, each side having a field of its own.
std::string with_field(const std::string& record, const std::string& name, int number) {
  auto read = tenon::read_json(record);
  auto fields = read ? *read->as<tenon::object>() : tenon::object{};
  fields[name] = number;
  return tenon::write_json(fields);
}
std::int64_t field_of(const std::string& record, const std::string& name) {
  const auto read = tenon::read_json(record);
  const auto* field = read ? read->find(name) : nullptr;
  return field ? *field->as<std::int64_t>() : 0;
}

/// Both platforms edit at any moment, each its own field, while everything between them happens in
/// any order: no edit is ever lost, and in the end both have everything. A platform is written to
/// right after it was read: an edit between the two would be overwritten there, which nobody here
/// can know.
TEST_F(conflicts, lose_no_field_whatever_comes_between) {
  for (std::uint64_t seed = 1; seed <= 300 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random{seed};
    const auto any = [&](std::uint64_t n) { return random() % n; };
    c_ = {};
    shop_ = {"shop", policy::merge};
    crm_ = {"crm", policy::merge};
    platform* const sides[] = {&shop_, &crm_};
    std::map<std::string, std::map<std::string, int>> latest; // by key and platform
    std::optional<collection::changes> under_way[2];          // written, and not settled
    const auto settle = [&](std::size_t side) {
      if (under_way[side])
        settles(*sides[side], *under_way[side]);
      under_way[side].reset();
    };
    for (int i = 1; i <= 80; ++i) {
      const auto side = any(2);
      auto& p = *sides[side];
      c_.now += 1s;
      switch (any(4)) {
      case 0: {
        const std::string key(1, static_cast<char>('a' + any(3)));
        p.records[key] = with_field(p.records[key], p.name, i);
        latest[key][p.name] = i;
        break;
      }
      case 1:
        reads(p);
        break;
      case 2:
        if (under_way[side])
          break;
        reads(p);
        under_way[side] = takes(p, 1 + static_cast<std::uint32_t>(any(3)));
        writes(p, *under_way[side]);
        break;
      case 3:
        settle(side);
        break;
      }
    }
    for (int round = 0; round < 4; ++round)
      for (std::size_t side = 0; side < 2; ++side) {
        settle(side);
        reads(*sides[side]);
        delivers(*sides[side]);
      }
    for (const auto& [key, written] : latest) {
      EXPECT_EQ(tenon::read_json(shop_.records[key]).value(), // whatever the order of the fields
                tenon::read_json(crm_.records[key]).value());
      for (const auto& [name, number] : written)
        EXPECT_EQ(field_of(shop_.records[key], name), number) << key << shop_.records[key];
    }
  }
}

} // namespace
