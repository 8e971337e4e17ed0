#include "protocols/utf8.hpp"

#include <gtest/gtest.h>

namespace {

using tenon::is_utf8;
using tenon::utf8_length;
using tenon::utf8_sequence_length;

TEST(utf8, measures_the_character_at_the_front) {
  EXPECT_EQ(utf8_sequence_length("ab"), 1u);
  EXPECT_EQ(utf8_sequence_length("\xC3\xA9x"), 2u);
  EXPECT_EQ(utf8_sequence_length("\xE2\x82\xAC"), 3u);
  EXPECT_EQ(utf8_sequence_length("\xF0\x9F\x98\x80"), 4u);
  EXPECT_EQ(utf8_sequence_length(""), 0u);
}

TEST(utf8, refuses_what_is_overlong_a_surrogate_cut_off_or_beyond_the_last_character) {
  for (const auto* text : {"\x80", "\xC1\x80", "\xE0\x9F\x80", "\xED\xA0\x80", "\xF0\x8F\x80\x80",
                           "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xC3", "\xE2\x82", "\xC3x"}) {
    EXPECT_EQ(utf8_sequence_length(text), 0u);
    EXPECT_FALSE(is_utf8(text));
  }
}

TEST(utf8, counts_characters_and_not_bytes) {
  EXPECT_EQ(utf8_length("a\xC3\xA9\xE2\x82\xAC"), 3u);
  EXPECT_EQ(utf8_length("\xFF\xFF"), 2u);
  EXPECT_TRUE(is_utf8("a\xC3\xA9\xE2\x82\xAC"));
  EXPECT_EQ(utf8_length(""), 0u);
}

} // namespace
