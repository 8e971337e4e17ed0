// A conversation with the outside world, written from top to bottom: a lazy coroutine that runs on
// an executor, waits without a thread, and hands its answer or its exception to whoever awaits it.
//
//   task<result<blob>> download(client& web, std::string url) {
//     auto answer = co_await web.send({"GET", url}, {});
//     if (!answer) co_return std::move(answer).error();
//     co_return answer->body;
//   }
//
// Awaiting: GCC 12 destroys a braced aggregate wrongly when it is a temporary of the statement that
// awaits: `co_await ask({.name = n})` frees what it never allocated. Name the aggregate first, or
// give the type a constructor, as types made for being passed to tasks should have.
//
// A task tree shares one executor, one stop token and one trace. Whatever completes a wait, and on
// whatever thread, the task goes on where its executor puts it. Actors are not tasks: what must
// survive a crash is a command and its events, not a coroutine's frame.
#pragma once

#include "protocols/failure.hpp"
#include "runtime/telemetry/log.hpp"
#include "runtime/telemetry/trace.hpp"

#include <atomic>
#include <coroutine>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <variant>

namespace tenon::runtime {

/// Where tasks run, as a port. A task holds a place from start to end and has at most one
/// resumption waiting for each of its frames, so bounding the places bounds the queue, and a
/// resumption never has to be refused.
class executor {
public:
  virtual ~executor() = default;
  /// Takes a place, or says `overloaded`.
  virtual result<void> enter() = 0;
  virtual void leave() noexcept = 0;
  /// Soon, on a thread of this executor; callable from any thread.
  virtual void resume(std::coroutine_handle<>) = 0;
};

template <class T> class [[nodiscard]] task;

namespace task_parts {

struct promise_base {
  executor* on = nullptr;
  std::stop_token stop;
  trace_context trace;
  std::coroutine_handle<> awaiter;
  // Whoever comes second of "the child has ended" and "the awaiter has suspended" resumes the
  // awaiter. A child that ends at once thus costs no stack, even where the compiler makes no tail
  // calls (GCC under sanitizers and without optimization), so loops of awaits are safe there too.
  std::atomic<bool> met{false};

  std::suspend_always initial_suspend() noexcept { return {}; }

  struct last {
    bool await_ready() noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) noexcept {
      auto& promise = ended.promise();
      const auto awaiter = promise.awaiter; // the frame may be gone after the exchange
      const bool suspended = promise.met.exchange(true, std::memory_order_acq_rel);
      return suspended ? awaiter : std::coroutine_handle<>{std::noop_coroutine()};
    }
    void await_resume() noexcept {}
  };
  last final_suspend() noexcept { return {}; }
};

template <class T> struct promise : promise_base {
  std::variant<std::monostate, T, std::exception_ptr> outcome;

  task<T> get_return_object() noexcept;
  template <class From> void return_value(From&& from) {
    outcome.template emplace<1>(std::forward<From>(from));
  }
  void unhandled_exception() noexcept { outcome.template emplace<2>(std::current_exception()); }
  T take() {
    if (outcome.index() == 2)
      std::rethrow_exception(std::get<2>(std::move(outcome)));
    return std::get<1>(std::move(outcome));
  }
};

template <> struct promise<void> : promise_base {
  std::exception_ptr thrown;

  task<void> get_return_object() noexcept;
  void return_void() noexcept {}
  void unhandled_exception() noexcept { thrown = std::current_exception(); }
  void take() {
    if (thrown)
      std::rethrow_exception(std::move(thrown));
  }
};

/// The wait for a child, from its start to its end.
template <class T> struct child {
  std::coroutine_handle<promise<T>> frame;

  bool await_ready() noexcept { return false; }
  template <class Promise> bool await_suspend(std::coroutine_handle<Promise> awaiter) {
    auto& promise = frame.promise();
    promise.on = awaiter.promise().on;
    promise.stop = awaiter.promise().stop;
    promise.trace = awaiter.promise().trace;
    promise.awaiter = awaiter;
    // After `resume` the awaiter is untouched until both have met, and so are the frames.
    auto& met = promise.met;
    frame.resume();
    return !met.exchange(true, std::memory_order_acq_rel);
  }
  T await_resume() { return frame.promise().take(); }
};

/// The frame that holds a started task: it takes a place before and leaves it after.
struct root {
  struct promise_type : promise_base {
    root get_return_object() noexcept {
      return {std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_never final_suspend() noexcept { return {}; } // frees itself
    void return_void() noexcept {}
    // Reached only when `ended` throws, which it must not.
    void unhandled_exception() noexcept { std::terminate(); }
  };
  std::coroutine_handle<promise_type> frame;
};

} // namespace task_parts

template <class T> class [[nodiscard]] task {
public:
  using promise_type = task_parts::promise<T>;

  task(task&& other) noexcept : frame_{std::exchange(other.frame_, nullptr)} {}
  task& operator=(task&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~task() {
    if (frame_)
      frame_.destroy();
  }

  /// Runs it on the awaiter's executor, starting on the awaiter's thread.
  auto operator co_await() && noexcept { return task_parts::child<T>{frame_}; }

private:
  friend promise_type;
  explicit task(std::coroutine_handle<promise_type> frame) noexcept : frame_{frame} {}

  std::coroutine_handle<promise_type> frame_;
};

template <class T> task<T> task_parts::promise<T>::get_return_object() noexcept {
  return task<T>{std::coroutine_handle<promise<T>>::from_promise(*this)};
}
inline task<void> task_parts::promise<void>::get_return_object() noexcept {
  return task<void>{std::coroutine_handle<promise<void>>::from_promise(*this)};
}

namespace task_parts {

inline failure contained(const std::exception_ptr& thrown) {
  std::string what = "not a std::exception";
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& e) {
    what = e.what();
  } catch (...) { // what it was is all that is lost
  }
  log::error("task.crashed", {{"why", what}});
  return {.code = code::internal, .why = "a task ended by an exception: " + what};
}

template <class T, class Ended> root hold(executor& on, task<T> work, Ended ended) {
  std::optional<result<T>> outcome;
  std::exception_ptr thrown;
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(work);
      outcome.emplace();
    } else {
      outcome.emplace(co_await std::move(work));
    }
  } catch (...) {
    thrown = std::current_exception();
  }
  if (thrown)
    outcome.emplace(contained(thrown));
  ended(*std::move(outcome));
  on.leave();
}

/// Flattens result<result<T>>.
template <class T> result<T> flat(result<result<T>> nested) {
  return nested ? *std::move(nested) : result<T>{std::move(nested).error()};
}

} // namespace task_parts

/// Runs the task on its own. `overloaded` when the executor has no place; the task is then
/// destroyed unstarted. An exception that leaves it is a bug: an error event, and nothing else
/// ends.
inline result<void> start(executor& on, task<void> work, std::stop_token stop = {}) {
  if (auto entered = on.enter(); !entered)
    return entered;
  auto root = task_parts::hold(on, std::move(work), [](result<void>) {});
  root.frame.promise().on = &on;
  root.frame.promise().stop = std::move(stop);
  root.frame.promise().trace = current_trace();
  on.resume(root.frame);
  return {};
}

/// The same, and `done` hears how it ended, on a thread of the executor, before the place is left;
/// an exception is heard as `internal`. `done` must not throw.
template <class T> result<void> start(executor& on, task<result<T>> work,
                                      std::type_identity_t<std::function<void(result<T>)>> done,
                                      std::stop_token stop = {}) {
  if (auto entered = on.enter(); !entered)
    return entered;
  auto root =
      task_parts::hold(on, std::move(work), [done = std::move(done)](result<result<T>> outcome) {
        done(task_parts::flat(std::move(outcome)));
      });
  root.frame.promise().on = &on;
  root.frame.promise().stop = std::move(stop);
  root.frame.promise().trace = current_trace();
  on.resume(root.frame);
  return {};
}

/// `co_await stop_token_of_task{}`: the stop token that the whole tree shares.
struct stop_token_of_task {
  std::stop_token stop;
  bool await_ready() const noexcept { return false; }
  template <class Promise> bool await_suspend(std::coroutine_handle<Promise> task) noexcept {
    stop = task.promise().stop;
    return false;
  }
  std::stop_token await_resume() noexcept { return std::move(stop); }
};

/// `co_await trace_of_task{}`: what whoever started the tree was working on.
struct trace_of_task {
  trace_context trace{};
  bool await_ready() const noexcept { return false; }
  template <class Promise> bool await_suspend(std::coroutine_handle<Promise> task) noexcept {
    trace = task.promise().trace;
    return false;
  }
  trace_context await_resume() const noexcept { return trace; }
};

namespace task_parts {

/// One wait: filled in once, by whoever comes first.
template <class T> class wait {
public:
  wait(executor& on, std::coroutine_handle<> task) : on_{on}, task_{task} {}
  ~wait() {
    complete(failure{.code = code::unavailable,
                     .why = "nobody is left who could answer",
                     .remedy = "repeat it once the part that was asked runs again"});
  }
  wait(const wait&) = delete;
  wait& operator=(const wait&) = delete;

  void complete(result<T> outcome) {
    if (taken_.exchange(true, std::memory_order_acq_rel))
      return;
    *slot = std::move(outcome);
    on_.resume(task_);
  }
  /// Whether the task goes on by itself, because nobody has answered and now nobody can.
  bool withdraw() { return !taken_.exchange(true, std::memory_order_acq_rel); }

  std::shared_ptr<std::optional<result<T>>> slot = std::make_shared<std::optional<result<T>>>();

private:
  executor& on_;
  std::coroutine_handle<> task_;
  std::atomic<bool> taken_{false};
};

} // namespace task_parts

/// What a callback API is given: call it once, from any thread. Copies are the same completion; the
/// first call counts. When the last copy goes uncalled, the task hears `unavailable`.
template <class T> class completion {
public:
  explicit completion(std::shared_ptr<task_parts::wait<T>> wait) : wait_{std::move(wait)} {}
  void operator()(result<T> outcome) const { wait_->complete(std::move(outcome)); }

private:
  std::shared_ptr<task_parts::wait<T>> wait_;
};

namespace task_parts {

template <class T, class Begin> struct asking {
  Begin begin;
  std::shared_ptr<std::optional<result<T>>> slot{};

  bool await_ready() const noexcept { return false; }
  template <class Promise> void await_suspend(std::coroutine_handle<Promise> task) {
    auto asked = std::make_shared<wait<T>>(*task.promise().on, task);
    slot = asked->slot;
    // From here on the task may be running elsewhere and this object may be gone.
    auto begins = std::move(begin);
    std::exception_ptr thrown;
    try {
      begins(completion<T>{asked});
    } catch (...) {
      thrown = std::current_exception();
    }
    if (thrown && asked->withdraw())
      std::rethrow_exception(thrown);
  }
  result<T> await_resume() { return **std::move(slot); }
};

} // namespace task_parts

/// `result<T> answer = co_await callback<T>([&](completion<T> done) { api.ask(…, done); });`
/// The task goes on on its executor, never on the thread that called `done`, and possibly before
/// the lambda has returned: after handing `done` on, the lambda touches nothing of the task's.
template <class T, class Begin> task_parts::asking<T, Begin> callback(Begin begin) {
  return {std::move(begin)};
}

} // namespace tenon::runtime
