// What a sync found out about how it is best read, as a person reads it. Pure.
#pragma once

#include "nodes/cli/look.hpp"
#include "protocols/value.hpp"

namespace tenon::nodes::cli {

/// `tuning` as the server sends it.
std::string tuning_text(std::string_view name, const value& tuning, const look&);

} // namespace tenon::nodes::cli
