#include "runtime/tasks/task.hpp"

#include "runtime/tasks/timer.hpp"
#include "runtime/tasks/together.hpp"
#include "runtime/tasks/workers.hpp"

#include <gtest/gtest.h>

#include <future>
#include <stdexcept>
#include <thread>

namespace tenon::runtime {
namespace {

using namespace std::chrono_literals;

/// Starts it, waits for its end, gives what it ended with.
template <class T> result<T> run(executor& on, task<result<T>> work, std::stop_token stop = {}) {
  std::promise<result<T>> ended;
  auto started = start(
      on, std::move(work), [&](result<T> r) { ended.set_value(std::move(r)); }, std::move(stop));
  if (!started)
    return std::move(started).error();
  return ended.get_future().get();
}

task<int> number(int n) {
  co_return n;
}

task<result<int>> sum_of(int count) {
  int sum = 0;
  for (int i = 0; i < count; ++i)
    sum += co_await number(1);
  co_return sum;
}

TEST(task, awaits_a_million_children_that_end_at_once_without_growing_the_stack) {
  workers pool{{.threads = 1}};
  EXPECT_EQ(run(pool, sum_of(1'000'000)), result<int>{1'000'000});
}

task<int> throws() {
  throw std::runtime_error{"no such luck"};
  co_return 0;
}

task<result<int>> catches() {
  try {
    co_return co_await throws();
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(), "no such luck");
  }
  co_return -1;
}

TEST(task, hands_an_exception_to_whoever_awaits_it) {
  workers pool{{.threads = 1}};
  EXPECT_EQ(run(pool, catches()), result<int>{-1});
}

task<result<int>> passes_on() {
  co_return co_await throws();
}

TEST(task, contains_an_exception_that_nobody_caught_and_says_what_it_was) {
  std::string event;
  log::set_sink([&](log::level, std::string_view name, std::string_view) { event = name; });
  workers pool{{.threads = 1}};
  const auto ended = run(pool, passes_on());
  log::set_sink(nullptr);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, code::internal);
  EXPECT_EQ(ended.error().why, "a task ended by an exception: no such luck");
  EXPECT_EQ(event, "task.crashed");
}

task<result<int>> answered_elsewhere(std::thread::id& completed_on, std::thread::id& resumed_on) {
  std::jthread other;
  auto answer = co_await callback<int>([&](completion<int> done) {
    other = std::jthread{[&completed_on, done = std::move(done)] {
      completed_on = std::this_thread::get_id();
      done(7);
    }};
  });
  resumed_on = std::this_thread::get_id();
  co_return answer;
}

TEST(task, goes_on_on_its_executor_and_not_on_the_thread_that_completed_the_wait) {
  workers pool{{.threads = 1}};
  std::thread::id completed_on, resumed_on;
  // The task's own `std::jthread` is assigned while the other thread may already have answered;
  // with one worker the assignment is over before the task goes on.
  EXPECT_EQ(run(pool, answered_elsewhere(completed_on, resumed_on)), result<int>{7});
  EXPECT_NE(completed_on, resumed_on);
}

task<result<int>> never_answered() {
  co_return co_await callback<int>([](completion<int>) {});
}

TEST(task, hears_unavailable_when_the_completion_is_dropped_uncalled) {
  workers pool{{.threads = 1}};
  const auto ended = run(pool, never_answered());
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, code::unavailable);
}

task<result<int>> answered_twice() {
  co_return co_await callback<int>([](completion<int> done) {
    done(1);
    done(2);
  });
}

TEST(task, takes_the_first_answer_and_drops_the_second) {
  workers pool{{.threads = 2}};
  EXPECT_EQ(run(pool, answered_twice()), result<int>{1});
}

task<result<int>> asks_in_vain(bool answers_first) {
  try {
    co_return co_await callback<int>([=](completion<int> done) {
      if (answers_first)
        done(3);
      throw std::runtime_error{"broken while asking"};
    });
  } catch (const std::runtime_error&) {
    co_return -1;
  }
}

TEST(task, gets_the_exception_of_asking_unless_the_answer_was_there_first) {
  workers pool{{.threads = 2}};
  EXPECT_EQ(run(pool, asks_in_vain(false)), result<int>{-1});
  EXPECT_EQ(run(pool, asks_in_vain(true)), result<int>{3});
}

task<result<std::unique_ptr<int>>> moves_only() {
  co_return std::make_unique<int>(5);
}

TEST(task, carries_values_that_can_only_be_moved) {
  workers pool{{.threads = 1}};
  const auto ended = run(pool, moves_only());
  ASSERT_TRUE(ended);
  EXPECT_EQ(**ended, 5);
}

TEST(task, that_was_never_awaited_is_destroyed_unstarted) {
  bool ran = false;
  {
    auto unused = [](bool& r) -> task<int> {
      r = true;
      co_return 1;
    }(ran);
  }
  EXPECT_FALSE(ran);
}

struct contended {
  std::vector<completion<int>> held;
  std::mutex mutex;
};

task<result<int>> holds_a_place(contended& shared) {
  co_return co_await callback<int>([&](completion<int> done) {
    std::lock_guard lock{shared.mutex};
    shared.held.push_back(std::move(done));
  });
}

TEST(workers, refuse_a_task_beyond_their_places_and_take_one_again_when_one_has_ended) {
  contended shared;
  workers pool{{.threads = 1, .tasks = 1}};
  std::promise<void> first;
  ASSERT_TRUE(start(pool, holds_a_place(shared), [&](result<int>) { first.set_value(); }));
  const auto refused = start(pool, holds_a_place(shared), [](result<int>) {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, code::overloaded);
  EXPECT_TRUE(refused.error().retry_after);

  for (bool answered = false; !answered; std::this_thread::yield()) {
    std::lock_guard lock{shared.mutex};
    answered = !shared.held.empty();
    shared.held.clear(); // dropped uncalled: the task hears it and ends
  }
  first.get_future().wait();
  while (pool.tasks() != 0) // the place is left just after `done`
    std::this_thread::yield();
  EXPECT_EQ(run(pool, sum_of(1)), result<int>{1});
}

task<result<int>> ping_pong(int rounds) {
  int sum = 0;
  for (int i = 0; i < rounds; ++i)
    if (auto one = co_await callback<int>([](completion<int> done) { done(1); }))
      sum += *one;
  co_return sum;
}

TEST(workers, run_many_tasks_on_many_threads_to_their_end) {
  std::atomic<int> sum{0};
  {
    workers pool{{.threads = 4}};
    for (int i = 0; i < 100; ++i)
      ASSERT_TRUE(start(pool, ping_pong(100), [&](result<int> r) { sum += *r; }));
  }
  EXPECT_EQ(sum, 10'000);
}

task<result<bool>> waits(timer& clock, span length) {
  co_return co_await clock.wait(length);
}

TEST(timer, ends_a_wait_early_when_its_task_is_asked_to_stop) {
  timer clock;
  workers pool{{.threads = 1}};
  std::stop_source stop;
  std::promise<result<bool>> ended;
  ASSERT_TRUE(start(
      pool, waits(clock, 10h), [&](result<bool> r) { ended.set_value(r); }, stop.get_token()));
  stop.request_stop();
  EXPECT_EQ(ended.get_future().get(), result<bool>{false});
}

TEST(timer, ends_every_wait_as_stopped_when_it_closes) {
  timer clock;
  workers pool{{.threads = 1}};
  std::promise<result<bool>> ended;
  ASSERT_TRUE(start(pool, waits(clock, span::max()), [&](result<bool> r) { ended.set_value(r); }));
  clock.close();
  EXPECT_EQ(ended.get_future().get(), result<bool>{false});
  EXPECT_EQ(run(pool, waits(clock, 10h)), result<bool>{false});
}

task<result<int>> meets(std::atomic<int>& there, int all, int n) {
  ++there;
  while (there < all) { // each waits for all the others
    co_await callback<bool>([](completion<bool> done) { done(true); });
    std::this_thread::yield();
  }
  if (n == 3)
    throw std::runtime_error{"the third"};
  if (n == 4)
    co_return failure{code::conflict, "the fourth"};
  co_return n;
}

task<result<std::vector<result<int>>>> all_meet(std::atomic<int>& there, int all) {
  std::vector<task<result<int>>> some;
  for (int i = 0; i < all; ++i)
    some.push_back(meets(there, all, i));
  auto ended = co_await together(std::move(some));
  co_return ended;
}

TEST(together, runs_all_at_once_and_gives_what_each_ended_with_in_its_place) {
  workers pool{{.threads = 2}};
  std::atomic<int> there = 0;
  const auto ended = run(pool, all_meet(there, 6));
  ASSERT_TRUE(ended);
  ASSERT_EQ(ended->size(), 6u);
  for (int i : {0, 1, 2, 5})
    EXPECT_EQ((*ended)[static_cast<std::size_t>(i)], result<int>{i});
  EXPECT_EQ((*ended)[3].error().code, code::internal);
  EXPECT_EQ((*ended)[4].error().code, code::conflict);
  while (pool.tasks() > 0) // every place is left, soon
    std::this_thread::yield();
  std::atomic<int> nobody = 0;
  EXPECT_TRUE(run(pool, all_meet(nobody, 0))->empty());
}

task<result<std::vector<result<int>>>> counts_alone(int all) {
  std::vector<task<result<int>>> some;
  for (int i = 0; i < all; ++i)
    some.push_back(sum_of(i));
  auto ended = co_await together(std::move(some));
  co_return ended;
}

TEST(together, runs_those_for_whom_there_is_no_place_after_the_others) {
  workers pool{{.threads = 2, .tasks = 3}};
  const auto ended = run(pool, counts_alone(20));
  ASSERT_TRUE(ended);
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ((*ended)[static_cast<std::size_t>(i)], result<int>{i});
}

} // namespace
} // namespace tenon::runtime
