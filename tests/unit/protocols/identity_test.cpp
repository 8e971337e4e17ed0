#include "protocols/identity.hpp"

#include <gtest/gtest.h>

namespace {

using tenon::identity;

TEST(identity, reads_back_what_it_writes) {
  const identity id{"acme", "sync", "chinook:customers"};
  EXPECT_EQ(to_string(id), "acme/sync/chinook:customers");
  EXPECT_EQ(tenon::parse_identity("acme/sync/chinook:customers").value(), id);
}

TEST(identity, names_the_part_that_is_wrong) {
  EXPECT_EQ(tenon::parse_identity("Acme/sync/x").error().where, "tenant");
  EXPECT_EQ(tenon::parse_identity("acme/Sync/x").error().where, "kind");
  EXPECT_EQ(tenon::parse_identity("acme/sync/").error().where, "name");
  EXPECT_EQ(tenon::parse_identity("acme/sync/a/b").error().where, "name");
  EXPECT_EQ(tenon::parse_identity("acme/sync").error().where, "identity");
  EXPECT_EQ(tenon::parse_identity("acme/sync/" + std::string(129, 'x')).error().where, "name");
}

TEST(identity, shares_a_placement_up_to_the_first_colon_whatever_the_kind) {
  const auto placed = [](const char* text) {
    return placement_of(tenon::parse_identity(text).value());
  };
  EXPECT_EQ(placed("acme/integration/chinook"), placed("acme/sync/chinook:customers"));
  EXPECT_NE(placed("acme/integration/chinook"), placed("acme/integration/other"));
  EXPECT_NE(placed("acme/integration/chinook"), placed("zeta/integration/chinook"));
}

TEST(identity, parts_left_empty_are_those_of_whoever_says_them) {
  const identity own{"acme", "integration", "shop"};
  EXPECT_EQ(beside(own, {.kind = "quota"}), (identity{"acme", "quota", "shop"}));
  EXPECT_EQ(beside(own, {.kind = "sync", .name = "orders"}), (identity{"acme", "sync", "orders"}));
  EXPECT_EQ(beside(own, {.tenant = "other", .name = "x"}), (identity{"other", "integration", "x"}));
  EXPECT_EQ(beside(own, {}), own);
}

} // namespace
