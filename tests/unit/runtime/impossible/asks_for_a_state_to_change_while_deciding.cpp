// expected: no matching function for call to .*door::on[(]
#include "protocols/breaker.hpp"
#include "runtime/hosting/body.hpp"

using namespace tenon;

struct door : runtime::actor<protocols::breaker> {
  template <class Command> static decision<Command> on(state& s, const Command&, moment) {
    s.failures = 0;
    return refuse(code::conflict, "never");
  }
  template <class Event> static void apply(state&, const Event&) {}
  static bool holds(const state&) { return true; }
};

template class runtime::body_of<door>;
