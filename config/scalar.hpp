// What a plain scalar says.
#pragma once

#include "protocols/value.hpp"

#include <string_view>

namespace tenon::config {

/// `true`, `false` and JSON's numbers become what they look like; everything else stays text, also
/// what YAML 1.1 would guess at: no, on, 0x1f, 007, 1_000, 12:30, .5, +1.
value plain_scalar(std::string_view text);

} // namespace tenon::config
