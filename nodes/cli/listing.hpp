// A list of the server's, shown whole: as JSON, or as a table, or that there is nothing in it.
#pragma once

#include "nodes/cli/shell.hpp"

#include <string>
#include <vector>

namespace tenon::nodes::cli {

exit_code show_items(const shell&, list items, const char* none);

/// Every item there is at these names below the tenant. For people each becomes a `line` first.
exit_code show_list(const shell&, std::initializer_list<std::string_view> names, const char* none,
                    value (*line)(const value&) = nullptr);

} // namespace tenon::nodes::cli
