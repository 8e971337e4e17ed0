#include "actors/breaker.hpp"
#include "actors/dead_letters.hpp"
#include "runtime/hosting/host.hpp"
#include "tests/support/hosted.hpp"
#include "tests/support/tally_actor.hpp"
#include "tests/support/until.hpp"

#include <gtest/gtest.h>

#include <latch>
#include <numeric>
#include <thread>

namespace {

using namespace tenon;
using tests::hosted;
using tests::tally;
using tests::until;
using wire = protocols::tally;

const identity ann{"acme", "tally", "ann"};
const identity bob{"acme", "tally", "bob"};

TEST(host, decides_and_answers) {
  hosted node{tests::tally_kinds()};
  node.begin();
  EXPECT_EQ(node.ask<tally>(ann, wire::add{3})->sum, 3u);
  EXPECT_EQ(node.ask<tally>(ann, wire::add{4})->sum, 7u);
  EXPECT_EQ(node.ask<tally>(bob, wire::peek{})->sum, 0u);
}

TEST(host, refuses_a_kind_that_nobody_hosts) {
  hosted node{tests::tally_kinds()};
  node.begin();
  EXPECT_EQ(node.ask<tally>({"acme", "nothing", "x"}, wire::peek{}).error().code, code::not_found);
  EXPECT_EQ(node.ask<tally>({"Acme!", "tally", "x"}, wire::peek{}).error().where, "tenant");
}

TEST(host, answers_only_when_the_journal_has_confirmed) {
  hosted node{tests::tally_kinds()};
  auto& host = node.begin();
  node.done<tally>(ann, wire::add{1});
  node.journal.set(tests::confirming::on_demand);
  std::promise<std::uint64_t> wrote, read;
  auto written = wrote.get_future(), seen = read.get_future();
  host.ask<tally>(ann, wire::add{1}, [&](auto r) { wrote.set_value(r->sum); });
  const auto partition = host.partition_of(ann);
  until([&] { return node.journal.last(partition); }, [](auto last) { return last == 2; });
  // A read that follows has seen what is not durable, so it waits too.
  host.ask<tally>(ann, wire::peek{}, [&](auto r) { read.set_value(r->sum); });
  EXPECT_EQ(seen.wait_for(std::chrono::milliseconds{30}), std::future_status::timeout);
  EXPECT_EQ(written.wait_for(std::chrono::seconds{0}), std::future_status::timeout);
  node.journal.confirm();
  EXPECT_EQ(written.get(), 2u);
  EXPECT_EQ(seen.get(), 2u);
  node.journal.set(tests::confirming::automatic);
}

TEST(host, remembers_over_a_restart_from_state_and_log) {
  hosted node{tests::tally_kinds()};
  node.begin();
  for (int i = 0; i < 100; ++i)
    node.done<tally>({"acme", "tally", "n" + std::to_string(i % 7)}, wire::add{1});
  node.end();
  node.begin();
  std::uint64_t sum = 0;
  for (int i = 0; i < 7; ++i)
    sum += node.ask<tally>({"acme", "tally", "n" + std::to_string(i)}, wire::peek{})->sum;
  EXPECT_EQ(sum, 100u);
}

TEST(host, keeps_rows_beside_the_state) {
  hosted node{tests::tally_kinds()};
  node.begin();
  node.done<tally>(ann, wire::add{1});
  for (int i = 0; i < 50; ++i)
    node.done<tally>(ann, wire::put{"k" + std::to_string(i % 10), blob::copy_of("v")});
  EXPECT_EQ(node.ask<tally>(ann, wire::peek{})->rows, 10u);
  node.end();
  node.begin();
  EXPECT_EQ(node.ask<tally>(ann, wire::peek{})->rows, 10u);
}

TEST(host, lets_actors_without_rows_go_on_for_longer_while_the_store_is_behind) {
  auto kinds = tests::tally_kinds();
  kinds.push_back(runtime::describe<actors::breaker>("breaker"));
  hosted node{kinds, {.congestion_bytes = 10'000}};
  auto& host = node.begin();
  const identity shop{"acme", "breaker", "shop"};
  const auto wait_for_store = [&](std::size_t bytes) {
    node.state.set(tests::confirming::on_demand);
    node.done<tally>(ann, wire::put{"k", blob::from(std::string(bytes, 'x'))});
    until([&] { return node.clock.advance(span{20}), node.state.waiting(); },
          [&](auto waiting) { return waiting >= bytes; });
  };
  const auto is_held = [&](auto& answer) {
    node.clock.advance(span{20}); // beyond the next look at the store
    return answer.wait_for(std::chrono::milliseconds{30}) == std::future_status::timeout;
  };
  const auto catch_up = [&](auto& answer) {
    node.state.set(tests::confirming::automatic);
    node.state.write();
    until([&] { return node.clock.advance(span{20}), answer.wait_for(span{0}); },
          [](auto seen) { return seen == std::future_status::ready; });
    return answer.get();
  };
  node.done<tally>(bob, wire::peek{});
  wait_for_store(12'000);
  std::promise<std::uint64_t> of_rows;
  auto rows = of_rows.get_future();
  host.ask<tally>(bob, wire::peek{}, [&](auto r) { of_rows.set_value(r->sum); });
  EXPECT_TRUE(node.ask<actors::breaker>(shop, actors::breaker::acquire{}));
  EXPECT_TRUE(is_held(rows));
  EXPECT_EQ(catch_up(rows), 0u);

  wait_for_store(25'000);
  std::promise<bool> of_breaker;
  auto granted = of_breaker.get_future();
  host.ask<actors::breaker>(shop, actors::breaker::acquire{},
                            [&](auto r) { of_breaker.set_value(r.has_value()); });
  EXPECT_TRUE(is_held(granted));
  EXPECT_TRUE(catch_up(granted));
}

TEST(host, writes_what_a_kind_with_secrets_says_only_sealed) {
  const auto contains = [](const blob& bytes, std::string_view text) {
    return bytes.view().find(text) != std::string_view::npos;
  };
  const identity box{"acme", "dead_letters", "all"};
  auto kinds = tests::tally_kinds();
  kinds.push_back(runtime::describe<actors::dead_letters>("dead_letters"));
  hosted node{kinds};
  auto& host = node.begin();
  using letters = protocols::dead_letters;
  host.ask<actors::dead_letters>(
      box, letters::park{"acme/tally/ann", "tally.add", blob::copy_of("hunter2 hunter2"), "why"},
      [](auto) {});
  const auto listed = [&] { return node.ask<actors::dead_letters>(box, letters::list{}); };
  ASSERT_TRUE(until(listed, [](const auto& page) { return page && page->letters.size() == 1; }));
  const auto partition = host.partition_of(box);
  std::size_t seen = 0;
  node.journal.scan(partition, 0, [&](const runtime::journal_entry& e) {
    ++seen;
    EXPECT_FALSE(contains(e.bytes, "hunter2"));
  });
  EXPECT_EQ(seen, 1u);
  node.end();
  seen = 0;
  node.state.scan(partition, box, "", 10, [&](auto, const blob& row) {
    EXPECT_FALSE(contains(row, "hunter2"));
    return ++seen, true;
  });
  EXPECT_EQ(seen, 1u);
  node.begin();
  ASSERT_EQ(listed()->letters.size(), 1u);
  EXPECT_EQ(listed()->letters.front().command.view(), "hunter2 hunter2");
}

TEST(host, delivers_a_durable_message_exactly_once_over_restarts) {
  hosted node{tests::tally_kinds()};
  node.begin();
  for (int round = 0; round < 20; ++round) {
    node.done<tally>(ann, wire::pass{.to = "acme/tally/bob", .amount = 1, .durable = true});
    if (round % 5 == 4) {
      node.end();
      node.begin();
    }
  }
  const auto sum = until([&] { return node.ask<tally>(bob, wire::peek{})->sum; },
                         [](auto s) { return s >= 20; });
  EXPECT_EQ(sum, 20u);
  node.end();
  node.begin();
  EXPECT_EQ(node.ask<tally>(bob, wire::peek{})->sum, 20u);
}

class answering final : public runtime::performer {
public:
  explicit answering(std::atomic<int>& asked) : asked_{asked} {}
  void perform(runtime::effect e, std::function<void(blob)> outcome) override {
    ++asked_;
    const auto question = protocols::decode<wire::question>(e.request);
    outcome(protocols::encode(wire::command{wire::heard{question->word.size()}}));
  }

private:
  std::atomic<int>& asked_;
};

TEST(host, performs_a_call_and_brings_its_outcome_back) {
  std::atomic<int> asked{0};
  hosted node{tests::tally_kinds()};
  node.add("tally.question", [&] { return std::make_unique<answering>(asked); });
  node.begin();
  node.done<tally>(ann, wire::add{1});
  node.done<tally>(ann, wire::ask{"seven77"});
  const auto heard = until([&] { return node.ask<tally>(ann, wire::peek{})->heard; },
                           [](auto h) { return h > 0; });
  EXPECT_EQ(heard, 7u);
  node.end();
  node.begin();
  EXPECT_EQ(node.ask<tally>(ann, wire::peek{})->heard, 7u);
  EXPECT_EQ(asked, 1);
}

class silent final : public runtime::performer {
public:
  explicit silent(std::atomic<int>& asked) : asked_{asked} {}
  void perform(runtime::effect e, std::function<void(blob)>) override {
    asked_ += e.repeated ? 100 : 1;
  }

private:
  std::atomic<int>& asked_;
};

TEST(host, performs_a_call_again_whose_outcome_was_lost_and_says_that_it_is_a_repetition) {
  std::atomic<int> asked{0};
  hosted node{tests::tally_kinds()};
  node.add("tally.question", [&] { return std::make_unique<silent>(asked); });
  node.begin();
  node.done<tally>(ann, wire::ask{"x"});
  until([&] { return asked.load(); }, [](int n) { return n >= 1; });
  node.end();
  node.begin();
  EXPECT_EQ(until([&] { return asked.load(); }, [](int n) { return n >= 101; }), 101);
}

TEST(host, wakes_nobody_before_it_knows_what_is_in_every_log) {
  std::atomic<int> asked{0};
  hosted node{tests::tally_kinds()};
  node.add("tally.question", [&] { return std::make_unique<silent>(asked); });
  node.begin();
  constexpr int many = 20; // in every partition some
  for (int i = 0; i < many; ++i)
    node.done<tally>({"acme", "tally", "n" + std::to_string(i)}, wire::ask{"x"});
  until([&] { return asked.load(); }, [](int n) { return n >= many; });
  node.end();
  // Whoever wakes repeats its call, which may ask anybody.
  std::size_t scans = 0;
  node.journal.scanned = [&](auto) {
    ++scans;
    EXPECT_EQ(node.host().loaded_count(), 0u);
  };
  node.begin();
  EXPECT_EQ(scans, 4u);
  EXPECT_EQ(until([&] { return asked.load(); }, [](int n) { return n >= 101 * many; }), 101 * many);
}

TEST(host, keeps_deadlines_over_a_restart_and_tells_each_once) {
  hosted node{tests::tally_kinds()};
  node.begin();
  node.done<tally>(ann, wire::add{1});
  node.done<tally>(ann, wire::wake_at{node.clock.now() + std::chrono::hours{1}});
  node.end();
  node.begin();
  EXPECT_EQ(node.ask<tally>(ann, wire::peek{})->woken, 0u);
  node.end();
  node.clock.advance(std::chrono::hours{2});
  node.begin();
  const auto woken = until([&] { return node.ask<tally>(ann, wire::peek{})->woken; },
                           [](auto w) { return w > 0; });
  EXPECT_EQ(woken, 1u);
}

TEST(host, keeps_every_event_of_a_kind_that_keeps_its_history_in_order_over_restarts) {
  const identity told{"acme", "chronicle", "told"};
  hosted node{tests::tally_kinds()};
  for (std::uint64_t i = 1; i <= 30; ++i) {
    if (i % 10 == 1)
      node.begin();
    node.done<tally>(told, wire::add{i});
    if (i % 10 == 0)
      node.end();
  }
  std::vector<std::uint64_t> amounts;
  node.state.history(node.begin().partition_of(told), told, 0, 100, [&](auto, const blob& bytes) {
    const auto event = protocols::decode<wire::event>(bytes);
    amounts.push_back(std::get<wire::added>(*event).amount);
    return true;
  });
  std::vector<std::uint64_t> expected(30);
  std::iota(expected.begin(), expected.end(), 1);
  EXPECT_EQ(amounts, expected);
}

TEST(host, forgets_an_actor_that_has_nothing_left_to_keep) {
  hosted node{tests::tally_kinds()};
  node.begin();
  node.done<tally>(ann, wire::add{1});
  EXPECT_EQ(node.host().list("acme", "tally", "", 10), (std::vector<std::string>{"ann"}));
  node.done<tally>(ann, wire::forget{});
  node.end();
  node.begin();
  EXPECT_TRUE(node.host().list("acme", "tally", "", 10).empty());
}

TEST(host, an_actor_without_work_leaves_memory_and_comes_back) {
  runtime::host_options options;
  options.idle = std::chrono::seconds{10};
  hosted node{tests::tally_kinds(), options};
  node.begin();
  node.done<tally>(ann, wire::add{2});
  const auto loaded = until(
      [&] {
        if (node.host().loaded_count() > 0)
          (void)node.host().operate(ann, runtime::host::operation::passivate);
        return node.host().loaded_count();
      },
      [](auto n) { return n == 0; });
  EXPECT_EQ(loaded, 0u);
  EXPECT_EQ(node.ask<tally>(ann, wire::peek{})->sum, 2u);
}

TEST(host, survives_a_storm_of_askers_with_an_exact_sum) {
  hosted node{tests::tally_kinds()};
  auto& host = node.begin();
  constexpr int askers = 4, each = 5000;
  std::latch done{askers * each};
  std::atomic<int> refused{0};
  std::vector<std::jthread> threads;
  for (int a = 0; a < askers; ++a)
    threads.emplace_back([&, a] {
      for (int i = 0; i < each; ++i)
        host.ask<tally>({"acme", "tally", "t" + std::to_string((i + a) % 5)}, wire::add{1},
                        [&](auto r) {
                          if (!r)
                            ++refused;
                          done.count_down();
                        });
    });
  done.wait();
  std::uint64_t sum = 0;
  for (int i = 0; i < 5; ++i)
    sum += node.ask<tally>({"acme", "tally", "t" + std::to_string(i)}, wire::peek{})->sum;
  EXPECT_EQ(sum + static_cast<std::uint64_t>(refused), static_cast<std::uint64_t>(askers * each));
}

} // namespace
