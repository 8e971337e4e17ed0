// Performs what credentials and integrations ask of the outside: a token, its farewell, and
// proof that one is let in. Each is one exchange with the platform
// (actors/integration/platform.hpp).
#pragma once

#include "actors/integration/platform.hpp"
#include "runtime/hosting/performer.hpp"
#include "runtime/tasks/workers.hpp"

#include <memory>

namespace tenon::actors::connectors {

/// For `credential.acquire`. `platform` and `workers` must outlive it.
std::unique_ptr<runtime::performer> token_fetching(platform&, runtime::workers&);

/// For `credential.leave`.
std::unique_ptr<runtime::performer> leaving(platform&, runtime::workers&);

/// For `integration.probe`.
std::unique_ptr<runtime::performer> probing(platform&, runtime::workers&);

} // namespace tenon::actors::connectors
