// `to: {connector: {integration: …, action: …, update: …, delete: …}}`: records are written by a
// connector's action, and what was deleted by another one; without that, deletions stay here. With
// `update`, a record that is there is written by that: the platform has returned something of it,
// or the counterpart has read it.
//
// The `key` of an action's expressions is the platform's: what the feed called its counterpart (the
// `except` of the sync's `from`) has read of it, or else what the platform has returned as `key`
// when it was written, or else the collection's own. A deletion of what that feed has under other
// keys, and of which neither knows one, was never there and is not asked for.
#pragma once

#include "actors/integration/platform.hpp"
#include "actors/sync/destination.hpp"

namespace tenon::actors {

/// The platform must outlive every destination that was opened.
std::unique_ptr<destination_kind> connector_destination(connectors::platform&);

} // namespace tenon::actors
