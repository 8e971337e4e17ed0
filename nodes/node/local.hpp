// The commands that work on this machine: run a node, examine, back up and restore its data.
#pragma once

#include "nodes/cli/local_commands.hpp"

namespace tenon::nodes {

cli::local_commands local_commands();

} // namespace tenon::nodes
