// What a host does about actors that crash, are held back, or decide what cannot be written.
#include "runtime/hosting/host.hpp"
#include "tests/support/hosted.hpp"
#include "tests/support/tally_actor.hpp"
#include "tests/support/until.hpp"

#include <gtest/gtest.h>

namespace {

using namespace tenon;
using tests::hosted;
using tests::tally;
using tests::until;
using wire = protocols::tally;

const identity ann{"acme", "tally", "ann"};

TEST(host, restarts_an_actor_that_crashes_and_parks_the_command_that_kills_it) {
  auto kinds = tests::tally_kinds();
  hosted node{kinds};
  node.begin();
  node.done<tally>(ann, wire::add{5});
  std::uint64_t sum = 5;
  for (const auto* when : {"deciding", "applying", "holding"}) {
    std::promise<result<wire::sum>> answered;
    auto future = answered.get_future();
    node.host().ask<tally>(ann, wire::crash{when},
                           [&](auto r) { answered.set_value(std::move(r)); });
    while (future.wait_for(std::chrono::milliseconds{1}) == std::future_status::timeout)
      node.clock.advance(span{1000}); // over the back-off
    const auto answer = future.get();
    ASSERT_FALSE(answer) << when;
    EXPECT_EQ(answer.error().code, code::internal);
    node.clock.advance(std::chrono::minutes{5});
    EXPECT_EQ(node.done<tally>(ann, wire::add{1}).sum, ++sum) << when;
  }
}

TEST(host, quarantines_after_too_many_crashes_until_an_operator_restarts) {
  runtime::host_options options;
  options.supervision.restarts = 1;
  options.escalation.restarts = 0;
  hosted node{tests::tally_kinds(), options};
  node.begin();
  node.done<tally>(ann, wire::add{5});
  std::promise<result<wire::sum>> answered;
  auto future = answered.get_future();
  node.host().ask<tally>(ann, wire::crash{"deciding"},
                         [&](auto r) { answered.set_value(std::move(r)); });
  while (future.wait_for(std::chrono::milliseconds{1}) == std::future_status::timeout)
    node.clock.advance(span{100}); // over the back-off, within the period
  EXPECT_EQ(future.get().error().code, code::unavailable);
  EXPECT_EQ(node.ask<tally>(ann, wire::peek{}).error().code, code::unavailable);
  EXPECT_EQ(node.host().loaded("acme", 1).front().phase, "quarantined");
  ASSERT_TRUE(node.host().operate(ann, runtime::host::operation::restart));
  const auto back = until([&] { return node.ask<tally>(ann, wire::peek{}); },
                          [](const auto& r) { return r.has_value(); });
  EXPECT_EQ(back->sum, 5u);
}

TEST(host, answers_everybody_who_asks_a_quarantined_actor) {
  runtime::host_options options;
  options.supervision.restarts = options.escalation.restarts = 0;
  hosted node{tests::tally_kinds(), options};
  node.begin();
  EXPECT_EQ(node.ask<tally>(ann, wire::crash{"deciding"}).error().code, code::unavailable);
  // Each question is put while the answer to the one before is being given.
  for (int i = 0; i < 20'000; ++i)
    ASSERT_EQ(node.ask<tally>(ann, wire::peek{}).error().code, code::unavailable);
}

TEST(host, answers_an_asker_in_time_although_the_actor_is_suspended) {
  hosted node{tests::tally_kinds()};
  auto& host = node.begin();
  node.done<tally>(ann, wire::add{5});
  ASSERT_TRUE(host.operate(ann, runtime::host::operation::suspend));
  std::promise<result<wire::sum>> answered;
  auto future = answered.get_future();
  host.ask<tally>(
      ann, wire::peek{}, [&](auto r) { answered.set_value(std::move(r)); }, span{50});
  while (future.wait_for(std::chrono::milliseconds{1}) == std::future_status::timeout)
    node.clock.advance(span{100});
  EXPECT_EQ(future.get().error().code, code::timed_out);
  ASSERT_TRUE(host.operate(ann, runtime::host::operation::resume));
  EXPECT_EQ(node.done<tally>(ann, wire::peek{}).sum, 5u);
}

TEST(host, restarts_the_whole_placement_when_restarting_the_actor_alone_did_not_help) {
  runtime::host_options options;
  options.supervision.restarts = 0;
  hosted node{tests::tally_kinds(), options};
  auto& host = node.begin();
  const identity neighbour{"acme", "chronicle", "ann:beside"};
  node.done<tally>(ann, wire::add{5});
  node.done<tally>(neighbour, wire::add{3});
  std::promise<result<wire::sum>> answered;
  auto future = answered.get_future();
  host.ask<tally>(ann, wire::crash{"deciding"}, [&](auto r) { answered.set_value(std::move(r)); });
  const auto phase_of = [&](const identity& id) {
    for (const auto& seen : host.loaded("acme", 10))
      if (seen.id == id)
        return seen.phase;
    return std::string_view{};
  };
  EXPECT_EQ(until([&] { return phase_of(neighbour); }, [](auto p) { return p == "waiting"; }),
            "waiting");
  while (future.wait_for(std::chrono::milliseconds{1}) == std::future_status::timeout)
    node.clock.advance(span{100});
  EXPECT_EQ(future.get().error().code, code::internal); // parked after the third crash
  node.clock.advance(std::chrono::minutes{1});
  EXPECT_EQ(node.done<tally>(neighbour, wire::peek{}).sum, 3u);
}

TEST(host, tries_again_although_the_clock_was_set_back) {
  hosted node{tests::tally_kinds()};
  auto& host = node.begin();
  node.done<tally>(ann, wire::add{5});
  std::promise<result<wire::sum>> answered;
  auto future = answered.get_future();
  host.ask<tally>(ann, wire::crash{"deciding"}, [&](auto r) { answered.set_value(std::move(r)); });
  until([&] { return host.loaded("acme", 1).front().phase; },
        [](auto p) { return p == "waiting"; });
  node.clock.set_back(std::chrono::hours{5});
  while (future.wait_for(std::chrono::milliseconds{1}) == std::future_status::timeout)
    node.clock.advance(span{100});
  EXPECT_EQ(future.get().error().code, code::internal);
  EXPECT_EQ(node.done<tally>(ann, wire::add{1}).sum, 6u);
}

TEST(host, forgets_what_the_journal_will_never_take_tells_the_asker_and_goes_on) {
  hosted node{tests::tally_kinds()};
  node.begin();
  node.done<tally>(ann, wire::add{5});
  node.journal.set_most_entry(1000);
  const auto large = blob::copy_of(std::string(2000, 'x'));
  EXPECT_EQ(node.ask<tally>(ann, wire::add{1, large}).error().code, code::too_large);
  until([&] { return node.host().loaded("acme", 1).front().phase; },
        [](auto p) { return p == "waiting"; });
  node.clock.advance(span{1000});
  EXPECT_EQ(node.done<tally>(ann, wire::add{1}).sum, 6u);
}

} // namespace
