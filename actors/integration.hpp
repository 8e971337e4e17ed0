// One use of a connector: whose account, which address, which credential. It holds the spec that
// whoever talks to the platform reads, hands the breaker beside it its policy, and checks on
// request whether the platform lets us in. A trial (actors/integration/trial/trial.hpp) counts as
// a check.
//
//     ── check ──▶ checking ── probe answered ──▶ account known, or why not
//
// It also keeps when the API's version comes to its end, and says once a day, from 60 days before,
// that a person should do something about it.
//
// What its requests come to is told to it (actors/integration/health/watch.hpp); some time after
// that it asks for an appraisal of its health, and keeps what was found and since when.
//
// It sends no request of its own beyond that check: syncs and workflows do.
#pragma once

#include "actors/resource/resource.hpp"
#include "protocols/integration.hpp"

namespace tenon::actors {

struct integration : resource<integration, protocols::integration> {
  static result<void> check_spec(const value& spec);
  static value status(const state&);
  static persisted when_configured(persisted, const state&, const value& spec, moment now);
  static persisted when_removed(persisted, const state&, moment now);

  using resource::on;
  static decision<check> on(const state&, const check&, moment now);
  static decision<checked> on(const state&, const checked&, moment now);
  static decision<take_trial> on(const state&, const take_trial&, moment now);
  static decision<noticed> on(const state&, const noticed&, moment now);
  static decision<count> on(const state&, const count&, moment now);
  static decision<read_vitals> on(const state&, const read_vitals&, moment now);
  static decision<appraisal_due> on(const state&, const appraisal_due&, moment now);
  static decision<appraised> on(const state&, const appraised&, moment now);

  using resource::apply;
  static void apply(state& s, const configured& e);
  static void apply(state& s, const removed& e);
  static void apply(state& s, const check_asked&);
  static void apply(state& s, const check_ended& e);
  static void apply(state& s, const noted& e);
  static void apply(state& s, const counted& e);
  static void apply(state& s, const appraisal_asked& e);
  static void apply(state& s, const judged& e);
  static runtime::deadlines due(const state&);
  static bool holds(const state& s);

  struct metrics {
    explicit metrics(runtime::meters& m);
    runtime::counter& passed;
    runtime::counter& failed;
    runtime::counter& warnings;
  };
  static void observe(metrics& m, const check_ended& e);
  static void observe(metrics& m, const noted& e);
};

} // namespace tenon::actors
