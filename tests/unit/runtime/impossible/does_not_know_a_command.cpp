// expected: no matching function for call to .*door::on[(]
#include "protocols/breaker.hpp"
#include "runtime/hosting/body.hpp"

using namespace tenon;

struct door : runtime::actor<protocols::breaker> {
  static decision<acquire> on(const state& s, const acquire&, moment) {
    return reply(granted{s.epoch});
  }
  static decision<configure> on(const state&, const configure&, moment) { return ignore(); }
  static decision<forget> on(const state&, const forget&, moment) { return ignore(); }
  template <class Event> static void apply(state&, const Event&) {}
  static bool holds(const state&) { return true; }
};

template class runtime::body_of<door>;
