// A record that both sides of a pair change: `shop` feeds the collection and is written to by
// `to_shop`; `crm` is the other side, written to by `to_crm`.
#include "actors/collection.hpp"

#include "tests/support/two_platforms.hpp"

#include <gtest/gtest.h>

#include <map>

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

TEST_F(conflicts, that_wait_go_to_the_outlet_that_becomes_the_counterpart) {
  shop_.conflicts = policy::manual;
  shop_.records["k"] = "{\"a\":1}";
  reads(shop_);
  c_.when(collection::read_changes{.outlet = "to_shop", .run = 1}); // which names no counterpart
  crm_.records["k"] = "{\"a\":2}";
  reads(crm_);
  shop_.records["k"] = "{\"a\":3}";
  reads(shop_);
  ASSERT_EQ(c_.state.parked, 1u);
  c_.when(collection::read_changes{.outlet = "to_shop", .run = 2, .except = "shop"});
  EXPECT_EQ(c_.state.parked, 1u);
  const auto done = c_.when(collection::resolve{.key = "k", .keep = keep::vendor});
  ASSERT_FALSE(done.refusal) << done.refusal->why;
  EXPECT_EQ(c_.state.parked, 0u);
  EXPECT_EQ(row("k"), "{\"a\":3}");
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

TEST_F(conflicts, are_made_of_what_was_changed_there_and_read_before_it_was_written_over) {
  const std::map<policy, std::string> ends{{policy::vendor_wins, R"({"a":1,"b":3})"},
                                           {policy::local_wins, R"({"a":2,"b":1})"},
                                           {policy::merge, R"({"a":2,"b":3})"},
                                           {policy::manual, R"({"a":2,"b":1})"}};
  for (const auto& [how, end] : ends) {
    c_ = {};
    shop_ = {"shop"};
    crm_ = {"crm"};
    begin(how);
    crm_.records["k"] = R"({"a":2,"b":1})";
    reads(crm_);
    shop_.records["k"] = R"({"a":1,"b":3})";
    c_.now += 10s;
    const auto early = page_of(shop_);
    c_.now += 1s;
    delivers(shop_);
    c_.now += 1s;
    EXPECT_EQ(stores(shop_, early).conflicts, 1u);
    EXPECT_EQ(c_.state.parked, how == policy::manual ? 1u : 0u);
    delivers(shop_);
    delivers(crm_);
    EXPECT_EQ(row("k"), end);
    EXPECT_EQ(shop_.records["k"], end);
    EXPECT_EQ(crm_.records["k"], end);
  }
}

TEST_F(conflicts, are_not_made_of_what_was_read_before_a_delivery_however_late_it_is_stored) {
  for (const auto how : {policy::vendor_wins, policy::local_wins, policy::merge, policy::manual}) {
    c_ = {};
    shop_ = {"shop"};
    crm_ = {"crm"};
    begin(how);
    crm_.records["k"] = "{\"a\":2}";
    reads(crm_);
    c_.now += 10s;
    const auto early = page_of(shop_); // it says 1
    c_.now += 1s;
    delivers(shop_);
    c_.now += 1s;
    crm_.records["k"] = "{\"a\":3}"; // the row moves on before the page is stored
    if (how == policy::merge)
      reads(crm_);
    c_.now += 1s;
    EXPECT_EQ(stores(shop_, early).stored, 0u);
    EXPECT_EQ(row("k"), how == policy::merge ? "{\"a\":3}" : "{\"a\":2}");
    // What it has been changed to since then is news.
    shop_.records["k"] = "{\"a\":4}";
    EXPECT_EQ(reads(shop_).stored + reads(shop_).conflicts, 1u);
  }
}

} // namespace
