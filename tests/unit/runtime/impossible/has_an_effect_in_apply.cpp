// expected: ignoring return.* value .*declared with attribute .nodiscard
#include "protocols/breaker.hpp"
#include "runtime/actor.hpp"

using namespace tenon;

struct door : runtime::actor<protocols::breaker> {
  static void apply(state&, const tripped&) {
    persist(failed{}).send<protocols::breaker>({.kind = "breaker"}, acquire{});
  }
};
