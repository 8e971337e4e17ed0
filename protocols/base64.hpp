// RFC 4648 base64: with padding where it is ours, and as others write it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tenon {

std::string to_base64(std::string_view bytes);

/// Nothing unless the text is exactly what to_base64 gives for some bytes.
std::optional<std::string> from_base64(std::string_view text);

/// In the alphabet for URLs, without padding: what tokens are made of.
std::string to_base64url(std::string_view bytes);

/// What others wrote: either alphabet, with or without padding. Nothing when it is neither.
std::optional<std::string> read_base64(std::string_view text);

} // namespace tenon
