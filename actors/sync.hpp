// A sync keeps one collection in step with one source, in runs. It asks for one page at a time:
// read there, stored here, and then it knows what came of it. Where it stands is in its state; what
// was stored and how far the source was read is one fact in the collection.
//
//     idle ──start──▶ running ──page──▶ running … ──last page──▶ idle, succeeded
//                       │  ▲ attempt due    │ cancel, limit, too many failed attempts
//              failed   ▼  │                ▼
//              attempt  waiting          idle, cancelled or failed
//                   (pause at any time ──▶ paused ──resume──▶ running,
//                                          paused ──step──▶ running ──page──▶ paused)
//
// A source that waits for something itself, such as a job of a platform's, says until when: the
// sync waits, and nobody else does. When the position is dropped, the source is told.
//
// A run that fails keeps its position: the next one goes on there, unless it is a full one; and so
// it does at a place that the sync is rewound to. The cursor of an incremental source moves only
// when a run has seen all its pages. A sync that is told to read something else begins anew there
// (actors/sync/runs/subject.hpp). How it is read is tuned by what is measured
// (actors/sync/tuning/tuning.hpp).
#pragma once

#include "actors/resource/resource.hpp"
#include "actors/sync/tuning/tuning.hpp"
#include "protocols/sync.hpp"

namespace tenon::actors {

struct sync : resource<sync, protocols::sync> {
  using outcome = protocols::sync::outcome; // of a run; a resource's change has one as well

  static result<void> check_spec(const value& spec);
  static value status(const state&);

  using resource::on;
  static decision<remove> on(const state&, const remove&, moment now);
  static persisted when_configured(persisted, const state&, const value& spec, moment now);
  static persisted when_removed(persisted, const state&, moment now);
  static decision<start> on(const state&, const start&, moment now);
  static decision<step> on(const state&, const step&, moment now);
  static decision<pause> on(const state&, const pause&, moment now);
  static decision<resume> on(const state&, const resume&, moment now);
  static decision<cancel> on(const state&, const cancel&, moment now);
  static decision<rewind> on(const state&, const rewind&, moment now);
  static decision<read_run> on(const state&, const read_run&, moment now);
  static decision<list_runs> on(const state&, const list_runs&, moment now);
  static decision<list_places> on(const state&, const list_places&, moment now);
  static decision<read_statistics> on(const state&, const read_statistics&, moment now);
  static decision<read_tuning> on(const state&, const read_tuning&, moment now);
  static decision<transferred> on(const state&, const transferred&, moment now);
  static decision<wake> on(const state&, const wake&, moment now);
  static decision<withdrawn> on(const state&, const withdrawn&, moment now);

  static void apply(state&, const configured&);
  static void apply(state&, const removed&);
  static void apply(state&, const started&);
  static void apply(state&, const moved&);
  static void apply(state&, const attempt_failed&);
  static void apply(state&, const attempted&);
  static void apply(state&, const started_over&);
  static void apply(state&, const began_again&);
  static void apply(state&, const paused&);
  static void apply(state&, const resumed&);
  static void apply(state&, const went_on&);
  static void apply(state&, const ended&);
  static void apply(state&, const rewound&);
  static void apply(state&, const protocols::tuning::change&);
  static bool holds(const state&);
  static runtime::deadlines due(const state&);

  /// With it, what is asked for but still waits for its turn is not wanted any more.
  static persisted withdrawing(persisted, const state&);
  /// With it, another distance for the schedule's rings.
  static persisted pacing(persisted, const std::optional<tuning::pace>&);
  /// With it, its own distance for the schedule that this spec tunes no more.
  static persisted unpacing(persisted, const state&, const value& next_spec);

  struct metrics {
    explicit metrics(runtime::meters&);
    runtime::counter& succeeded;
    runtime::counter& failed;
    runtime::counter& cancelled;
    runtime::counter& pages;
    runtime::counter& stored;
    runtime::counter& unchanged;
    runtime::counter& filtered;
    runtime::counter& letters;
    runtime::counter& bytes;
    runtime::counter& retries;
  };
  static void observe(metrics&, const ended&);
  static void observe(metrics&, const moved&);
  static void observe(metrics&, const attempt_failed&);
};

} // namespace tenon::actors
