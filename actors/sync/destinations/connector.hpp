// `to: {connector: {integration: …, action: …, delete: …}}`: records are written by a connector's
// action, and what was deleted by another one; without that, deletions stay here.
#pragma once

#include "actors/integration/platform.hpp"
#include "actors/sync/destination.hpp"

namespace tenon::actors {

/// The platform must outlive every destination that was opened.
std::unique_ptr<destination_kind> connector_destination(connectors::platform&);

} // namespace tenon::actors
