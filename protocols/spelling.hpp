// What a person meant who mistyped a name.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace tenon {

/// The index of the known name that is nearest, if one is near: at most a third of its letters (and
/// one, for short ones) are changed, added, dropped or swapped with their neighbour. Names beyond
/// 64 letters are nobody's typing error, and would cost the square of their length.
std::optional<std::size_t> nearest(std::string_view given, std::span<const std::string_view> known);

} // namespace tenon
