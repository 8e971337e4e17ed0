// A platform that was asked to send its events to a hook of one of its integrations. It is asked
// again before that ends, looked after every hour, and told to stop when this is removed, or when
// its integration is.
//
//     configured ──subscribe──▶ subscribed ──before it ends──▶ renewed
//          ▲                        │ └──every hour──▶ looked after: made anew if it is gone
//          └──refused: later again──┘
//     removed ──leave──▶ told to stop, or given up after a day of trying
//
// One errand is under way at a time, and as many as there are subscriptions to be left. An errand
// that a crash interrupts is done again; the platform's own list, where it has one, keeps that from
// making two of one (actors/integration/hooks/subscription.hpp).
#pragma once

#include "actors/resource/resource.hpp"
#include "protocols/hook.hpp"

namespace tenon::actors {

struct hook : resource<hook, protocols::hook> {
  static result<void> check_spec(const value& spec);
  static value status(const state&);
  static persisted when_configured(persisted, const state&, const value& spec, moment now);
  static persisted when_removed(persisted, const state&, moment now);

  using resource::on;
  static decision<due_now> on(const state&, const due_now&, moment now);
  static decision<arranged> on(const state&, const arranged&, moment now);

  using resource::apply;
  static void apply(state& s, const configured& e);
  static void apply(state& s, const removed& e);
  static void apply(state& s, const began& e);
  static void apply(state& s, const subscribed& e);
  static void apply(state& s, const failed& e);
  static void apply(state& s, const leaves& e);
  static void apply(state& s, const left& e);
  static void apply(state& s, const stayed& e);
  static bool holds(const state& s);
  static runtime::deadlines due(const state&);

  struct metrics {
    explicit metrics(runtime::meters& m);
    runtime::counter& subscribed;
    runtime::counter& failed;
    runtime::counter& left;
    runtime::counter& given_up;
  };
  static void observe(metrics& m, const protocols::hook::subscribed&) { m.subscribed.Increment(); }
  static void observe(metrics& m, const protocols::hook::failed&) { m.failed.Increment(); }
  static void observe(metrics& m, const protocols::hook::left&) { m.left.Increment(); }
  static void observe(metrics& m, const protocols::hook::stayed& e);
};

} // namespace tenon::actors
