// How `tenon cluster` shows what the server says: pure, from its documents to text.
#pragma once

#include "nodes/cli/look.hpp"
#include "protocols/value.hpp"

#include <string>

namespace tenon::nodes::cli {

/// The cluster in a line, a row for each member, and what is not as it should be.
std::string cluster_text(const value& status, const look&);

/// What to type on the machine that joins. The token is a secret and stands on a line of its own.
std::string joining_text(const value& token);

} // namespace tenon::nodes::cli
