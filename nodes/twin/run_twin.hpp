// `tenon twin`: a provider twin until a signal ends it. The address comes on stdout, what to apply
// to try it on stderr.
#pragma once

#include "nodes/cli/local_commands.hpp"

namespace tenon::nodes {

int run_twin(const cli::twin_options&);

} // namespace tenon::nodes
