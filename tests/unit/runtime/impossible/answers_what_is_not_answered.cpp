// expected: could not convert .*answered<tenon::protocols::breaker_types::granted>.* to .*decision<
#include "protocols/breaker.hpp"
#include "runtime/actor.hpp"

using namespace tenon;

struct door : runtime::actor<protocols::breaker> {
  static decision<report> on(const state& s, const report&, moment) {
    return persist(failed{}).reply(granted{s.epoch});
  }
};
