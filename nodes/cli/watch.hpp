// Watches one run of a sync until it ends: a line that redraws itself on a terminal, at most one
// line a second elsewhere. A server that goes away meanwhile is waited for; Ctrl-C ends the
// watching and not the run.
#pragma once

#include "nodes/cli/shell.hpp"

namespace tenon::nodes::cli {

struct watch_pace {
  span live{200};        // between two looks on a terminal
  span plain{1'000};     // and elsewhere
  span patience{60'000}; // how long a server that does not answer is waited for
};

exit_code watch_run(const shell&, const api&, const std::string& sync, std::int64_t run,
                    watch_pace = {});

} // namespace tenon::nodes::cli
