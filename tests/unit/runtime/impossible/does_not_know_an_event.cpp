// expected: cannot convert .*breaker_types::succeeded.* to .*breaker::failed
#include "protocols/breaker.hpp"
#include "runtime/hosting/body.hpp"

using namespace tenon;

struct door : runtime::actor<protocols::breaker> {
  template <class Command> static decision<Command> on(const state&, const Command&, moment) {
    return refuse(code::conflict, "never");
  }
  static void apply(state& s, const failed&) { ++s.failures; }
  static bool holds(const state&) { return true; }
};

template class runtime::body_of<door>;
