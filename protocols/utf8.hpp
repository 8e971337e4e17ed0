// What is UTF-8 and what is not, one character at a time.
#pragma once

#include <cstddef>
#include <string_view>

namespace tenon {

/// The bytes of the character at the front of `text`: 1 to 4, or zero when what is there is not
/// UTF-8 (overlong, a surrogate, cut off, beyond U+10FFFF) or nothing is there.
std::size_t utf8_sequence_length(std::string_view text);

/// The number of characters; a byte that is not UTF-8 counts as one.
std::size_t utf8_length(std::string_view text);

bool is_utf8(std::string_view text);

} // namespace tenon
