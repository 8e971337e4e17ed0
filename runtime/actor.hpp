// The contract of an actor. An actor is a set of pure functions over its conversation's types:
//
//     static decision<Command> on(const state&, const Command&, moment now)   decides
//     static void apply(state&, const Event&)                                 changes
//     static bool holds(const state&)                                         what is always true
//     static deadlines due(const state&)                                      when to be woken
//
// and, where they are wanted,
//
//     static bool gone(const state&)                                          nothing left to keep
//     static void observe(metrics&, const Event&)                             counts
//     static constexpr keeps keeps                                            latest, or history
//
// `on` sees the state as a constant and returns what happened (events), what to answer and what to
// ask for. The cell that hosts the actor journals the events, applies them, and releases the rest
// when the journal has confirmed. An actor never sends, waits, reads a clock or touches a disk.
#pragma once

#include "protocols/codec.hpp"
#include "protocols/identity.hpp"
#include "runtime/telemetry/metrics.hpp"

#include <concepts>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace tenon::runtime {

enum class keeps : std::uint8_t {
  latest,  // the state alone: nobody reads the past
  history, // every event as well, in order, for ever
};

/// A message to another actor, encoded.
struct outgoing {
  identity to; // a part left empty is the sender's own: an actor need not know its name
  blob command;
  bool durable; // journaled with the events and repeated until received; otherwise sent once
};

/// A request to the outside, encoded. `effect` names who performs it.
struct outgoing_call {
  std::string_view effect;
  blob request;
};

/// When an actor wants to be told `command` (encoded) of its own.
struct deadline {
  moment at;
  blob command;
};
using deadlines = std::vector<deadline>;

struct nothing {
  bool operator==(const nothing&) const = default;
};

template <class Reply> using reply_value =
    std::conditional_t<std::is_void_v<Reply>, nothing, Reply>;

template <class Protocol> struct actor : Protocol {
  using typename Protocol::command;
  using typename Protocol::event;
  /// What is stored of an actor; its `state` is this, or derives from it to own rows beside it.
  using protocol_state = typename Protocol::state;

  /// What follows from a decision besides its answer.
  struct consequences {
    std::vector<event> events;
    std::vector<outgoing> sends;
    std::vector<outgoing_call> calls;
  };

  /// What `on` returns: made by the functions below, never by hand. Either a refusal (then nothing
  /// happened) or an answer, with consequences.
  template <class Command> class [[nodiscard]] decision : public consequences {
  public:
    using reply_type = reply_value<typename Command::reply>;

    decision(consequences c, reply_type answer)
        : consequences{std::move(c)}, reply{std::move(answer)} {}
    explicit decision(failure f) : refusal{std::move(f)} {}

    std::optional<failure> refusal;
    std::optional<reply_type> reply;
  };

  /// Consequences on the way to a decision: add to them, then answer (or not, if the command has no
  /// answer).
  template <class Self> struct [[nodiscard]] chained {
    /// To another actor, exactly once: kept in the outbox until it is received.
    template <class Other> Self send(identity to, typename Other::command message) && {
      self().gathered.sends.push_back(
          {std::move(to), protocols::encode(typename Other::command{std::move(message)}), true});
      return std::move(self());
    }
    /// To another actor, at most once: lost when either side stops.
    template <class Other> Self notify(identity to, typename Other::command message) && {
      self().gathered.sends.push_back(
          {std::move(to), protocols::encode(typename Other::command{std::move(message)}), false});
      return std::move(self());
    }
    /// A command that is already encoded, such as one that was kept for later. Exactly once.
    Self send_raw(identity to, blob command) && {
      self().gathered.sends.push_back({std::move(to), std::move(command), true});
      return std::move(self());
    }
    /// To the outside: comes back as the command `Request::outcome` of this actor.
    template <class Request> Self call(const Request& request) && {
      static_assert(
          requires { typename Request::outcome; },
          "a call is a struct with an $outcome in the conversation's schema");
      self().gathered.calls.push_back({Request::name, protocols::encode(request)});
      return std::move(self());
    }

  private:
    Self& self() { return static_cast<Self&>(*this); }
  };

  template <class Reply> struct [[nodiscard]] answered : chained<answered<Reply>> {
    consequences gathered;
    Reply value;

    answered(consequences c, Reply v) : gathered{std::move(c)}, value{std::move(v)} {}

    template <class Command>
    requires std::same_as<typename Command::reply, Reply>
    operator decision<Command>() && { return {std::move(gathered), std::move(value)}; }
  };

  struct [[nodiscard]] persisted : chained<persisted> {
    consequences gathered;

    template <class Reply> answered<Reply> reply(Reply r) && {
      return {std::move(gathered), std::move(r)};
    }
    persisted also(event e) && {
      gathered.events.push_back(std::move(e));
      return std::move(*this);
    }
    template <class Command>
    requires std::is_void_v<typename Command::reply>
    operator decision<Command>() && { return {std::move(gathered), nothing{}}; }
  };

  struct [[nodiscard]] refused {
    failure why;
    template <class Command> operator decision<Command>() && {
      return decision<Command>{std::move(why)};
    }
  };

  template <class... Events> static persisted persist(Events... events) {
    persisted p;
    p.gathered.events.reserve(sizeof...(events));
    (p.gathered.events.emplace_back(std::move(events)), ...);
    return p;
  }
  template <class Reply> static answered<Reply> reply(Reply r) { return {{}, std::move(r)}; }
  static persisted ignore() { return {}; }
  static refused refuse(failure f) { return {std::move(f)}; }
  static refused refuse(code c, std::string why, std::optional<span> after = {}) {
    return {{.code = c, .why = std::move(why), .retry_after = after}};
  }

  /// A deadline that comes back as this command of the actor.
  static deadline remind(moment at, command c) { return {at, protocols::encode(c)}; }
};

} // namespace tenon::runtime
