// The actor that the others in this folder get wrong in one place each. This one compiles, so that
// what stops the others is their mistake and not the way they are compiled.
#include "protocols/breaker.hpp"
#include "runtime/hosting/body.hpp"

using namespace tenon;

struct door : runtime::actor<protocols::breaker> {
  static constexpr auto keeps = runtime::keeps::latest;

  static decision<acquire> on(const state& s, const acquire&, moment) {
    return persist(failed{}).reply(granted{s.epoch});
  }
  static decision<report> on(const state&, const report&, moment now) {
    return persist(tripped{1, now}).send<protocols::breaker>({.kind = "breaker"}, acquire{});
  }
  static decision<configure> on(const state&, const configure&, moment) { return ignore(); }
  static decision<forget> on(const state&, const forget&, moment) { return ignore(); }
  static decision<read_standing> on(const state&, const read_standing&, moment) {
    return reply(standing{});
  }

  static void apply(state& s, const failed&) { ++s.failures; }
  template <class Event> static void apply(state&, const Event&) {}
  static bool holds(const state&) { return true; }
};

template class runtime::body_of<door>;
