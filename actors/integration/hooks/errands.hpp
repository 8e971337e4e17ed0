// Performs what hooks ask of the outside: that a platform sends its events to us, whether it still
// does, and that it stops (actors/integration/hooks/subscription.hpp).
#pragma once

#include "actors/integration/platform.hpp"
#include "runtime/hosting/performer.hpp"
#include "runtime/tasks/workers.hpp"

#include <functional>
#include <memory>
#include <string>

namespace tenon::actors::connectors {

/// For `hook.arrange`. `address` is where platforms reach this node; empty while it starts.
std::unique_ptr<runtime::performer> subscribing(platform&, runtime::workers&,
                                                std::function<std::string()> address);

} // namespace tenon::actors::connectors
