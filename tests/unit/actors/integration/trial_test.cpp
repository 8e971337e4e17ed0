// What is said of an account that is tried out.
#include "actors/integration/manifest.hpp"
#include "actors/integration/trial/judging.hpp"

#include <gtest/gtest.h>

namespace tenon::actors::connectors::trial {
namespace {

report judged(const std::vector<std::string>& actions) {
  manifest m;
  for (const auto& name : actions)
    m.actions.emplace_back().name = name;
  report all;
  judge_actions(m, all);
  return all;
}

TEST(trial, says_of_actions_that_they_were_not_tried_and_which_they_are) {
  const auto all = judged({"create_file", "delete_file"});
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all.front().name, "2 actions");
  EXPECT_EQ(all.front().verdict, verdict::skipped);
  EXPECT_EQ(all.front().detail, "not tried: they would write: create_file, delete_file");
  EXPECT_FALSE(has_failed(all));
  const auto one = judged({"send"});
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one.front().name, "1 action");
  EXPECT_EQ(one.front().detail, "not tried: it would write: send");
}

TEST(trial, says_nothing_of_actions_where_there_are_none) {
  EXPECT_TRUE(judged({}).empty());
}

} // namespace
} // namespace tenon::actors::connectors::trial
