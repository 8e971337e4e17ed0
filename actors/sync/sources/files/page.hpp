// One page of files: records from where the page before ended, through as many files as it takes.
#pragma once

#include "actors/sync/sources/files/open_readers.hpp"
#include "actors/sync/sources/files/options.hpp"

namespace tenon::actors::files {

/// Blocks while it reads. `stale`: the position no longer holds. Anything but `unavailable` and
/// `stale` comes again.
result<source_page> read_page(const options&, const allowed_roots&, open_readers&,
                              const page_request&, std::stop_token);

} // namespace tenon::actors::files
