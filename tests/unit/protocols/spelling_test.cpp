#include "protocols/spelling.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace {

constexpr std::array<std::string_view, 4> names{"page", "records", "key", "request"};

std::string meant(std::string_view given) {
  const auto found = tenon::nearest(given, names);
  return found ? std::string{names[*found]} : "";
}

TEST(spelling, finds_what_was_meant_with_a_letter_changed_added_dropped_or_swapped) {
  EXPECT_EQ(meant("pgae"), "page");
  EXPECT_EQ(meant("pages"), "page");
  EXPECT_EQ(meant("recrds"), "records");
  EXPECT_EQ(meant("kex"), "key");
  EXPECT_EQ(meant("reqeusts"), "request");
}

TEST(spelling, means_nothing_by_what_is_far_from_every_name) {
  EXPECT_EQ(meant("cursor"), "");
  EXPECT_EQ(meant(""), "");
  EXPECT_EQ(meant(std::string(65, 'a')), "");
  EXPECT_FALSE(tenon::nearest("page", {}));
}

} // namespace
