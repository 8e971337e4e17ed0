// `to: {connector: {integration: …, action: …, update: …, delete: …}}`: records are written by a
// connector's action, and what was deleted by another one; without that, deletions stay here. With
// `update`, a record of which the platform has returned something is written by that: it is there.
#pragma once

#include "actors/integration/platform.hpp"
#include "actors/sync/destination.hpp"

namespace tenon::actors {

/// The platform must outlive every destination that was opened.
std::unique_ptr<destination_kind> connector_destination(connectors::platform&);

} // namespace tenon::actors
