// Records that a platform takes in a job. The job's place is kept with the page of the sync that is
// being written, in what is told of its attempts: looking after the job is another attempt at the
// page, after a crash too, and the page is settled when the job's results are read.
#pragma once

#include "actors/integration/platform.hpp"
#include "actors/integration/writing.hpp"
#include "actors/sync/source.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tenon::actors {

/// What has come of the records so far, from the first.
struct calls {
  connectors::item_outcomes done{};
  std::optional<source_trouble> trouble{};
};

connectors::item_outcome nobody_knows(const std::string& how);
source_trouble trouble_of(connectors::verdict);

/// `kept`: what was told of the last attempt at this page. `repeated`: a node may have ended while
/// it wrote these.
runtime::task<calls> carry_by_job(connectors::platform&, connectors::session&, connectors::writing,
                                  std::vector<connectors::outgoing_record>,
                                  connectors::position kept, bool repeated);

} // namespace tenon::actors
