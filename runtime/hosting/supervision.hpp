// Who is restarted, when, and when it is no use: the pure core of supervision, in OTP's words. A
// supervisor has children in the order they were started, a strategy, and an intensity: more than
// `restarts` within `period` and it gives up, which its own supervisor then sees as its crash.
#pragma once

#include "protocols/identity.hpp"
#include "protocols/moment.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace tenon::runtime::supervision {

enum class strategy : std::uint8_t {
  one_for_one,  // the child that crashed
  one_for_all,  // every child
  rest_for_one, // the child that crashed and those started after it
};

enum class restart : std::uint8_t {
  permanent, // always
  transient, // after a crash, not after a normal end
  temporary, // never
};

struct policy {
  supervision::strategy strategy = strategy::one_for_one;
  std::uint32_t restarts = 5;
  span period = std::chrono::seconds{60};
  span first_delay{50}; // before the first restart of a streak; doubles with each one
  span longest_delay = std::chrono::seconds{10};
};

struct child {
  std::string name;
  supervision::restart restart = restart::permanent;
  std::uint32_t streak = 0; // restarts in a row, each within `period` of the one before
  moment last{};
};

struct supervisor {
  supervision::policy policy;
  std::vector<child> children; // as started
  std::deque<moment> recent;   // restarts within the last period

  std::uint32_t restarts_left(moment now) const;
};

/// What a supervisor does about the end of a child.
struct verdict {
  std::vector<std::string> restart; // in this order
  span after{};                     // exponential, half of it jitter, from the child's streak
  bool gives_up = false; // intensity passed: nothing restarts, the supervisor above decides
};

/// `random` is uniform in [0, 1). A child not seen before is added as permanent.
verdict ended(supervisor&, const std::string& name, bool crashed, moment now, double random);

/// The supervisors of one node, two above each actor:
///
///     tenant ── placement (an integration and what stands beside it) ── actor
///
/// An actor is restarted alone. When its placement gives up, the tenant restarts the placement:
/// every actor in it begins anew from what is stored, since the cause may be a neighbour's state in
/// memory. When the tenant gives up as well, the actor is left to an operator; a bug in one kind
/// must not take a tenant or the node down, so nothing is escalated further.
class tree {
public:
  tree(policy placements, policy tenants) : placements_{placements}, tenants_{tenants} {}

  enum class scope : std::uint8_t { actor, placement, nobody };
  struct decision {
    tree::scope scope = scope::actor; // what is restarted
    span after{};
  };
  /// `random` is uniform in [0, 1). `now` must not go back.
  decision crashed(const identity&, moment now, double random);
  /// Of the actor's placement, before it gives up.
  std::uint32_t restarts_left(const identity&, moment now) const;

private:
  void forget_quiet(moment now);

  policy placements_, tenants_;
  std::map<std::string, supervisor> placed_; // by placement_name
  std::map<std::string, supervisor> above_;  // by tenant
};

/// "tenant/name up to the first colon": what shares it is placed together.
std::string placement_name(const identity&);

} // namespace tenon::runtime::supervision
