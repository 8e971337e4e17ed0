// An actor for tests of the runtime: it counts, asks, waits, owns rows, and breaks when told to.
#pragma once

#include "runtime/actor.hpp"
#include "runtime/catalog.hpp"
#include "tests/support/tally.hpp"

namespace tenon::tests {

template <runtime::keeps Keeps> struct tally_keeping : runtime::actor<protocols::tally> {
  using base = runtime::actor<protocols::tally>;
  static constexpr auto keeps = Keeps;

  struct state : protocols::tally::state {
    runtime::table rows;
  };

  static protocols::tally::sum total(const state& s) {
    std::uint64_t rows = 0;
    s.rows.scan("", 1000, [&](auto, const auto&) { return ++rows, true; });
    return {s.sum, s.heard, s.woken, rows};
  }

  static decision<add> on(const state& s, const add& c, moment) {
    auto after = total(s);
    after.sum += c.amount;
    return persist(added{c.amount, c.payload}).reply(after);
  }
  static decision<peek> on(const state& s, const peek&, moment) { return reply(total(s)); }
  static decision<crash> on(const state& s, const crash& c, moment) {
    ensure(c.when != "deciding", "told to break while deciding");
    return persist(broke{c.when == "holding"}).reply(total(s));
  }
  static decision<pass> on(const state& s, const pass& c, moment) {
    auto to = parse_identity(c.to);
    if (!to)
      return refuse(to.error());
    const auto after = total(s);
    if (c.durable)
      return persist(added{c.amount}).send<tally_keeping>(*to, told{c.amount}).reply(after);
    return persist(added{c.amount}).notify<tally_keeping>(*to, told{c.amount}).reply(after);
  }
  static decision<told> on(const state&, const told& c, moment) { return persist(added{c.amount}); }
  static decision<ask> on(const state& s, const ask& c, moment) {
    return ignore().call(question{c.word}).reply(total(s));
  }
  static decision<heard> on(const state&, const heard& c, moment) {
    return persist(took{c.answer});
  }
  static decision<wake_at> on(const state& s, const wake_at& c, moment) {
    return persist(planned{c.at}).reply(total(s));
  }
  static decision<wake> on(const state&, const wake&, moment) { return persist(woke{}); }
  static decision<forget> on(const state& s, const forget&, moment) {
    return persist(forgot{}).reply(total(s));
  }
  static decision<put> on(const state& s, const put& c, moment) {
    return persist(kept{c.key, c.value}).reply(total(s));
  }

  static void apply(state& s, const added& e) {
    s.sum += e.amount;
    ++s.adds;
  }
  static void apply(state& s, const broke& e) {
    ensure(e.impossible, "told to break while applying");
    s.impossible = true;
  }
  static void apply(state& s, const took& e) { s.heard += e.answer; }
  static void apply(state& s, const planned& e) { s.wake_at = e.at; }
  static void apply(state& s, const woke&) {
    ++s.woken;
    s.wake_at = {};
  }
  static void apply(state& s, const forgot&) { static_cast<protocols::tally::state&>(s) = {}; }
  static void apply(state& s, const kept& e) { s.rows.put(e.key, e.value); }
  static bool holds(const state& s) { return !s.impossible; }
  static bool gone(const state& s) { return s.adds == 0; }
  static runtime::deadlines due(const state& s) {
    if (s.wake_at == moment{})
      return {};
    return {base::remind(s.wake_at, wake{})};
  }
};

using tally = tally_keeping<runtime::keeps::latest>;

inline runtime::catalog tally_kinds() {
  return {runtime::describe<tally>("tally"),
          runtime::describe<tally_keeping<runtime::keeps::history>>("chronicle")};
}

} // namespace tenon::tests
