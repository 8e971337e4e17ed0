// What a full refresh has not seen, and what follows from that: rows of the feed become tombstones.
//
// Where pages are found by counting, a record that is deleted while they are read makes the next
// page begin one too late, and a record that is still there is skipped. It must not be buried, for
// its deletion would be carried on to wherever the collection is delivered. So there a row is gone
// when two refreshes in a row have missed it: what was skipped once is seen by the next. That costs
// a refresh of time before a deletion is known, and no request; asking for overlapping pages would
// cost requests, and is nothing that APIs with page numbers can do.
#pragma once

#include "protocols/identity.hpp"
#include "protocols/moment.hpp"
#include "runtime/hosting/host.hpp"
#include "runtime/tasks/task.hpp"

#include <cstdint>
#include <string>

namespace tenon::actors {

struct unseen {
  std::string feed;
  std::uint64_t run = 0;
  std::uint64_t since = 0; // the first run of the refresh; 0: this one alone
  moment since_at{};
  bool may_skip = false;
};

/// How many rows became tombstones, after the refresh's last page is stored.
runtime::task<result<std::uint64_t>> bury(runtime::host&, identity collection, unseen);

} // namespace tenon::actors
