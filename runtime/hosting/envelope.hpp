// One message on its way to a cell, and the promise that whoever asked is answered.
#pragma once

#include "protocols/blob.hpp"
#include "protocols/failure.hpp"
#include "runtime/telemetry/trace.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace tenon::runtime {

/// The one-shot way back to whoever asked. Destroyed unused, it answers `unavailable`: a killed
/// actor, a dropped message or a stopped node can delay an asker but never leave it waiting. The
/// function may run on any thread and must return at once.
class answer_once {
public:
  answer_once() = default; // nobody asked
  template <class F>
  requires(!std::is_same_v<std::decay_t<F>, answer_once>) explicit answer_once(F f)
      : way_{std::make_unique<way_of<F>>(std::move(f))} {}
  answer_once(answer_once&&) noexcept = default;
  answer_once& operator=(answer_once&& other) noexcept {
    drop();
    way_ = std::move(other.way_);
    return *this;
  }
  ~answer_once() { drop(); }

  explicit operator bool() const noexcept { return way_ != nullptr; }

  void operator()(result<blob> r) {
    if (const auto way = std::exchange(way_, nullptr))
      way->answer(std::move(r));
  }

private:
  struct way {
    virtual ~way() = default;
    virtual void answer(result<blob>) = 0;
  };
  template <class F> struct way_of final : way {
    F f;
    explicit way_of(F g) : f{std::move(g)} {}
    void answer(result<blob> r) override { f(std::move(r)); }
  };

  void drop() {
    if (way_)
      (*this)(failure{
          code::unavailable, "the actor stopped before it answered", {}, "Ask again.", span{100}});
  }

  std::unique_ptr<way> way_;
};

using steady_point = std::chrono::steady_clock::time_point;

struct envelope {
  /// Where a durable message comes from: its sender's identity and number.
  struct origin {
    std::string sender;
    std::uint64_t number;
  };

  blob command;
  answer_once answer;
  steady_point expires = steady_point::max(); // later, the asker has stopped waiting
  steady_point put_at;                        // when it was put into the mailbox
  trace_context trace;
  std::unique_ptr<origin> from;
  std::uint64_t settles = 0; // the number of the call whose outcome this is; 0 for none
  std::uint8_t crashes = 0;  // how often it killed its actor

  std::unique_ptr<envelope> next; // the mailbox's
};

} // namespace tenon::runtime
