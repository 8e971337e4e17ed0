// What a sync has come to, as a person reads it: how often its runs succeed, how fast they read,
// how far behind it is, and the hours or days in which anything happened. Pure.
#pragma once

#include "nodes/cli/look.hpp"
#include "protocols/value.hpp"

namespace tenon::nodes::cli {

/// `statistics` as the server sends them.
std::string account_text(std::string_view name, const value& statistics, bool by_day, const look&);

} // namespace tenon::nodes::cli
