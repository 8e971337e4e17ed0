// Messages that could not be taken in: one box for each tenant, named "all". A command that crashed
// its actor repeatedly is parked here with the crash; a person replays it after a fix, or discards
// it.
//
//     ── park ──▶ waiting ──replay──▶ sent to its actor once more
//                    └────discard───▶ gone
//
// Nothing is lost: a letter leaves only by a person's word, and its command goes back byte for
// byte. The number of letters is bounded by the disk alone, because letters are rows beside the
// state; one letter is bounded by what a message may be (protocols/codec.hpp).
#pragma once

#include "protocols/dead_letters.hpp"
#include "runtime/actor.hpp"
#include "runtime/table.hpp"

namespace tenon::actors {

struct dead_letters : runtime::actor<protocols::dead_letters> {
  static constexpr auto keeps = runtime::keeps::latest;

  struct state : protocols::dead_letters::state {
    runtime::table rows; // of letters, by number, big-endian
  };

  static decision<park> on(const state&, const park&, moment now);
  static decision<list> on(const state&, const list&, moment now);
  static decision<replay> on(const state&, const replay&, moment now);
  static decision<discard> on(const state&, const discard&, moment now);

  static void apply(state& s, const parked& e);
  static void apply(state& s, const replayed& e);
  static void apply(state& s, const discarded& e);
  static bool holds(const state& s) { return s.waiting <= s.last; }

  struct metrics {
    explicit metrics(runtime::meters& m);
    runtime::counter& parked;
    runtime::counter& replayed;
    runtime::counter& discarded;
  };
  static void observe(metrics& m, const parked&) { m.parked.Increment(); }
  static void observe(metrics& m, const replayed&) { m.replayed.Increment(); }
  static void observe(metrics& m, const discarded&) { m.discarded.Increment(); }
};

} // namespace tenon::actors
