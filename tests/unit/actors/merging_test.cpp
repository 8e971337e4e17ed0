// Two contents of one record become one, field by field.
#include "actors/collection/merging.hpp"

#include "tests/support/given.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;
using tenon::actors::collections::kept_origins;
using tenon::actors::collections::merge;
using tenon::actors::collections::origins;
using tenon::actors::collections::written_by;
using tenon::tests::at;

namespace {

const origins none;

std::string merged(std::string_view base, std::string_view ours, std::string_view theirs,
                   tenon::span theirs_at = 2min) {
  return merge({base}, ours, {"crm", at(1min), none}, theirs, "shop", at(theirs_at)).content;
}

TEST(merging, takes_each_field_from_the_side_that_changed_it) {
  EXPECT_EQ(merged(R"({"a":1,"b":2,"c":3})", R"({"a":10,"b":2,"c":3})", R"({"a":1,"b":20,"c":3})"),
            R"({"a":10,"b":20,"c":3})");
}

TEST(merging, lets_the_newest_count_where_both_changed_a_field) {
  constexpr auto base = R"({"a":1})", ours = R"({"a":2})", theirs = R"({"a":3})";
  EXPECT_EQ(merged(base, ours, theirs, 2min), theirs);
  EXPECT_EQ(merged(base, ours, theirs, 30s), ours);
}

TEST(merging, keeps_new_fields_of_both_sides) {
  EXPECT_EQ(merged(R"({"a":1})", R"({"a":1,"b":2})", R"({"a":1,"c":3})"), R"({"a":1,"b":2,"c":3})");
}

TEST(merging, takes_a_field_away_only_if_nobody_has_changed_it) {
  EXPECT_EQ(merged(R"({"a":1,"b":2})", R"({"a":1})", R"({"a":1,"b":2})"), R"({"a":1})");
  EXPECT_EQ(merged(R"({"a":1,"b":2})", R"({"a":1,"b":2})", R"({"a":1})"), R"({"a":1})");
  EXPECT_EQ(merged(R"({"a":1,"b":2})", R"({"a":1})", R"({"a":1,"b":3})"), R"({"a":1,"b":3})");
  EXPECT_EQ(merged(R"({"a":1,"b":2})", R"({"a":1,"b":4})", R"({"a":1})"), R"({"a":1,"b":4})");
}

TEST(merging, goes_down_into_objects_and_takes_lists_as_a_whole) {
  EXPECT_EQ(merged(R"({"p":{"x":1,"y":2},"l":[1]})", R"({"p":{"x":10,"y":2},"l":[1,2]})",
                   R"({"p":{"x":1,"y":20},"l":[3]})"),
            R"({"p":{"x":10,"y":20},"l":[3]})");
}

TEST(merging, keeps_numbers_as_they_are_written) {
  EXPECT_EQ(merged(R"({"n":1,"m":0})", R"({"n":1,"m":123456789012345678901234567890.10})",
                   R"({"n":1.50,"m":0})"),
            R"({"n":1.50,"m":123456789012345678901234567890.10})");
}

TEST(merging, without_an_earlier_content_keeps_everything_and_the_newest_of_what_differs) {
  EXPECT_EQ(merged("", R"({"a":1,"b":2})", R"({"b":3,"c":4})"), R"({"a":1,"b":3,"c":4})");
}

TEST(merging, takes_what_has_no_fields_as_a_whole) {
  EXPECT_EQ(merged("1", "2", "3", 2min), "3");
  EXPECT_EQ(merged("1", "2", R"({"a":1})", 30s), "2");
}

TEST(merging, takes_nothing_for_a_change_that_theirs_may_have_been_told) {
  // Ours was 2 in between, and theirs has heard of it; its own change is `b`.
  const std::vector<std::string_view> earlier{R"({"a":1,"b":1})", R"({"a":2,"b":1})"};
  EXPECT_EQ(merge(earlier, R"({"a":3,"b":1})", {"crm", at(1min), none}, R"({"a":2,"b":5})", "shop",
                  at(2min))
                .content,
            R"({"a":3,"b":5})");
}

TEST(merging, says_where_every_field_comes_from) {
  const origins before{{"old", "mail", at(10s)}};
  const auto both = merge({R"({"old":1,"a":1,"b":1})"}, R"({"old":1,"a":2,"b":1})",
                          {"crm", at(1min), before}, R"({"old":1,"a":1,"b":2})", "shop", at(2min));
  const written_by by{"", at(3min), both.fields};
  EXPECT_EQ(by.find("old")->feed, "mail");
  EXPECT_EQ(by.find("a")->feed, "crm");
  EXPECT_EQ(by.find("a")->at, at(1min));
  EXPECT_EQ(by.find("b")->feed, "shop");
  EXPECT_EQ(by.find("b")->at, at(2min));
}

TEST(merging, knows_when_each_of_our_fields_was_written) {
  // `a` was written long before the row's newest change; theirs is newer than `a`, not than `b`.
  const origins fields{{"a", "mail", at(10s)}};
  EXPECT_EQ(merge({R"({"a":0,"b":0})"}, R"({"a":1,"b":1})", {"crm", at(3min), fields},
                  R"({"a":2,"b":2})", "shop", at(1min))
                .content,
            R"({"a":2,"b":1})");
}

TEST(merging, keeps_the_origins_of_what_a_change_left_alone) {
  const origins before{{"p.x", "mail", at(10s)}};
  const auto kept = kept_origins(R"({"p":{"x":1,"y":2},"a":1})", {"crm", at(1min), before},
                                 R"({"p":{"x":1,"y":3},"a":1,"new":1})");
  const written_by by{"shop", at(2min), kept};
  EXPECT_EQ(by.find("p.x")->feed, "mail");
  EXPECT_EQ(by.find("a")->feed, "crm");
  EXPECT_EQ(by.find("p.y"), nullptr);
  EXPECT_EQ(by.find("new"), nullptr);
}

} // namespace
