// expected: static assertion failed: a call is a struct with an .outcome in the conversation
#include "protocols/breaker.hpp"
#include "runtime/actor.hpp"

using namespace tenon;

struct door : runtime::actor<protocols::breaker> {
  static decision<report> on(const state& s, const report&, moment) {
    return persist(failed{}).call(s.policy);
  }
};
