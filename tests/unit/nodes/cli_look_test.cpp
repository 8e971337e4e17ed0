#include "nodes/cli/look.hpp"

#include <gtest/gtest.h>

namespace {

using namespace tenon::nodes::cli;
using tenon::span;

TEST(cli_look, writes_numbers_as_people_read_them) {
  EXPECT_EQ(with_thousands(0), "0");
  EXPECT_EQ(with_thousands(999), "999");
  EXPECT_EQ(with_thousands(1000), "1,000");
  EXPECT_EQ(with_thousands(-1234567), "-1,234,567");
  EXPECT_EQ(with_thousands(-999), "-999");
  EXPECT_EQ(as_bytes(999), "999 B");
  EXPECT_EQ(as_bytes(12'400), "12.4 kB");
  EXPECT_EQ(as_bytes(999'999), "1.0 MB");
  EXPECT_EQ(as_count(1, "page", "pages"), "1 page");
  EXPECT_EQ(as_count(2000, "page", "pages"), "2,000 pages");
}

TEST(cli_look, writes_durations_no_finer_than_anybody_cares) {
  EXPECT_EQ(as_duration(span{0}), "0 s");
  EXPECT_EQ(as_duration(span{-5}), "0 s");
  EXPECT_EQ(as_duration(span{400}), "0.4 s");
  EXPECT_EQ(as_duration(span{9'960}), "10 s");
  EXPECT_EQ(as_duration(span{59'400}), "59 s");
  EXPECT_EQ(as_duration(span{65'000}), "1 min 05 s");
  EXPECT_EQ(as_duration(span{7'380'000}), "2 h 03 min");
}

TEST(cli_look, counts_columns_and_not_bytes) {
  EXPECT_EQ(columns_of("Brasília"), 8u);
  EXPECT_EQ(columns_of("北京"), 4u);
  EXPECT_EQ(columns_of("e\xCC\x81"), 1u); // e and a combining accent
  EXPECT_EQ(columns_of("\xFF"), 1u);
}

TEST(cli_look, cuts_between_characters_and_marks_the_cut) {
  const look unicode{.unicode = true};
  const look ascii{.unicode = false};
  EXPECT_EQ(clipped(unicode, "Brasília", 8), "Brasília");
  EXPECT_EQ(clipped(unicode, "Brasília", 6), "Brasí…");
  EXPECT_EQ(clipped(ascii, "Brasilia", 6), "Brasi~");
  EXPECT_EQ(clipped(unicode, "北京太郎", 4), "北…");
  EXPECT_EQ(clipped(unicode, "abc", 0), "");
}

TEST(cli_look, lets_no_text_command_the_terminal) {
  EXPECT_EQ(printable("a\x1b[31mb"), "a\xEF\xBF\xBD[31mb");
  EXPECT_EQ(printable("two\nlines"), "two\xEF\xBF\xBDlines");
  EXPECT_EQ(printable("\xC2\x9B"), "\xEF\xBF\xBD");         // CSI as one character
  EXPECT_EQ(printable("x\xE2\x80\xAEy"), "x\xEF\xBF\xBDy"); // turns the direction
  EXPECT_EQ(printable("\xC0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(printable("Grüße, 北京"), "Grüße, 北京");
}

TEST(cli_look, colours_only_where_there_are_colours) {
  EXPECT_EQ(inked({.colour = true}, ink::bad, "no"), "\x1b[31mno\x1b[0m");
  EXPECT_EQ(inked({.colour = false}, ink::bad, "no"), "no");
  EXPECT_EQ(inked({.colour = true}, ink::bad, ""), "");
}

} // namespace
