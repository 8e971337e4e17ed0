// Who would miss a collection: a collection is removed only when no sync feeds it or writes from
// it, because the next run would make it anew with a part of what it had.
#pragma once

#include "protocols/identity.hpp"
#include "runtime/hosting/host.hpp"
#include "runtime/tasks/task.hpp"

namespace tenon::nodes::edge {

/// `conflict`, with the names of some, where there are syncs that do.
runtime::task<result<void>> check_unused(runtime::host&, identity collection);

} // namespace tenon::nodes::edge
