// How an integration is, and what came of trying it out, as a person reads it. Pure.
#pragma once

#include "nodes/cli/look.hpp"
#include "protocols/value.hpp"

namespace tenon::nodes::cli {

/// Both as the server sends them. `now` is the reader's.
std::string health_text(const value& health, moment now, const look&);
std::string trial_text(const value& report, const look&);

} // namespace tenon::nodes::cli
