#include "nodes/edge/reply.hpp"

#include <exception>

namespace tenon::nodes::edge {
namespace {

// Which mailbox the running thread empties: its own answers need not cross.
thread_local const mailbox* own = nullptr;

} // namespace

void mailbox::belong_to_this_thread() {
  own = this;
}

void mailbox::put(answer a) {
  if (own == this && at_once_(a))
    return;
  const std::lock_guard lock{guard_};
  if (closed_)
    return;
  waiting_.push_back(std::move(a));
  // Under the lock, so that nobody is woken after `close` returned.
  if (waiting_.size() == 1)
    wake_();
}

void mailbox::take(std::vector<answer>& onto) {
  onto.clear();
  const std::lock_guard lock{guard_};
  onto.swap(waiting_);
}

void mailbox::close() {
  std::vector<answer> dropped; // destroyed outside the lock: streams may answer while they die
  const std::lock_guard lock{guard_};
  closed_ = true;
  dropped.swap(waiting_);
}

reply& reply::operator=(reply&& other) noexcept {
  if (this != &other) {
    reply old{std::move(*this)};
    home_ = std::move(other.home_);
    to_ = other.to_;
    kept_ = std::move(other.kept_);
  }
  return *this;
}

reply::~reply() {
  if (!home_)
    return;
  if (std::uncaught_exceptions() > 0)
    say(failure{code::internal, "a bug ended the request"});
  else
    say(failure{code::unavailable,
                "the request was given up before it was answered",
                {},
                "Repeat it; what it asked for may or may not have begun.",
                span{1000}});
}

void reply::operator()(response r) && {
  say(std::move(r));
}

void reply::operator()(failure f) && {
  say(std::move(f));
}

void reply::say(std::variant<response, failure, piece> said) {
  const auto home = std::exchange(home_, nullptr);
  kept_.reset();
  if (home)
    home->put({to_, std::move(said)});
}

piece_reply& piece_reply::operator=(piece_reply&& other) noexcept {
  if (this != &other) {
    piece_reply old{std::move(*this)};
    home_ = std::move(other.home_);
    to_ = other.to_;
  }
  return *this;
}

piece_reply::~piece_reply() {
  if (home_)
    say(failure{code::unavailable, "the source of the body was given up"});
}

void piece_reply::give(blob bytes) && {
  say(piece{std::move(bytes), false});
}

void piece_reply::end(blob bytes) && {
  say(piece{std::move(bytes), true});
}

void piece_reply::fail(failure f) && {
  say(std::move(f));
}

void piece_reply::say(std::variant<response, failure, piece> said) {
  if (const auto home = std::exchange(home_, nullptr))
    home->put({to_, std::move(said), true});
}

} // namespace tenon::nodes::edge
