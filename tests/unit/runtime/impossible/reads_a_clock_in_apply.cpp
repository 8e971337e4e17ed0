// expected: no matching function for call to .*door::apply[(]
#include "protocols/breaker.hpp"
#include "runtime/hosting/body.hpp"

using namespace tenon;

struct door : runtime::actor<protocols::breaker> {
  template <class Command> static decision<Command> on(const state&, const Command&, moment) {
    return refuse(code::conflict, "never");
  }
  template <class Event> static void apply(state& s, const Event&, moment now) { s.retry_at = now; }
  static bool holds(const state&) { return true; }
};

template class runtime::body_of<door>;
