// Follows a path into a value.
#pragma once

#include "runtime/expression/compiled.hpp"
#include "runtime/expression/evaluation/workspace.hpp"

#include <span>

namespace tenon::runtime::expression {

/// What the steps lead to from there. A step that leads nowhere gives null and sets `missing`; a
/// `*` gives the list of what the rest of the path finds in each element, without those where it
/// finds nothing.
result<operand> walk(operand from, std::span<const path_step> steps, workspace& work,
                     bool& missing);

/// The element at a key or position that was computed.
result<operand> element_at(const operand& from, const operand& key, workspace& work, bool& missing);

} // namespace tenon::runtime::expression
