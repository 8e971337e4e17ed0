// Several tasks at once, for one that goes on when all of them have ended.
//
//   std::vector<task<result<blob>>> all; …
//   auto answers = co_await together(std::move(all));
//
// They run on the awaiter's executor and share its stop token and trace; each takes a place there,
// and one that finds none runs after the others, in the awaiter's. An exception is an `internal`
// failure of the task it left.
#pragma once

#include "runtime/tasks/task.hpp"

#include <vector>

namespace tenon::runtime {

namespace task_parts {

/// `co_await executor_of_task{}`.
struct executor_of_task {
  executor* on = nullptr;
  bool await_ready() const noexcept { return false; }
  template <class Promise> bool await_suspend(std::coroutine_handle<Promise> task) noexcept {
    on = task.promise().on;
    return false;
  }
  executor* await_resume() const noexcept { return on; }
};

/// Each by itself, until the last has ended.
template <class T> struct meeting {
  explicit meeting(std::size_t count, completion<bool> d)
      : ended(count), left{count + 1}, done{std::move(d)} {}

  void leave() {
    if (left.fetch_sub(1, std::memory_order_acq_rel) == 1)
      done(true);
  }

  std::vector<std::optional<result<T>>> ended;
  std::atomic<std::size_t> left; // and whoever starts them
  completion<bool> done;
};

} // namespace task_parts

template <class T> task<std::vector<result<T>>> together(std::vector<task<result<T>>> all) {
  auto* const on = co_await task_parts::executor_of_task{};
  const auto stop = co_await stop_token_of_task{};
  const auto trace = co_await trace_of_task{};
  using meeting = task_parts::meeting<T>;
  std::shared_ptr<meeting> met;
  static_cast<void>(co_await callback<bool>([&](completion<bool> done) {
    const auto here = std::make_shared<meeting>(all.size(), std::move(done));
    met = here;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!on->enter()) {
        here->leave();
        continue;
      }
      auto root = task_parts::hold(*on, std::move(all[i]), [here, i](result<result<T>> r) {
        here->ended[i] = task_parts::flat(std::move(r));
        here->leave();
      });
      auto& promise = root.frame.promise();
      promise.on = on;
      promise.stop = stop;
      promise.trace = trace;
      on->resume(root.frame);
    }
    here->leave(); // nothing of this task's is touched after it
  }));
  std::vector<result<T>> outcomes;
  outcomes.reserve(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (met->ended[i]) {
      outcomes.push_back(*std::move(met->ended[i]));
      continue;
    }
    auto alone = co_await std::move(all[i]);
    outcomes.push_back(std::move(alone));
  }
  co_return outcomes;
}

} // namespace tenon::runtime
