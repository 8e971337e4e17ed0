#include "protocols/value.hpp"

#include <gtest/gtest.h>

namespace {

using tenon::list;
using tenon::object;
using tenon::value;

TEST(value, object_finds_inserts_and_erases_by_key) {
  object o{{"a", 1}};
  o["b"] = "x";
  o["a"] = 2;
  EXPECT_EQ(o.size(), 2u);
  EXPECT_EQ(*o.find("a"), value{2});
  EXPECT_EQ(o.find("c"), nullptr);
  EXPECT_TRUE(o.erase("a"));
  EXPECT_FALSE(o.erase("a"));
  EXPECT_EQ(o.begin()->first, "b");
}

TEST(value, objects_are_equal_in_any_order_of_members) {
  EXPECT_EQ((object{{"a", 1}, {"b", list{2}}}), (object{{"b", list{2}}, {"a", 1}}));
  EXPECT_NE((object{{"a", 1}}), (object{{"a", 2}}));
  EXPECT_NE((object{{"a", 1}}), (object{{"b", 1}}));
  EXPECT_NE((object{{"a", 1}}), (object{{"a", 1}, {"b", 1}}));
}

TEST(value, an_integer_and_a_double_differ) {
  EXPECT_NE(value{1}, value{1.0});
}

TEST(value, finds_members_of_objects_only) {
  const value v{object{{"a", nullptr}}};
  ASSERT_NE(v.find("a"), nullptr);
  EXPECT_TRUE(v.find("a")->is_null());
  EXPECT_EQ(v.find("b"), nullptr);
  EXPECT_EQ(value{list{}}.find("a"), nullptr);
}

TEST(value, names_its_type) {
  EXPECT_EQ(value{}.type_name(), "null");
  EXPECT_EQ(value{true}.type_name(), "bool");
  EXPECT_EQ(value{1}.type_name(), "number");
  EXPECT_EQ(value{1.5}.type_name(), "number");
  EXPECT_EQ(value{"x"}.type_name(), "text");
  EXPECT_EQ(value{tenon::moment{}}.type_name(), "moment");
  EXPECT_EQ(value{tenon::span{}}.type_name(), "span");
  EXPECT_EQ(value{list{}}.type_name(), "list");
  EXPECT_EQ(value{object{}}.type_name(), "object");
}

TEST(value, an_unsigned_number_beyond_64_bits_with_sign_is_a_double) {
  EXPECT_EQ(value{std::uint64_t{1} << 63}, value{9223372036854775808.0});
  EXPECT_EQ(value{(std::uint64_t{1} << 63) - 1}, value{std::int64_t{9223372036854775807}});
}

} // namespace
