// The council as an actor: what the asker sees counts, what happened is journaled and found again,
// and its state is given only to who does not have it.
#include "nodes/cluster/council.hpp"
#include "tests/support/given.hpp"
#include "tests/support/hosted.hpp"

#include <gtest/gtest.h>

namespace {

using namespace tenon;
using namespace tenon::tests;
using nodes::cluster::council;
using nodes::cluster::the_council;
using words = protocols::cluster;

words::node described(const std::string& name, std::uint64_t boot) {
  words::node n;
  n.name = name;
  n.addresses = {name + ":7071"};
  n.worker = n.edge = true;
  n.version = "1.0";
  n.speaks_from = n.speaks_to = 1;
  n.boot_id = boot;
  return n;
}

council::tell told_by_the_first(words::command c, std::vector<std::uint32_t> alive = {}) {
  return {std::move(c), 1, std::move(alive)};
}

words::init init() {
  return {"id-1", "prod", 4, 3, described("a", 1)};
}

const blob hash = blob::copy_of(std::string(32, 'h'));

TEST(council, says_whom_a_command_was_about_and_what_the_cluster_is_then) {
  auto s = given<council>();
  const auto made = s.when(told_by_the_first(init()));
  ASSERT_TRUE(made.reply) << made.refusal->why;
  EXPECT_EQ(*made.reply, (council::told{1, "id-1", 1}));
  EXPECT_EQ(s.state.assignments.size(), 4u);
}

TEST(council, takes_what_the_asker_sees_for_who_lives) {
  auto s = given<council>();
  (void)s.when(told_by_the_first(init()));
  (void)s.when(told_by_the_first(words::issue_token{hash}));
  const auto joined =
      s.when(told_by_the_first(words::join{"prod", hash, described("b", 7), false}));
  ASSERT_TRUE(joined.reply) << joined.refusal->why;
  EXPECT_EQ(joined.reply->node, 2u);
  const auto alive = s.when(told_by_the_first(words::remove{2}, {2}));
  ASSERT_TRUE(alive.refusal);
  EXPECT_NE(alive.refusal->why.find("alive"), std::string::npos);
  EXPECT_TRUE(alive.events.empty());
  EXPECT_TRUE(s.when(told_by_the_first(words::remove{2})).reply);
}

TEST(council, sorts_what_the_asker_sees_before_it_looks_for_somebody_in_it) {
  auto s = given<council>();
  (void)s.when(told_by_the_first(init()));
  for (const char* name : {"b", "c"}) {
    const auto token = blob::copy_of(std::string(32, *name));
    (void)s.when(told_by_the_first(words::issue_token{token}));
    ASSERT_TRUE(
        s.when(told_by_the_first(words::join{"prod", token, described(name, 7), false})).reply);
  }
  EXPECT_TRUE(s.when(told_by_the_first(words::remove{2}, {3, 2})).refusal);
}

TEST(council, gives_its_state_only_to_who_does_not_have_it) {
  auto s = given<council>();
  (void)s.when(told_by_the_first(init()));
  const auto first = s.when(council::look{});
  ASSERT_TRUE(first.reply && first.reply->state);
  EXPECT_EQ(*first.reply->state, s.state);
  EXPECT_NE(first.reply->checksum, 0u);
  const auto again = s.when(council::look{first.reply->checksum});
  EXPECT_FALSE(again.reply->state);
  (void)s.when(told_by_the_first(words::issue_token{hash}));
  EXPECT_TRUE(s.when(council::look{first.reply->checksum}).reply->state);
}

TEST(council, is_found_again_after_a_crash_as_any_actor_is) {
  hosted node{{nodes::cluster::council_kind()}};
  node.begin();
  (void)node.done<council>(the_council, told_by_the_first(init()));
  (void)node.done<council>(the_council, told_by_the_first(words::issue_token{hash}));
  const auto before = node.done<council>(the_council, council::look{});
  node.crash();
  node.begin();
  EXPECT_EQ(node.done<council>(the_council, council::look{}), before);
  const auto twice = node.ask<council>(the_council, told_by_the_first(init()));
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code, code::conflict);
  EXPECT_FALSE(twice.error().remedy.empty());
}

} // namespace
