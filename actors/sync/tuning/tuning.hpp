// Finds out by measuring how a sync is best read or written: one thing at a time, with rest in
// between, so that what changed can be told from what it changed. Pure.
//
// Each thing that may be chosen (the size of pages that are read; of batches that are written; the
// calls under way at once) climbs a hill. After so many pages with what is set, twice or half of it
// is tried for as many; where that brings at least a twentieth more records a second it is kept,
// and the next step goes in the same direction; otherwise it is taken back, the other direction is
// next, the others have their turn, and its rests grow with each setback. A page that fails while
// something is tried takes it back at once. Waiting for a limit counts as time: where a limit is
// what holds a sync up, nothing gains, and everything stays as it usually is.
//
//     measured ──▶ tried ──gain──▶ kept ──▶ measured
//                    └──none, or a failure──▶ reverted ──rest──▶ measured
//
// The distance between the runs of a schedule follows how often there is something new: three runs
// in a row that brought nothing double it, three that all brought something halve it.
#pragma once

#include "actors/sync/tuning/bounds.hpp"
#include "protocols/sync.hpp"
#include "protocols/tuning.hpp"
#include "protocols/value.hpp"

#include <optional>
#include <string>

namespace tenon::actors::tuning {

using state = protocols::tuning::state;
using change = protocols::tuning::change;

/// A page that came, with what it took.
void measure(state&, const protocols::sync::moved&);
/// A run of the schedule that ended well, with how far apart they are meant to be.
void note_run(state&, bool brought_something);

/// What is chosen now, of what there is to choose.
settings chosen(const state&);
/// What is to be changed now, if anything.
std::optional<change> next_change(const state&, const bounds&, moment now);
/// The page that was asked for has failed.
std::optional<change> after_failure(const state&, const std::string& why, moment now);
std::optional<change> next_interval(const state&, const bounds&, moment now);

/// A distance for a schedule; 0: its own.
struct pace {
  std::string schedule;
  span every{};
  std::optional<tuning::change> change{}; // none: nothing is tuned any more
};

void apply(state&, const change&);
bool holds(const state&);

/// For people: what is set, what was changed, and what that brought.
object to_object(const state&, bool off);

} // namespace tenon::actors::tuning
