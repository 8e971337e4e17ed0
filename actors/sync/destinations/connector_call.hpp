// Records that a platform takes in calls, for a sync: what stands in the way is left to another
// attempt at the page, which is told what is known of this one.
#pragma once

#include "actors/sync/destinations/connector_job.hpp"

namespace tenon::actors {

/// From the first to where trouble begins. The session has the newest token then. `in_doubt`: how
/// it came that an attempt before may have written some of them; "" when none has.
runtime::task<calls> carry_by_call(connectors::platform&, connectors::session&, connectors::writing,
                                   std::vector<connectors::outgoing_record>,
                                   connectors::position tries, std::string in_doubt);

/// What is told of an attempt whose end nobody knows, and whether it says so.
std::string doubtful(const std::string& attempt);
bool is_doubtful(const std::string& attempt);

} // namespace tenon::actors
