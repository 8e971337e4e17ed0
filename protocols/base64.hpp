// RFC 4648 base64 with padding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tenon {

std::string to_base64(std::string_view bytes);

/// Nothing unless the text is exactly what to_base64 gives for some bytes.
std::optional<std::string> from_base64(std::string_view text);

} // namespace tenon
