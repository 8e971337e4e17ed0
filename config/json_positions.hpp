// Where the members of a JSON text stand. The text has been read before and is known to be right.
#pragma once

#include "config/yaml.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace tenon::config {

/// Every path of `text` that is at most `max_path_bytes` long, as positions remember them.
std::map<std::string, spot, std::less<>> json_positions(std::string_view text,
                                                        std::size_t max_path_bytes);

} // namespace tenon::config
