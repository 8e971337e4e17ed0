// A stream of a connector, read over HTTP:
//
//     from:
//       connector:
//         integration: crm          # whose account it is
//         stream: contacts          # one of those that the connector describes
#pragma once

#include "actors/integration/platform.hpp"
#include "actors/sync/source.hpp"

namespace tenon::actors {

/// `platform` must outlive it.
std::unique_ptr<source_kind> connector_source(connectors::platform&);

} // namespace tenon::actors
