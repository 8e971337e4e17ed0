// Who belongs to the cluster, as an actor: so it is journaled, replicated, recovered and asked like
// every other. What is decided is cluster/membership's; a command comes with what the node that
// passes it on sees of the others. There is one, and its tenant is the node's own: no resource, no
// key of a tenant and no message of another actor reaches it, only nodes/cluster does.
#pragma once

#include "cluster/membership/membership.hpp"
#include "protocols/council.hpp"
#include "runtime/actor.hpp"
#include "runtime/catalog.hpp"

namespace tenon::nodes::cluster {

struct council_conversation : protocols::council {
  using event = protocols::cluster::event;
  using state = protocols::cluster::state;
};

struct council : runtime::actor<council_conversation> {
  static constexpr auto keeps = runtime::keeps::latest; // the log says what happened

  static decision<tell> on(const state&, const tell&, moment now);
  static decision<look> on(const state&, const look&, moment now);

  template <class Event> static void apply(state& s, const Event& e) {
    tenon::cluster::membership::apply(s, e);
  }
  static bool holds(const state& s) { return tenon::cluster::membership::holds(s); }
};

/// The only one there is.
inline const identity the_council{"system", "cluster", "cluster"};

/// For the node's catalog, under the name that its identity says.
runtime::kind council_kind();

/// Never 0.
std::uint32_t checksum_of(const blob& state);

} // namespace tenon::nodes::cluster
