// What a platform has deleted without saying so: a full refresh does not see it any more, also
// where another side has changed it last.
#include "actors/collection.hpp"

#include "tests/support/two_platforms.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;
using tenon::tests::policy;

namespace {

using full_refresh = tenon::tests::two_platforms_with_refresh;

TEST_F(full_refresh, takes_for_gone_what_another_side_had_changed_and_this_one_has_deleted) {
  begin(policy::vendor_wins);
  crm_.records["k"] = "{\"a\":2}";
  reads(crm_);
  delivers(shop_);
  refreshes(shop_);
  EXPECT_EQ(row("k"), "{\"a\":2}");
  shop_.records.erase("k");
  refreshes(shop_);
  EXPECT_EQ(row("k"), "†");
  delivers(crm_);
  EXPECT_FALSE(crm_.records.contains("k"));
}

TEST_F(full_refresh, asks_the_policy_when_what_is_gone_there_was_changed_here) {
  for (const auto how : {policy::vendor_wins, policy::local_wins, policy::merge, policy::manual}) {
    c_ = {};
    shop_ = {"shop"};
    crm_ = {"crm"};
    begin(how);
    refreshes(shop_);
    crm_.records["k"] = "{\"a\":2}";
    reads(crm_);
    shop_.records.erase("k");
    refreshes(shop_);
    EXPECT_EQ(row("k"), how == policy::vendor_wins ? "†" : "{\"a\":2}");
    EXPECT_EQ(c_.state.parked, how == policy::manual ? 1u : 0u);
    delivers(shop_);
    const bool returns = how == policy::local_wins || how == policy::merge;
    EXPECT_EQ(shop_.records.contains("k"), returns);
  }
}

TEST_F(full_refresh, spares_what_it_never_shows_though_it_was_delivered_there) {
  begin(policy::vendor_wins);
  crm_.records["hidden"] = "{}";
  reads(crm_);
  delivers(shop_);
  shop_.records.erase("hidden"); // it is there, and its feed leaves it out
  c_.now += 1min;
  refreshes(shop_);
  refreshes(shop_);
  EXPECT_EQ(row("hidden"), "{}");
}

TEST_F(full_refresh, spares_what_was_delivered_after_it_had_begun_or_was_never_there) {
  begin(policy::vendor_wins);
  c_.now += 1min;
  begins_refresh(shop_);
  c_.now += 1min;
  crm_.records["new"] = "{}"; // after the page in which it would have been
  crm_.records["waits"] = "{}";
  reads(crm_);
  auto all = takes(shop_, 1);
  writes(shop_, all);
  settles(shop_, all);
  ends_refresh(shop_);
  EXPECT_EQ(row("new"), "{}");
  EXPECT_EQ(row("waits"), "{}");
  EXPECT_EQ(row("k"), R"({"a":1,"b":1})");
}

} // namespace
