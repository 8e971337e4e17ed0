// expected: could not convert .*answered<tenon::protocols::breaker_types::policy>.* to .*decision<
#include "protocols/breaker.hpp"
#include "runtime/actor.hpp"

using namespace tenon;

struct door : runtime::actor<protocols::breaker> {
  static decision<acquire> on(const state& s, const acquire&, moment) { return reply(s.policy); }
};
