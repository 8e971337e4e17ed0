// Starts syncs when a hook has brought something: for platforms that say that there is news, and
// not what. Its name is what it listens to, "<integration>:<hook>".
//
//     quiet ──heard──▶ waiting ──due──▶ being started ──▶ quiet
//                        ▲ ▲                │ │ └─ heard meanwhile: waits once more
//                        │ └─ it joined ────┘ └─ it could not be started: later again
//
// What is heard while a sync waits is one with what it waits for. A run that was under way may have
// read before the news: it is not the run that was promised, and another follows it. A promise is
// in the journal before the platform is answered, so it outlives a crash.
#pragma once

#include "actors/resource/resource.hpp"
#include "protocols/trigger.hpp"

namespace tenon::actors {

struct trigger : resource<trigger, protocols::trigger> {
  static result<void> check_spec(const value& spec);
  /// Whether it can be called so: "<integration>:<hook>".
  static result<void> check_name(const std::string& name);
  static value status(const state&);

  using resource::on;
  static decision<hear> on(const state&, const hear&, moment now);
  static decision<due_now> on(const state&, const due_now&, moment now);
  static decision<begun> on(const state&, const begun&, moment now);

  using resource::apply;
  static void apply(state& s, const configured& e);
  static void apply(state& s, const noticed& e);
  static void apply(state& s, const began& e);
  static void apply(state& s, const started& e);
  static void apply(state& s, const put_off& e);
  static bool holds(const state& s);
  static runtime::deadlines due(const state&);

  struct metrics {
    explicit metrics(runtime::meters& m)
        : started{m.count("tenon_trigger_starts_total", "Syncs that triggers started.")} {}
    runtime::counter& started;
  };
  static void observe(metrics& m, const protocols::trigger::started&) { m.started.Increment(); }
};

} // namespace tenon::actors
