// Starts a sync at its times: those of a cron expression in a time zone (schedule/cron.hpp says
// what happens where clocks change), or at a fixed distance.
//
//     paused or absent ──configured──▶ planned ──its time──▶ rung, planned again
//
// Times that passed while nobody was there ring once. Whether the sync is still busy with the last
// ring is the sync's business: it joins the run that is under way.
#pragma once

#include "actors/resource/resource.hpp"
#include "protocols/schedule.hpp"

namespace tenon::actors {

struct schedule : resource<schedule, protocols::schedule> {
  static result<void> check_spec(const value& spec);
  static value status(const state&);
  static persisted when_configured(persisted, const state&, const value& spec, moment now);

  using resource::on;
  static decision<ring> on(const state&, const ring&, moment now);
  static decision<pace> on(const state&, const pace&, moment now);

  using resource::apply;
  static void apply(state& s, const planned& e) { s.next_at = e.next_at; }
  static void apply(state& s, const configured& e);
  static void apply(state& s, const paced& e);
  static void apply(state& s, const rang& e);
  static bool holds(const state& s);
  static runtime::deadlines due(const state&);

  struct metrics {
    explicit metrics(runtime::meters& m)
        : rings{m.count("tenon_schedule_rings_total", "Times that schedules rang.")} {}
    runtime::counter& rings;
  };
  static void observe(metrics& m, const rang&) { m.rings.Increment(); }
};

} // namespace tenon::actors
