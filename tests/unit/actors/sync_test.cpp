#include "actors/sync.hpp"

#include "protocols/json.hpp"
#include "tests/support/given.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;
using subject = tenon::actors::sync; // sync is a function of the system as well
using tenon::moment;
using tenon::write_json;
using tenon::protocols::decode;
using tenon::tests::at;
using tenon::tests::given;
using wire = tenon::protocols::sync;

namespace {

constexpr auto spec = R"({"from":{"sqlite":{"file":"/a","table":"t","key":"id"}},"into":"c"})";

auto running(const std::string& said = spec) {
  return given<subject>(subject::configured{said, at(0s)},
                        subject::started{.run = 1, .at = at(0s)});
}

wire::transferred page(std::uint64_t run, std::uint64_t number, std::uint64_t stored,
                       std::string position, bool last = false) {
  return {.run = run,
          .page = number,
          .moved = {.stored = stored,
                    .position = std::move(position),
                    .cursor = "c" + std::to_string(number),
                    .last = last}};
}

wire::transferred trouble(std::uint64_t number, bool transient = true) {
  return {.run = 1, .page = number, .why = "down", .place = "there", .transient = transient};
}

template <class Decision> wire::transfer called(const Decision& d) {
  EXPECT_EQ(d.calls.size(), 1u);
  return d.calls.empty() ? wire::transfer{} : *decode<wire::transfer>(d.calls.front().request);
}

TEST(sync, asks_for_page_after_page_and_keeps_the_cursor_only_when_it_has_seen_them_all) {
  auto one = given<subject>(subject::configured{spec, at(0s)});
  const auto first = called(one.when(subject::start{}));
  EXPECT_EQ(first.page, 0u);
  EXPECT_EQ(first.position, "");
  const auto second = called(one.when(page(1, 0, 200, "p1")));
  EXPECT_EQ(second.page, 1u);
  EXPECT_EQ(second.position, "p1");
  EXPECT_EQ(second.cursor, "c0");
  EXPECT_EQ(one.state.cursor, "");
  const auto last = one.when(page(1, 1, 30, "", true));
  EXPECT_TRUE(last.calls.empty());
  EXPECT_EQ(one.state.cursor, "c1");
  EXPECT_EQ(one.state.run.outcome, subject::outcome::succeeded);
  EXPECT_EQ(one.state.run.read, 230u);
}

TEST(sync, begins_again_at_most_three_times_in_a_run_however_many_pages_come_between) {
  auto one = running();
  std::uint64_t number = 0;
  auto forgotten = [&] {
    auto t = trouble(number, false);
    t.start_over = true;
    t.why = "the cursor has ended";
    return t;
  };
  for (int times = 1; times <= 3; ++times) {
    one.when(page(1, number++, 10, "p"));
    EXPECT_EQ(called(one.when(forgotten())).position, "");
    EXPECT_EQ(one.state.run.restarts, static_cast<std::uint64_t>(times));
    EXPECT_EQ(one.state.run.restarted_for, "the cursor has ended");
  }
  one.when(page(1, number++, 10, "p"));
  one.when(forgotten());
  EXPECT_EQ(one.state.run.outcome, subject::outcome::failed);
  EXPECT_EQ(one.state.run.why, "the cursor has ended");
}

TEST(sync, takes_each_page_in_once_however_often_it_is_told) {
  auto one = running();
  one.when(page(1, 0, 200, "p1"));
  const auto again = one.when(page(1, 0, 200, "p1"));
  EXPECT_TRUE(again.events.empty());
  EXPECT_TRUE(again.calls.empty());
  EXPECT_EQ(one.state.run.read, 200u);
}

TEST(sync, tries_a_page_again_three_times_after_the_first_and_then_fails_where_it_stands) {
  auto one = running();
  one.when(page(1, 0, 200, "p1"));
  for (int attempt = 1; attempt <= 3; ++attempt) {
    EXPECT_TRUE(one.when(trouble(1)).calls.empty());
    ASSERT_EQ(one.state.phase, wire::phase::waiting) << attempt;
    one.now = one.state.retry_at;
    const auto again = called(one.when(subject::wake{}));
    EXPECT_EQ(again.page, 1u);
    EXPECT_EQ(again.position, "p1");
  }
  one.when(trouble(1));
  EXPECT_EQ(one.state.run.outcome, subject::outcome::failed);
  EXPECT_EQ(one.state.run.retries, 3u);
  EXPECT_EQ(one.state.run.why, "down");
  const auto next = called(one.when(subject::start{}));
  EXPECT_EQ(next.position, "p1");
}

TEST(sync, waits_as_long_as_the_source_asks_for) {
  auto one = running();
  auto asked = trouble(0);
  asked.retry_after = 42s;
  one.at(10s).when(asked);
  EXPECT_EQ(one.state.retry_at, at(52s));
  EXPECT_TRUE(one.at(51s).when(subject::wake{}).calls.empty());
  EXPECT_EQ(one.at(52s).when(subject::wake{}).calls.size(), 1u);
}

TEST(sync, does_not_try_again_what_cannot_become_better) {
  auto one = running();
  one.when(trouble(0, false));
  EXPECT_EQ(one.state.run.outcome, subject::outcome::failed);
  EXPECT_EQ(one.state.run.retries, 0u);
}

TEST(sync, tells_the_source_what_it_said_of_earlier_attempts_and_lets_it_count_them) {
  auto one = running();
  for (int attempt = 1; attempt <= 10; ++attempt) {
    auto again = trouble(0);
    again.attempt = "tried " + std::to_string(attempt);
    again.counted = true;
    one.when(again);
    ASSERT_EQ(one.state.phase, wire::phase::waiting) << attempt;
    one.now = one.state.retry_at;
    EXPECT_EQ(called(one.when(subject::wake{})).attempt, again.attempt);
  }
  EXPECT_EQ(called(one.when(page(1, 0, 200, "p1"))).attempt, "");
}

wire::transferred waiting_page(std::uint64_t number, std::string position, moment until) {
  auto p = page(1, number, 0, std::move(position));
  p.moved.resume_at = until;
  p.moved.waits_for = "the job 7";
  return p;
}

TEST(sync, waits_as_long_as_a_source_waits_itself_and_counts_no_failure) {
  auto one = running();
  EXPECT_TRUE(one.when(waiting_page(0, "job 7", at(30s))).calls.empty());
  EXPECT_EQ(one.state.phase, wire::phase::waiting);
  EXPECT_EQ(subject::due(one.state).back().at, at(30s));
  EXPECT_NE(write_json(subject::status(one.state)).find("the job 7"), std::string::npos);
  EXPECT_TRUE(one.at(29s).when(subject::wake{}).calls.empty());
  const auto again = called(one.at(30s).when(subject::wake{}));
  EXPECT_EQ(again.position, "job 7");
  EXPECT_EQ(again.page, 1u);
  EXPECT_FALSE(again.abandon);
  EXPECT_EQ(one.state.run.retries, 0u);
  // What was to be waited for is over when it is heard of.
  EXPECT_EQ(called(one.at(60s).when(waiting_page(1, "job 7", at(60s)))).page, 2u);
  EXPECT_EQ(one.state.phase, wire::phase::running);
  one.when(page(1, 2, 10, "p"));
  EXPECT_EQ(one.state.waits_for, "");
}

TEST(sync, tells_the_source_when_what_it_waits_for_is_not_wanted_any_more) {
  const auto given_up = [](auto&& decision, std::size_t place = 0) {
    EXPECT_GT(decision.calls.size(), place);
    const auto t = *decode<wire::transfer>(decision.calls.at(place).request);
    EXPECT_TRUE(t.abandon);
    EXPECT_EQ(t.position, "job 7");
    EXPECT_EQ(t.run, 0u);
  };
  const auto waiting = [] {
    auto one = running();
    one.when(waiting_page(0, "job 7", at(30s)));
    return one;
  };
  auto cancelled = waiting();
  given_up(cancelled.when(subject::cancel{}));
  EXPECT_TRUE(cancelled.when(subject::rewind{}).calls.empty()) << "only once";

  auto failed = waiting();
  failed.when(trouble(1, false));
  EXPECT_EQ(failed.state.waits_for, "the job 7") << "the next run goes on with it";
  auto full = failed;
  given_up(full.when(subject::start{.full = true}), 1);
  auto rewound = failed;
  given_up(rewound.when(subject::rewind{}));
  auto removed = failed;
  given_up(removed.when(subject::remove{}));
  auto next = called(failed.when(subject::start{}));
  EXPECT_EQ(next.position, "job 7");
  EXPECT_FALSE(next.abandon);
}

TEST(sync, that_was_cancelled_gives_up_what_was_begun_meanwhile) {
  auto one = running();
  one.when(subject::cancel{});
  const auto late = called(one.when(waiting_page(0, "job 8", at(30s))));
  EXPECT_TRUE(late.abandon);
  EXPECT_EQ(late.position, "job 8");
  // What comes of that is of no run.
  EXPECT_TRUE(one.when(wire::transferred{.run = 0}).calls.empty());
}

TEST(sync, whose_run_ended_before_its_page_came_gives_up_what_that_had_begun) {
  auto begun_anew = running();
  begun_anew.when(subject::cancel{});
  begun_anew.when(subject::start{});
  EXPECT_TRUE(called(begun_anew.when(waiting_page(0, "job 8", at(30s)))).abandon);

  auto too_long = running();
  too_long.at(24h).when(subject::wake{});
  ASSERT_EQ(too_long.state.run.outcome, subject::outcome::failed);
  EXPECT_TRUE(called(too_long.when(waiting_page(0, "job 8", at(30s)))).abandon);

  auto goes_on = running();
  goes_on.when(waiting_page(0, "job 8", at(30s)));
  goes_on.when(trouble(1, false));
  EXPECT_TRUE(goes_on.when(waiting_page(0, "job 8", at(30s))).calls.empty())
      << "it is still wanted";
}

TEST(sync, begins_its_next_run_where_the_source_says_when_the_position_is_of_no_use) {
  auto one = running();
  one.when(waiting_page(0, "job 7", at(30s)));
  one.at(30s).when(subject::wake{});
  auto lost = trouble(1, false);
  lost.go_on_at = "another job";
  EXPECT_TRUE(one.when(lost).calls.empty());
  EXPECT_EQ(one.state.run.outcome, subject::outcome::failed);
  EXPECT_EQ(one.state.waits_for, "");
  EXPECT_EQ(called(one.when(subject::start{})).position, "another job");
}

TEST(sync, that_is_paused_takes_in_the_page_under_way_and_asks_for_no_other) {
  auto one = running();
  one.when(subject::pause{});
  const auto taken = one.when(page(1, 0, 200, "p1"));
  EXPECT_TRUE(taken.calls.empty());
  EXPECT_EQ(one.state.run.read, 200u);
  EXPECT_EQ(called(one.when(subject::resume{})).position, "p1");
}

TEST(sync, that_is_cancelled_ignores_the_page_that_comes_later) {
  auto one = running();
  one.when(subject::cancel{});
  EXPECT_EQ(one.state.run.outcome, subject::outcome::cancelled);
  EXPECT_TRUE(one.when(page(1, 0, 200, "p1")).events.empty());
}

TEST(sync, joins_the_run_that_is_under_way_instead_of_starting_another) {
  auto one = running();
  const auto joined = one.when(subject::start{});
  EXPECT_TRUE(joined.reply->joined);
  EXPECT_EQ(joined.reply->run, 1u);
  EXPECT_TRUE(joined.calls.empty());
}

TEST(sync, fails_at_its_time_limit) {
  auto one = running();
  EXPECT_EQ(subject::due(one.state).size(), 1u);
  one.at(1h).when(subject::wake{});
  EXPECT_EQ(one.state.run.outcome, subject::outcome::failed);
  EXPECT_EQ(one.state.run.place, "spec.limits.time");
}

TEST(sync, begins_the_next_run_at_the_cursor_it_is_rewound_to) {
  auto one = running();
  one.when(page(1, 0, 200, "", true));
  one.when(subject::rewind{.cursor = R"({"from":7})"});
  EXPECT_EQ(called(one.when(subject::start{})).cursor, R"({"from":7})");
}

TEST(sync, is_not_rewound_to_what_cannot_be_a_cursor) {
  auto one = running();
  one.when(page(1, 0, 200, "", true));
  for (const auto* wrong : {"xx", "7", R"("text")", R"({"from":)"}) {
    const auto refused = one.when(subject::rewind{.cursor = wrong}).refusal;
    ASSERT_TRUE(refused) << wrong;
    EXPECT_EQ(refused->where, "cursor") << wrong;
    EXPECT_NE(refused->remedy, "") << wrong;
  }
  EXPECT_EQ(one.state.cursor, "c0");
}

TEST(sync, is_told_which_end_is_missing_or_one_too_many) {
  const auto why = [](const std::string& ends) {
    const auto checked = subject::check_spec(*tenon::read_json("{\"from\":" + ends + '}'));
    return checked ? "" : checked.error().why;
  };
  EXPECT_EQ(why(R"({"jsonl":{}})"), "where the records go is missing");
  EXPECT_EQ(why(R"({"collection":{"name":"a"}},"into":"a","to":{"x":{}})"),
            "a sync feeds a collection or writes from one, and not both");
}

TEST(sync, takes_a_policy_of_drift_where_records_come_in_and_nowhere_else) {
  const auto wrong = [](const std::string& more) {
    const auto checked = subject::check_spec(*tenon::read_json("{\"from\":" + more + '}'));
    return checked ? "" : checked.error().where;
  };
  EXPECT_EQ(wrong(R"({"jsonl":{}},"into":"a","drift":"quarantine")"), "");
  EXPECT_EQ(wrong(R"({"jsonl":{}},"into":"a","drift":"narrow")"), "spec.drift");
  EXPECT_EQ(wrong(R"({"collection":{"name":"a"}},"to":{"x":{}},"drift":"fail")"), "spec.drift");
}

} // namespace
