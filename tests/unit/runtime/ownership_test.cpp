// Hosts that gain and lose partitions while they run, over one log whose ownership the test steers.
#include "tests/support/steered_nodes.hpp"
#include "tests/support/tally_actor.hpp"
#include "tests/support/until.hpp"

#include <gtest/gtest.h>

#include <latch>
#include <set>

namespace {

using namespace tenon;
using runtime::partition_number;
using tests::steered_log;
using tests::steered_nodes;
using tests::tally;
using wire = protocols::tally;
using remnant = steered_log::remnant;

constexpr partition_number partitions = 4;

/// Someone of that name's beginning whose partition it is.
identity in(partition_number p, const std::string& name) {
  for (int i = 0;; ++i)
    if (identity id{"acme", "tally", name + std::to_string(i)}; placement_of(id) % partitions == p)
      return id;
}

class ownership : public testing::Test {
protected:
  const identity ann = in(0, "ann");
  const identity bob = in(1, "bob");

  /// Asked of the node, decided, and on its way to the journal.
  template <class Command> auto unconfirmed(steered_nodes& nodes, const identity& to, Command c) {
    const auto p = nodes.host(0).partition_of(to);
    nodes.log.hold(p);
    const auto before = nodes.log.last(p);
    auto answer = nodes.begin<tally>(0, to, c);
    EXPECT_EQ(tests::until([&] { return nodes.log.last(p); },
                           [&](auto last) { return last == before + 1; }),
              before + 1);
    return answer;
  }
};

TEST_F(ownership, by_nobody_is_told_to_whoever_asks_a_node_that_is_alone) {
  steered_nodes nodes{tests::tally_kinds(), 1, {}, partitions, {}, steered_nodes::alone};
  const auto answer = nodes.ask<tally>(0, ann, wire::peek{});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, code::unavailable);
  EXPECT_TRUE(answer.error().retry_after);
  nodes.log.give(0, 0);
  EXPECT_EQ(nodes.done<tally>(0, ann, wire::add{5}).sum, 5u);
}

TEST_F(ownership, gained_while_running_makes_askers_wait_until_the_log_is_known) {
  steered_nodes nodes{tests::tally_kinds(), 1, {.waiting_envelopes = 2}};
  nodes.log.give(0, 0);
  ASSERT_EQ(nodes.done<tally>(0, ann, wire::add{5}).sum, 5u);
  nodes.log.take(0, remnant::replaced);
  EXPECT_EQ(nodes.host(0).term_of(0), 0u);
  std::latch known{1};
  nodes.log.scanned = [&](auto) { known.wait(); };
  nodes.log.give(0, 0);
  EXPECT_EQ(nodes.host(0).term_of(0), 2u);
  auto first = nodes.begin<tally>(0, ann, wire::add{1});
  auto second = nodes.begin<tally>(0, ann, wire::peek{});
  EXPECT_EQ(nodes.ask<tally>(0, ann, wire::peek{}).error().code, code::overloaded);
  EXPECT_EQ(first.wait_for(span{0}), std::future_status::timeout);
  known.count_down();
  EXPECT_EQ(nodes.wait(std::move(first))->sum, 6u);
  EXPECT_EQ(nodes.wait(std::move(second))->sum, 6u);
}

TEST_F(ownership, lost_before_confirmation_is_timed_out_whether_the_entry_was_replaced_or_kept) {
  for (const auto& [kept, sum] : {std::pair{remnant::replaced, 5u}, std::pair{remnant::kept, 8u}}) {
    steered_nodes nodes{tests::tally_kinds(), 1};
    nodes.log.give(0, 0);
    nodes.done<tally>(0, ann, wire::add{5});
    auto added = unconfirmed(nodes, ann, wire::add{3});
    auto seen = nodes.begin<tally>(0, ann, wire::peek{}); // has seen what is not confirmed
    EXPECT_EQ(added.wait_for(span{0}), std::future_status::timeout);
    nodes.log.take(0, kept);
    EXPECT_EQ(nodes.wait(std::move(added)).error().code, code::timed_out);
    // It may be asked as it is, and is: by the waiting mailbox or by whoever asked.
    nodes.log.give(0, 0);
    if (const auto later = nodes.wait(std::move(seen)); later)
      EXPECT_EQ(later->sum, sum);
    else
      EXPECT_EQ(later.error().code, code::unavailable);
    EXPECT_EQ(nodes.done<tally>(0, ann, wire::peek{}).sum, sum);
    EXPECT_EQ(nodes.done<tally>(0, ann, wire::add{1}).sum, sum + 1);
  }
}

TEST_F(ownership, lost_with_a_decision_that_the_log_never_saw_says_that_it_may_be_repeated) {
  steered_nodes nodes{tests::tally_kinds(), 1};
  nodes.log.give(0, 0);
  nodes.done<tally>(0, ann, wire::add{5});
  nodes.log.fill(0);
  auto added = nodes.begin<tally>(0, ann, wire::add{3});
  tests::until([&] { return nodes.host(0).loaded("acme", 1).front().commands; },
               [](auto decided) { return decided == 2; });
  nodes.log.take(0, remnant::replaced);
  const auto answer = nodes.wait(std::move(added));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, code::unavailable);
  EXPECT_TRUE(answer.error().retry_after);
  nodes.log.give(0, 0);
  EXPECT_EQ(nodes.done<tally>(0, ann, wire::peek{}).sum, 5u);
}

TEST_F(ownership, lost_sends_what_nobody_decided_to_the_next_owner) {
  steered_nodes nodes{tests::tally_kinds(), 2};
  nodes.log.give(0, 0);
  nodes.done<tally>(0, ann, wire::add{5});
  ASSERT_TRUE(nodes.host(0).operate(ann, runtime::host::operation::suspend));
  std::vector<std::future<result<wire::sum>>> answers;
  for (int i = 0; i < 10; ++i)
    answers.push_back(nodes.begin<tally>(0, ann, wire::add{1}));
  nodes.log.take(0, remnant::replaced);
  EXPECT_EQ(nodes.host(0).loaded_count(), 0u) << "at once";
  nodes.log.give(0, 1);
  std::set<std::uint64_t> sums; // nobody promised an order among them
  for (auto& answer : answers)
    sums.insert(nodes.wait(std::move(answer))->sum);
  EXPECT_EQ(sums.size(), 10u);
  EXPECT_EQ(*sums.rbegin(), 15u);
  EXPECT_EQ(nodes.host(1).term_of(0), 2u);
  EXPECT_EQ(nodes.done<tally>(0, ann, wire::peek{}).sum, 15u) << "any node takes any question";
}

TEST_F(ownership, lost_by_the_receiver_of_a_message_has_it_taken_in_once) {
  for (const auto kept : {remnant::replaced, remnant::kept}) {
    steered_nodes nodes{tests::tally_kinds(), 2};
    nodes.log.give(0, 0);
    nodes.log.give(1, 0);
    nodes.log.hold(1);
    const auto sent = wire::pass{.to = to_string(bob), .amount = 4, .durable = true};
    ASSERT_TRUE(nodes.ask<tally>(0, ann, sent));
    tests::until([&] { return nodes.log.last(1); }, [](auto last) { return last == 1; });
    nodes.log.take(1, kept);
    nodes.log.give(1, 1);
    const auto sum =
        tests::until([&] { return nodes.turn(), nodes.done<tally>(0, bob, wire::peek{}).sum; },
                     [](auto s) { return s > 0; });
    EXPECT_EQ(sum, 4u);
    for (int i = 0; i < 30; ++i)
      nodes.turn();
    EXPECT_EQ(nodes.done<tally>(0, bob, wire::peek{}).sum, 4u);
  }
}

class questioned final : public runtime::performer {
public:
  struct one {
    runtime::effect asked;
    std::function<void(blob)> outcome;
    std::size_t node;
  };
  struct notes {
    std::mutex guard;
    std::vector<one> all;
    std::size_t count() {
      const std::scoped_lock lock{guard};
      return all.size();
    }
  };
  questioned(notes& n, std::size_t node) : notes_{n}, node_{node} {}
  void perform(runtime::effect e, std::function<void(blob)> outcome) override {
    const std::scoped_lock lock{notes_.guard};
    notes_.all.push_back({std::move(e), std::move(outcome), node_});
  }

private:
  notes& notes_;
  std::size_t node_;
};

TEST_F(ownership, lost_while_an_effect_is_performed_brings_its_outcome_to_the_next_owner_once) {
  questioned::notes notes;
  steered_nodes nodes{tests::tally_kinds(), 2, {}, partitions, [&](std::size_t node) {
                        return std::make_unique<questioned>(notes, node);
                      }};
  nodes.log.give(0, 0);
  ASSERT_TRUE(nodes.ask<tally>(0, ann, wire::ask{"x"}));
  ASSERT_EQ(tests::until([&] { return notes.count(); }, [](auto n) { return n == 1; }), 1u);
  nodes.log.give(0, 1);
  ASSERT_EQ(tests::until([&] { return notes.count(); }, [](auto n) { return n == 2; }), 2u);
  EXPECT_FALSE(notes.all[0].asked.repeated);
  EXPECT_TRUE(notes.all[1].asked.repeated);
  EXPECT_EQ(notes.all[1].node, 1u);
  EXPECT_EQ(notes.all[1].asked.number, notes.all[0].asked.number);
  const auto heard = protocols::encode(wire::command{wire::heard{7}});
  ASSERT_TRUE(nodes.host(1).operate(ann, runtime::host::operation::suspend));
  notes.all[0].outcome(heard); // of the node that has lost it
  notes.all[1].outcome(heard); // decided together with it
  ASSERT_TRUE(nodes.host(1).operate(ann, runtime::host::operation::resume));
  EXPECT_EQ(tests::until([&] { return nodes.done<tally>(1, ann, wire::peek{}).heard; },
                         [](auto h) { return h > 0; }),
            7u);
  EXPECT_EQ(nodes.done<tally>(1, ann, wire::peek{}).heard, 7u);
}

TEST_F(ownership, lost_before_an_effect_was_confirmed_leaves_it_undone) {
  questioned::notes notes;
  steered_nodes nodes{tests::tally_kinds(), 2, {}, partitions, [&](std::size_t node) {
                        return std::make_unique<questioned>(notes, node);
                      }};
  nodes.log.give(0, 0);
  auto asked = unconfirmed(nodes, ann, wire::ask{"x"});
  nodes.log.take(0, remnant::replaced);
  EXPECT_EQ(nodes.wait(std::move(asked)).error().code, code::timed_out);
  nodes.log.give(0, 1);
  EXPECT_EQ(nodes.done<tally>(0, ann, wire::add{1}).sum, 1u);
  EXPECT_EQ(notes.count(), 0u);
}

TEST_F(ownership, moves_deadlines_which_are_told_once) {
  steered_nodes nodes{tests::tally_kinds(), 2};
  nodes.log.give(0, 0);
  nodes.done<tally>(0, ann, wire::add{1});
  nodes.done<tally>(0, ann, wire::wake_at{nodes.clock.now() + std::chrono::hours{1}});
  nodes.log.take(0, remnant::replaced);
  nodes.clock.advance(std::chrono::hours{2}); // it passes while nobody owns it
  nodes.log.give(0, 1);
  const auto woken =
      tests::until([&] { return nodes.turn(), nodes.done<tally>(1, ann, wire::peek{}).woken; },
                   [](auto w) { return w > 0; });
  EXPECT_EQ(woken, 1u);
  nodes.log.give(0, 0);
  for (int i = 0; i < 30; ++i)
    nodes.turn();
  EXPECT_EQ(nodes.done<tally>(0, ann, wire::peek{}).woken, 1u);
}

TEST_F(ownership, regained_at_once_leaves_nothing_of_the_old_term) {
  steered_nodes nodes{tests::tally_kinds(), 1};
  nodes.log.give(0, 0);
  nodes.done<tally>(0, ann, wire::add{1});
  for (std::uint64_t round = 0; round < 50; ++round) {
    auto lost = unconfirmed(nodes, ann, wire::put{"k" + std::to_string(round), blob{}});
    auto waits = nodes.begin<tally>(0, ann, wire::add{1});
    nodes.log.give(0, 0); // taken away and given back in one breath
    EXPECT_EQ(nodes.wait(std::move(lost)).error().code, code::timed_out);
    const auto added = nodes.wait(std::move(waits));
    if (!added) { // decided already: whether it happened is known, for its entry was replaced too
      EXPECT_TRUE(added.error().code == code::timed_out || added.error().code == code::unavailable);
      nodes.done<tally>(0, ann, wire::add{1});
    }
    const auto now = nodes.done<tally>(0, ann, wire::peek{});
    ASSERT_EQ(now.sum, 2 + round);
    ASSERT_EQ(now.rows, 0u);
  }
}

} // namespace
