// expected: assignment of member .*failures.* in read-only object
#include "protocols/breaker.hpp"
#include "runtime/actor.hpp"

using namespace tenon;

struct door : runtime::actor<protocols::breaker> {
  static decision<acquire> on(const state& s, const acquire&, moment) {
    s.failures = 0;
    return reply(granted{s.epoch});
  }
};
