// A collection holds the records that syncs bring: rows by key, each with a version and where it
// came from. Its feeds store page after page. How far a feed has got is part of the same event as
// the records, so a page that comes twice is answered as the first time and changes nothing.
//
//     row:   absent ──content──▶ live ──other content──▶ live, a version on
//                                  ▲                        │ the source says deleted, or a full
//                                  └──────content──── tombstone ◀── refresh has not seen it
//
// What has changed can be delivered from here, by outlets: each goes through all rows once and then
// follows the changes. How far it has got is kept here too. What both sides have changed meanwhile
// is a conflict, which the feed's policy decides, or a person (collection/conflicts.hpp).
//
// Nothing is ever lost silently: a record that cannot be a row is kept as a letter, as it came, and
// can be tried again. Which fields records have is followed (collection/drift/judging.hpp); what
// they mean is not looked into. Reading from a source is the sync's business.
#pragma once

#include "actors/resource/resource.hpp"
#include "protocols/collection.hpp"
#include "runtime/table.hpp"

namespace tenon::actors {

struct collection : resource<collection, protocols::collection> {
  using letter = protocols::letter_types::kept;
  struct state : protocols::collection::state {
    runtime::table rows; // actors/collection/rows.hpp and conflicts.hpp say how they are keyed
  };

  static result<void> check_spec(const value& spec);
  static value status(const protocols::collection::state&);

  using resource::on;
  static decision<describe> on(const state&, const describe&, moment now);
  static decision<remove> on(const state&, const remove&, moment now);
  static decision<store> on(const state&, const store&, moment now);
  static decision<put> on(const state&, const put&, moment now);
  static decision<sweep> on(const state&, const sweep&, moment now);
  static decision<protocols::collection::position>
  on(const state&, const protocols::collection::position&, moment now);
  static decision<read> on(const state&, const read&, moment now);
  static decision<list_letters> on(const state&, const list_letters&, moment now);
  static decision<read_changes> on(const state&, const read_changes&, moment now);
  static decision<deliver> on(const state&, const deliver&, moment now);
  static decision<settle_letter> on(const state&, const settle_letter&, moment now);
  static decision<list_conflicts> on(const state&, const list_conflicts&, moment now);
  static decision<resolve> on(const state&, const resolve&, moment now);
  static decision<read_schema> on(const state&, const read_schema&, moment now);
  static decision<accept_drift> on(const state&, const accept_drift&, moment now);
  static decision<replay> on(const state&, const replay&, moment now);
  static decision<forget> on(const state&, const forget&, moment now);

  static void apply(state&, const configured&);
  static void apply(state&, const removed&);
  static void apply(state&, const page_stored&);
  static void apply(state&, const swept&);
  static void apply(state&, const outlet_opened&);
  static void apply(state&, const page_delivered&);
  static void apply(state&, const letter_settled&);
  static void apply(state&, const conflict_resolved&);
  static void apply(state&, const drift_stopped&);
  static void apply(state&, const drift_accepted&);
  static void apply(state&, const sync_forgotten&);
  static bool holds(const state&);
  static bool gone(const state&);

  struct metrics {
    explicit metrics(runtime::meters&);
    runtime::counter& stored;
    runtime::counter& unchanged;
    runtime::counter& letters;
    runtime::counter& conflicts;
    runtime::counter& added;
    runtime::counter& widened;
    runtime::counter& quarantined;
    runtime::counter& stopped;
  };
  static void observe(metrics&, const page_stored&);
  static void observe(metrics&, const drift_stopped&);
  static void observe(metrics&, const swept&);
};

} // namespace tenon::actors
