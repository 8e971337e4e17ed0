// A list of maps as a table: a column for every member that is plain in some of them, in the order
// in which members appear; as many as the terminal has room for.
#pragma once

#include "nodes/cli/look.hpp"
#include "protocols/value.hpp"

#include <string>
#include <vector>

namespace tenon::nodes::cli {

std::string item_table(const std::vector<value>& items, const look&);

} // namespace tenon::nodes::cli
