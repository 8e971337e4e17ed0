#include "nodes/cli/item_table.hpp"
#include "nodes/cli/table.hpp"

#include <gtest/gtest.h>

namespace {

using namespace tenon::nodes::cli;
using tenon::object;
using tenon::value;

constexpr look wide{.unicode = true, .width = 80};
constexpr look pipe{.unicode = true, .width = 0};

TEST(cli_table, aligns_texts_left_and_numbers_right_without_trailing_blanks) {
  EXPECT_EQ(render_table({{"NAME"}, {"COUNT", true}, {"NOTE"}},
                         {{{"a"}, {"1"}, {"x"}}, {{"Brasília"}, {"1,000"}}}, wide),
            "NAME      COUNT  NOTE\n"
            "a             1  x\n"
            "Brasília  1,000\n");
}

TEST(cli_table, cuts_the_widest_text_until_it_fits_and_never_a_number) {
  EXPECT_EQ(render_table({{"NAME"}, {"COUNT", true}},
                         {{{"a name far too long for this"}, {"123,456,789"}}},
                         {.unicode = true, .width = 24}),
            "NAME               COUNT\n"
            "a name far…  123,456,789\n");
}

TEST(cli_table, cuts_nothing_in_a_pipe) {
  const std::string name(300, 'x');
  EXPECT_EQ(render_table({{"NAME"}}, {{{name}}}, pipe), "NAME\n" + name + "\n");
}

TEST(cli_table, shows_control_characters_as_replacements) {
  EXPECT_EQ(render_table({{"NAME"}}, {{{"a\x1b[2J"}}}, wide), "NAME\na\xEF\xBF\xBD[2J\n");
}

TEST(cli_table, draws_a_tree_with_its_columns) {
  const std::vector<branch> roots{
      {{{"node"}, {"running"}},
       {{{{"journal"}, {"running"}}, {}},
        {{{"partition 0"}, {"running"}}, {{{{"tenant a"}, {"stopped"}}, {}}}},
        {{{"edge"}, {"running"}}, {}}}}};
  EXPECT_EQ(render_tree({{"ACTOR"}, {"STATE"}}, roots, wide), "ACTOR           STATE\n"
                                                              "node            running\n"
                                                              "├─ journal      running\n"
                                                              "├─ partition 0  running\n"
                                                              "│  └─ tenant a  stopped\n"
                                                              "└─ edge         running\n");
  EXPECT_EQ(render_tree({{"ACTOR"}}, {{{{"a"}}, {{{{"b"}}, {}}}}}, {.unicode = false}),
            "ACTOR\na\n`- b\n");
}

TEST(cli_table, aligns_names_and_values) {
  EXPECT_EQ(render_pairs({{"state", {"running"}}, {"read", {"7"}}}, wide, 2),
            "  state  running\n  read   7\n");
}

TEST(cli_item_table, has_a_column_for_every_plain_member) {
  const std::vector<value> items{object{{"name", "a"}, {"last_run", 7}, {"spec", object{}}},
                                 object{{"name", "b"}, {"failure", "gone"}, {"left", nullptr}}};
  EXPECT_EQ(item_table(items, pipe), "NAME  LAST RUN  FAILURE\n"
                                     "a            7\n"
                                     "b               gone\n");
}

TEST(cli_item_table, leaves_out_the_columns_that_do_not_fit_the_terminal) {
  const std::vector<value> items{object{{"name", "a"}, {"second", "0123456789"}, {"third", "x"}}};
  EXPECT_EQ(item_table(items, {.width = 18}), "NAME  SECOND\na     0123456789\n");
}

} // namespace
