// expected: could not convert .*persisted.* to .*decision<tenon::protocols::breaker_types::acquire>
#include "protocols/breaker.hpp"
#include "runtime/actor.hpp"

using namespace tenon;

struct door : runtime::actor<protocols::breaker> {
  static decision<acquire> on(const state&, const acquire&, moment) { return persist(failed{}); }
};
