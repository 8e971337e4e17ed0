// Static types of the expression language: the set of things a value can be.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::runtime::expression {

using types = std::uint16_t;

namespace type {
inline constexpr types null = 1;
inline constexpr types boolean = 2;
inline constexpr types number = 4;
inline constexpr types text = 8;
inline constexpr types moment = 16;
inline constexpr types span = 32;
inline constexpr types list = 64;
inline constexpr types object = 128;
inline constexpr types anything = 255;
/// What digests make. Only hex, base64 and keys take it, so that no raw bytes end up in a text.
inline constexpr types bytes = 256;
} // namespace type

/// "text", "number or null", "anything".
std::string names_of(types);

/// The set that "text|list" names; nothing when a name is unknown.
std::optional<types> types_named(std::string_view alternatives);

} // namespace tenon::runtime::expression
