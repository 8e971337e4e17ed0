// The council as an actor: what the asker sees counts, what happened is journaled and found again,
// and its state is given only to who does not have it.
#include "nodes/cluster/council.hpp"
#include "tests/support/given.hpp"
#include "tests/support/hosted.hpp"
#include "tests/support/random_value.hpp"

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

const moment now = at(span{});
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

/// Commands as they come: mostly sensible ones about few nodes and partitions, and some of any
/// kind.
words::command any_command(random_values& random, std::uint64_t step) {
  const auto node = [&] { return static_cast<std::uint32_t>(1 + random.below(5)); };
  const auto partition = [&] { return static_cast<std::uint16_t>(random.below(5)); };
  const auto token = [&] {
    return blob::copy_of(std::string(32, static_cast<char>('a' + random.below(26))));
  };
  const auto name = [&] { return std::string(1, static_cast<char>('a' + random.below(6))); };
  switch (random.below(12)) {
  case 0:
    return words::issue_token{token(), std::chrono::hours{1}};
  case 1:
    return words::join{"prod", token(), described(name(), 1 + step), random.one_in(3)};
  case 2:
    return words::start{"id-1", node(), 1 + step, {"h:1"}, "1.1", 1, 1};
  case 3:
    return words::drain{node()};
  case 4:
    return words::resume{node()};
  case 5:
    return words::leave{node()};
  case 6:
    return words::remove{node()};
  case 7:
    return words::move{partition(), node(), node()};
  case 8:
    return words::begin_step{partition(), words::act::add_learner, node()};
  case 9:
    return words::end_step{partition(), random.one_in(2), {1}, {node()}};
  case 10:
    return words::set_zone{node(), name()};
  default:
    return random.any<words::command>();
  }
}

TEST(council, gives_the_same_state_from_its_journal_whatever_it_was_told) {
  std::size_t happened = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    random_values random{seed, {}};
    runtime::body_of<council> live{nullptr}, replayed{nullptr};
    for (std::uint64_t step = 0; step < 300; ++step) {
      random.now = at(span{static_cast<std::int64_t>(step * 500)});
      auto told = told_by_the_first(step == 0 ? words::command{init()} : any_command(random, step));
      if (random.one_in(3))
        told.alive = {2, 3};
      const auto before = live.save();
      const auto d = live.decide(protocols::encode(council::command{told}), random.now);
      for (const auto& event : d.events)
        ASSERT_TRUE(replayed.replay(event));
      happened += d.events.size();
      ASSERT_EQ(live.save(), replayed.save());
      if (!d.reply) {
        ASSERT_EQ(live.save(), before);
        ASSERT_FALSE(d.reply.error().remedy.empty()) << d.reply.error().why;
      }
    }
    runtime::body_of<council> loaded{nullptr};
    ASSERT_TRUE(loaded.load(live.save()));
    EXPECT_EQ(loaded.save(), live.save());
  }
  EXPECT_GT(happened, 300u) << "little was tested";
}

TEST(council, refuses_what_it_cannot_read_and_stays_as_it_is) {
  random_values random{1, {}};
  runtime::body_of<council> live{nullptr};
  (void)live.decide(protocols::encode(council::command{told_by_the_first(init())}), now);
  const auto before = live.save();
  for (int i = 0; i < 300; ++i) {
    auto bytes =
        protocols::encode(council::command{told_by_the_first(any_command(random, 1))}).text();
    bytes.resize(random.below(bytes.size()));
    const auto d = live.decide(blob::from(std::move(bytes)), now);
    if (!d.reply) {
      ASSERT_EQ(live.save(), before);
    }
  }
}

} // namespace
