// One actor without its type: what a cell holds. Commands, events and state go in and out as bytes;
// the actor's own functions see its own types. Nothing here knows threads, journals or mailboxes.
#pragma once

#include "protocols/binding.hpp"
#include "protocols/ensure.hpp"
#include "runtime/actor.hpp"
#include "runtime/table.hpp"

#include <memory>

namespace tenon::runtime {

/// A decision with everything encoded. Already applied to the body's state.
struct decided {
  std::vector<blob> events;
  std::vector<outgoing> sends;
  std::vector<outgoing_call> calls;
  result<blob> reply = blob{}; // empty for a command that is not answered
};

class body {
public:
  virtual ~body() = default;

  /// Decides, applies, checks the invariant. Throws what the actor throws; then the body is spoilt
  /// and must be loaded again. An unreadable command is a `malformed` reply.
  virtual decided decide(const blob& command, moment now) = 0;

  virtual result<void> load(const blob& state) = 0;
  virtual result<void> replay(const blob& event) = 0;
  virtual blob save() const = 0;

  virtual deadlines due() const = 0;
  virtual bool gone() const = 0;
  virtual table* rows() = 0;         // null for an actor without
  virtual value inspect() const = 0; // the state, secrets covered
  virtual std::string_view name_of_command(const blob& command) const = 0;
};

template <class Actor> class body_of final : public body {
  using protocol_state = typename Actor::protocol_state;
  using state = typename Actor::state;
  using command = typename Actor::command;
  using event = typename Actor::event;

public:
  explicit body_of(void* metrics) : metrics_{metrics} {}

  decided decide(const blob& bytes, moment now) override {
    auto decoded = protocols::decode<command>(bytes);
    if (!decoded)
      return {.reply = std::move(decoded).error()};
    return std::visit([&](const auto& c) { return decide_one(c, now); }, *decoded);
  }

  result<void> load(const blob& bytes) override {
    auto decoded = protocols::decode<protocol_state>(bytes);
    if (!decoded)
      return std::move(decoded).error();
    static_cast<protocol_state&>(state_) = *std::move(decoded);
    return {};
  }

  result<void> replay(const blob& bytes) override {
    auto decoded = protocols::decode<event>(bytes);
    if (!decoded)
      return std::move(decoded).error();
    apply(*decoded);
    return {};
  }

  blob save() const override {
    return protocols::encode(static_cast<const protocol_state&>(state_));
  }

  deadlines due() const override {
    if constexpr (requires { Actor::due(state_); })
      return Actor::due(state_);
    else
      return {};
  }

  bool gone() const override {
    if constexpr (requires { Actor::gone(state_); })
      return Actor::gone(state_);
    else
      return false;
  }

  table* rows() override {
    if constexpr (has_rows<state>)
      return &state_.rows;
    else
      return nullptr;
  }

  value inspect() const override {
    return protocols::to_value(static_cast<const protocol_state&>(state_));
  }

  std::string_view name_of_command(const blob& bytes) const override {
    const auto decoded = protocols::decode<command>(bytes);
    if (!decoded)
      return "unreadable";
    return std::visit([](const auto& c) { return std::decay_t<decltype(c)>::type_name; }, *decoded);
  }

private:
  template <class Command> decided decide_one(const Command& c, moment now) {
    auto d = Actor::on(std::as_const(state_), c, now);
    if (d.refusal) {
      ensure(d.events.empty() && d.sends.empty() && d.calls.empty(), "a refusal has consequences");
      return {.reply = *std::move(d.refusal)};
    }
    decided out{.sends = std::move(d.sends), .calls = std::move(d.calls)};
    out.events.reserve(d.events.size());
    for (const auto& e : d.events) {
      out.events.push_back(protocols::encode(e));
      apply(e);
      observe(e);
    }
    if constexpr (!std::is_void_v<typename Command::reply>)
      out.reply = protocols::encode(*d.reply);
    return out;
  }

  void apply(const event& e) {
    std::visit([this](const auto& one) { Actor::apply(state_, one); }, e);
    ensure(Actor::holds(state_), "the state is impossible after an event");
  }

  void observe(const event& e) {
    if constexpr (requires { typename Actor::metrics; })
      std::visit(
          [this](const auto& one) {
            auto& m = *static_cast<typename Actor::metrics*>(metrics_);
            if constexpr (requires { Actor::observe(m, one); })
              Actor::observe(m, one);
          },
          e);
  }

  state state_{};
  void* metrics_;
};

} // namespace tenon::runtime
