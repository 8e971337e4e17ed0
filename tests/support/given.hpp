// given<Actor>(events...).at(t).when(command): the whole vocabulary of an actor's unit tests. A
// scene holds an actor's state; what is decided is applied at once, and the invariant is checked
// after every event, as the cell does it.
#pragma once

#include "runtime/actor.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <variant>

namespace tenon::tests {

/// A time counted from 2026-11-21T00:00:00Z, so that tests read as clocks do.
inline moment at(span since) {
  return moment{span{1'795'219'200'000}} + since;
}

/// A decision that was applied: looking at it is left to the test.
template <class Decision> struct told : Decision {
  explicit told(Decision d) : Decision{std::move(d)} {}
};

template <class Actor> struct scene {
  typename Actor::state state{};
  moment now = tests::at(span{});

  scene&& at(span since) && {
    now = tests::at(since);
    return std::move(*this);
  }
  scene& at(span since) & {
    now = tests::at(since);
    return *this;
  }

  template <class Event> void happened(const Event& e) {
    Actor::apply(state, e);
    EXPECT_TRUE(Actor::holds(state)) << "impossible after " << Event::type_name;
  }

  template <class Command> auto when(const Command& c) {
    auto d = Actor::on(std::as_const(state), c, now);
    for (const auto& e : d.events)
      std::visit([this](const auto& event) { happened(event); }, e);
    return told{std::move(d)};
  }
};

template <class Actor, class... Events> scene<Actor> given(const Events&... past) {
  scene<Actor> s;
  (s.happened(past), ...);
  return s;
}

/// The one command that a decision sends, decoded as the other actor will.
template <class Other, class Decision> typename Other::command sent(const Decision& d) {
  EXPECT_EQ(d.sends.size(), 1u);
  if (d.sends.size() != 1)
    return {};
  auto read = protocols::decode<typename Other::command>(d.sends.front().command);
  EXPECT_TRUE(read);
  return read ? *std::move(read) : typename Other::command{};
}

/// The one request to the outside that a decision makes.
template <class Request, class Decision> Request called(const Decision& d) {
  EXPECT_EQ(d.calls.size(), 1u);
  if (d.calls.size() != 1)
    return {};
  EXPECT_EQ(d.calls.front().effect, Request::name);
  auto read = protocols::decode<Request>(d.calls.front().request);
  EXPECT_TRUE(read);
  return read ? *std::move(read) : Request{};
}

} // namespace tenon::tests
