// Asks everybody who knows something of an integration: itself, its breaker, its credential, the
// quota, and the syncs that use it. Nobody is asked to do anything, and nothing is sent outside.
#pragma once

#include "actors/integration/health/score.hpp"
#include "actors/integration/platform.hpp"
#include "runtime/hosting/performer.hpp"
#include "runtime/tasks/workers.hpp"

namespace tenon::actors::connectors::health {

/// What is left of the buckets that the integration's requests take from, of all its quotas
/// together.
runtime::task<result<protocols::quota::standing>> headroom_of(platform&,
                                                              std::vector<identity> quotas);

struct finding {
  health::appraisal appraisal;
  health::standings standings; // with since when
};

/// The health as it is now. The integration hears of it as well.
runtime::task<result<finding>> find_out(platform&, identity integration);

/// For `integration.appraise`. It counts the integrations of this node by how they are. `platform`
/// and `workers` must outlive it.
std::unique_ptr<runtime::performer> appraising(platform&, runtime::workers&, runtime::meters&);

} // namespace tenon::actors::connectors::health
