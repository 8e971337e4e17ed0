// Messages of PostgreSQL's output plug-in, byte by byte as its documentation lays them out, and
// what is said of those that end too early.
#include "actors/sync/sources/postgres/pgoutput.hpp"

#include <gtest/gtest.h>

namespace tenon::actors::postgres::pgoutput {
namespace {

using namespace std::string_literals;

const std::string described =
    "R\0\0\0\7public\0t\0d\0\2\1id\0\0\0\0\27\377\377\377\377\0v\0\0\0\0\31"
    "\377\377\377\377"s;
const std::string updated = "U\0\0\0\7K\0\2t\0\0\0\0011nN\0\2t\0\0\0\0012u"s;

TEST(pgoutput, reads_what_a_table_is_called_and_has) {
  const auto m = read(described);
  ASSERT_TRUE(m);
  const relation expected{7, "public", "t", {{"id", 23}, {"v", 25}}};
  EXPECT_EQ(std::get<relation>(*m), expected);
}

TEST(pgoutput, tells_null_from_unchanged_and_the_old_key_from_the_new_row) {
  const auto m = read(updated);
  ASSERT_TRUE(m);
  const auto& c = std::get<row_change>(*m);
  EXPECT_EQ(c.relation, 7u);
  EXPECT_FALSE(c.whole);
  EXPECT_EQ(c.before->at(0).text, "1");
  EXPECT_EQ(c.before->at(1).is, field::state::null);
  EXPECT_EQ(c.after->at(0).text, "2");
  EXPECT_EQ(c.after->at(1).is, field::state::unchanged);
}

TEST(pgoutput, refuses_every_message_that_ends_too_early) {
  for (const auto& whole : {described, updated, "C\0"s + std::string(24, '\1'),
                            "D\0\0\0\7O\0\1t\0\0\0\1x"s, "T\0\0\0\1\0\0\0\0\7"s})
    for (std::size_t size = 1; size < whole.size(); ++size)
      EXPECT_FALSE(read(whole.substr(0, size))) << whole[0] << ' ' << size;
  EXPECT_FALSE(read("I\0\0\0\7N\0\1x"s)); // a kind of field that there is not
  EXPECT_FALSE(read("I\0\0\0\7X"s));
  EXPECT_FALSE(read("I\0\0\0\7N\0\1t\377\377\377\377"s));
}

TEST(pgoutput, writes_a_place_as_the_server_does) {
  EXPECT_EQ(to_text(0x16b374d848), "16/B374D848");
  EXPECT_EQ(to_position("16/B374D848"), 0x16b374d848u);
  EXPECT_EQ(to_position("0/0"), 0u);
  for (const auto* wrong : {"", "/", "1", "1/", "/1", "1/1/1", "1/g", "100000000/0", "1 /2"})
    EXPECT_FALSE(to_position(wrong)) << wrong;
}

} // namespace
} // namespace tenon::actors::postgres::pgoutput
