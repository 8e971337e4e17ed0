// Starts a sync for a trigger, and says whether a run began or one was under way already.
#pragma once

#include "runtime/hosting/host.hpp"

namespace tenon::actors {

std::unique_ptr<runtime::performer> starting_syncs(runtime::host&);

} // namespace tenon::actors
