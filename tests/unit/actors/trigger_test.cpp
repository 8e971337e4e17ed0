// Given events, when a command, then events: what a trigger promises, and when it keeps it.
#include "actors/trigger.hpp"
#include "protocols/codec.hpp"
#include "protocols/json.hpp"

#include <gtest/gtest.h>

#include <random>

namespace tenon::actors {
namespace {

using namespace std::chrono_literals;
using wire = protocols::trigger;

constexpr moment noon = std::chrono::sys_days{std::chrono::year{2026} / 3 / 1} + 12h;

/// A trigger that is driven by hand: what it asks for is answered as the test says.
struct driven {
  trigger::state s;
  moment now = noon;
  std::vector<wire::start> asked{};

  explicit driven(std::string_view spec = R"({"syncs":["a"],"apart":"10s"})") { configure(spec); }

  void configure(std::string_view spec) {
    take(trigger::on(s, protocols::resource::configure{.spec = std::string{spec}}, now));
  }
  std::uint32_t hear() { return take(trigger::on(s, wire::hear{}, now))->syncs; }
  void pass(span time) {
    now += time;
    for (const auto& d : trigger::due(s))
      if (d.at <= now) {
        take(trigger::on(s, wire::due_now{}, now));
        return;
      }
  }
  void answer(bool joined, std::string why = {}) {
    ASSERT_FALSE(asked.empty());
    const auto number = asked.front().number;
    asked.erase(asked.begin());
    take(trigger::on(s, wire::begun{number, joined, std::move(why)}, now));
  }

private:
  template <class Decision> std::optional<typename Decision::reply_type> take(Decision d) {
    EXPECT_FALSE(d.refusal) << d.refusal->why;
    for (const auto& event : d.events)
      std::visit([&](const auto& e) { trigger::apply(s, e); }, event);
    for (const auto& call : d.calls)
      asked.push_back(*protocols::decode<wire::start>(call.request));
    EXPECT_TRUE(trigger::holds(s));
    return d.reply;
  }
};

TEST(trigger, starts_its_syncs_at_once_when_it_hears) {
  driven t{R"({"syncs":["a","b"],"apart":"10s"})"};
  EXPECT_TRUE(trigger::due(t.s).empty());
  EXPECT_EQ(t.hear(), 2u);
  t.pass(0s);
  ASSERT_EQ(t.asked.size(), 2u);
  EXPECT_EQ(t.asked[0].sync, "a");
  EXPECT_EQ(t.asked[1].sync, "b");
  t.answer(false);
  t.answer(false);
  EXPECT_TRUE(trigger::due(t.s).empty()) << "it has kept its promise";
}

TEST(trigger, makes_one_of_what_it_hears_while_it_waits_and_keeps_its_distance) {
  driven t;
  t.hear();
  t.pass(0s);
  t.answer(false);
  t.pass(1s);
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(t.hear(), 1u);
  t.pass(8s);
  EXPECT_TRUE(t.asked.empty()) << "ten seconds have not passed";
  t.pass(1s);
  EXPECT_EQ(t.asked.size(), 1u);
  t.answer(false);
  t.pass(1h);
  EXPECT_TRUE(t.asked.empty());
}

TEST(trigger, starts_once_more_after_a_run_that_was_under_way_already) {
  driven t;
  t.hear();
  t.pass(0s);
  t.answer(true);
  t.pass(9s);
  EXPECT_TRUE(t.asked.empty());
  t.pass(1s);
  ASSERT_EQ(t.asked.size(), 1u);
  t.answer(true);
  t.pass(10s);
  ASSERT_EQ(t.asked.size(), 1u);
  t.answer(false);
  EXPECT_TRUE(trigger::due(t.s).empty());
}

TEST(trigger, does_not_forget_what_it_hears_while_a_start_is_under_way) {
  driven t;
  t.hear();
  t.pass(0s);
  t.hear();
  t.answer(false);
  t.pass(10s);
  ASSERT_EQ(t.asked.size(), 1u) << "the run may have begun before it";
  t.answer(false);
  EXPECT_TRUE(trigger::due(t.s).empty());
}

TEST(trigger, tries_again_later_and_later_and_says_why) {
  driven t;
  t.hear();
  t.pass(0s);
  span waited{0};
  for (int i = 0; i < 12; ++i) {
    t.answer(false, "it is not there");
    const auto due = trigger::due(t.s);
    ASSERT_EQ(due.size(), 1u);
    EXPECT_GE(due.front().at - t.now, waited);
    EXPECT_LE(due.front().at - t.now, span{5min});
    waited = due.front().at - t.now;
    t.pass(waited);
  }
  EXPECT_NE(write_json(trigger::status(t.s)).find("it is not there"), std::string::npos);
  t.answer(false);
  EXPECT_EQ(write_json(trigger::status(t.s)).find("it is not there"), std::string::npos);
}

TEST(trigger, hears_nothing_while_it_is_paused_or_absent) {
  driven t{R"({"syncs":["a"],"paused":true})"};
  EXPECT_EQ(t.hear(), 0u);
  EXPECT_TRUE(trigger::due(t.s).empty());
  trigger::state none;
  EXPECT_EQ(trigger::on(none, wire::hear{}, noon).reply->syncs, 0u);
}

TEST(trigger, of_other_syncs_keeps_what_the_same_ones_wait_for) {
  driven t{R"({"syncs":["a","b"],"apart":"10s"})"};
  t.hear();
  t.configure(R"({"syncs":["b","c"],"apart":"1s"})");
  t.pass(0s);
  ASSERT_EQ(t.asked.size(), 1u);
  EXPECT_EQ(t.asked[0].sync, "b");
  t.configure(R"({"syncs":["c"]})");
  t.answer(false);
  EXPECT_TRUE(trigger::due(t.s).empty()) << "nobody waits for what was left out";
}

TEST(trigger, is_refused_with_what_is_wrong) {
  const auto wrong = [](std::string_view spec) {
    const auto checked = trigger::check_spec(*read_json(spec));
    return checked ? std::string{} : checked.error().where;
  };
  EXPECT_EQ(wrong(R"({"syncs":["a"]})"), "");
  EXPECT_EQ(wrong(R"({"syncs":[]})"), "spec.syncs");
  EXPECT_EQ(wrong(R"({"syncs":["a","a"]})"), "spec.syncs");
  EXPECT_EQ(wrong(R"({"syncs":["a b"]})"), "spec.syncs");
  EXPECT_EQ(wrong(R"({"syncs":["a"],"apart":"1ms"})"), "spec.apart");
  for (const char* name : {"drive:changes", "a:b"})
    EXPECT_TRUE(trigger::check_name(name)) << name;
  for (const char* name : {"drive", ":changes", "drive:", "a:b:c", ""})
    EXPECT_FALSE(trigger::check_name(name)) << name;
}

/// However it goes, what was heard is followed by a run that began after it, and starts of a sync
/// are never closer than they may be.
TEST(trigger, keeps_its_promise_whatever_happens) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  for (int round = 0; round < 200; ++round) {
    driven t;
    moment last_heard{}, last_started{};
    for (int step = 0; step < 100; ++step) {
      const auto what = random() % 4;
      if (what == 0) {
        t.hear();
        last_heard = t.now;
      } else if (what == 1 && !t.asked.empty()) {
        const auto how = random() % 3;
        if (how == 0) {
          EXPECT_TRUE(last_started == moment{} || t.now >= last_started + 10s);
          last_started = t.now;
        }
        t.answer(how == 1, how == 2 ? "busy" : "");
      } else {
        t.pass(std::chrono::milliseconds{random() % 15'000});
      }
    }
    for (int i = 0; i < 100 && (!t.asked.empty() || !trigger::due(t.s).empty()); ++i) {
      if (!t.asked.empty()) {
        last_started = t.now;
        t.answer(false);
      } else {
        t.pass(5min);
      }
    }
    EXPECT_TRUE(t.asked.empty() && trigger::due(t.s).empty());
    EXPECT_TRUE(last_heard == moment{} || last_started >= last_heard);
  }
}

} // namespace
} // namespace tenon::actors
