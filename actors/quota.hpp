// How much may be asked of one platform by everything that shares a limit: all that uses one
// credential, or, for limits of an app or an account, all credentials of it. Callers take before
// each request, from all the buckets that the request touches at once or from none, and tell what
// the request cost and what the platform said about its own limit. Whoever is refused learns how
// long to wait. A request that needs several quotas steps back from all where one makes it wait
// (actors/integration/passage.hpp).
//
// Promise: what is granted keeps to every bucket's limit exactly (quota/kinds/kind.hpp), also
// across restarts, because a grant is answered only after it is written down. Those who wait come
// again by themselves, and get shares by their weights (quota/line.hpp); a part of a bucket may be
// kept for those whom somebody waits for. What nobody has taken from for a month is forgotten.
#pragma once

#include "protocols/quota.hpp"
#include "runtime/actor.hpp"

namespace tenon::actors {

struct quota : runtime::actor<protocols::quota> {
  static constexpr auto keeps = runtime::keeps::latest;
  static constexpr std::size_t most_levels = 64;

  static decision<take> on(const state&, const take&, moment now);
  static decision<give_back> on(const state&, const give_back&, moment now);
  static decision<observed> on(const state&, const observed&, moment now);
  static decision<throttled> on(const state&, const throttled&, moment now);
  static decision<catch_up> on(const state&, const catch_up&, moment now);
  static decision<settle> on(const state&, const settle&, moment now);
  static decision<pressed> on(const state&, const pressed&, moment now);
  static decision<read_standing> on(const state&, const read_standing&, moment now);
  static decision<step_back> on(const state&, const step_back&, moment now);
  static decision<tidy> on(const state&, const tidy&, moment now);

  static void apply(state& s, const taken& e);
  static void apply(state& s, const returned& e);
  static void apply(state& s, const limited& e);
  static void apply(state& s, const blocked& e);
  static void apply(state& s, const caught_up& e);
  static void apply(state& s, const queued& e);
  static void apply(state& s, const measured& e);
  static void apply(state& s, const lowered& e);
  static void apply(state& s, const settled& e);
  static void apply(state& s, const slowed& e);
  static void apply(state& s, const stepped_back& e);
  static void apply(state& s, const tidied& e);

  static runtime::deadlines due(const state&);
  static bool gone(const state& s) { return s.levels.empty() && s.tidy_at == moment{}; }

  /// At most `most_levels` buckets, each name once, each possible in itself; a line that is
  /// possible.
  static bool holds(const state& s);

  struct metrics {
    explicit metrics(runtime::meters& m)
        : grants{m.count("tenon_quota_grants_total",
                         "Requests to platforms that were let through.")},
          queued{m.count("tenon_quota_queued_total",
                         "Times somebody got a place in the line for a limit.")},
          throttled{m.count("tenon_quota_throttled_total",
                            "Times a platform refused although our own count let through.")} {}
    runtime::counter& grants;
    runtime::counter& queued;
    runtime::counter& throttled;
  };
  static void observe(metrics& m, const taken&) { m.grants.Increment(); }
  static void observe(metrics& m, const queued&) { m.queued.Increment(); }
  static void observe(metrics& m, const blocked&) { m.throttled.Increment(); }
};

} // namespace tenon::actors
