// What the operators do with operands. Failures have no place yet; the machine adds it.
#pragma once

#include "runtime/expression/compiled.hpp"
#include "runtime/expression/evaluation/workspace.hpp"

namespace tenon::runtime::expression {

/// + - * / %
result<operand> calculate(operation, const operand& left, const operand& right, workspace& work);
result<operand> negate(const operand&);

/// == != < <= > >=
result<bool> compare(operation, const operand& left, const operand& right, workspace& work);

/// Negative, zero or positive as left comes before, with or after right; a failure unless both are
/// numbers, texts, moments or spans.
result<int> order_of(const operand& left, const operand& right);

/// in, contains, startswith, endswith; `not in` is the machine's.
result<bool> is_in(const operand& item, const operand& container, workspace& work);
result<bool> starts_or_ends(operation, const operand& text, const operand& part);
result<bool> matches(const operand& text, const re2::RE2& pattern);
result<bool> matches(const operand& text, const operand& pattern);

/// A pattern ready for use, bounded in size and memory.
result<std::shared_ptr<const re2::RE2>> compile_pattern(std::string_view pattern);

/// Null is false.
result<bool> as_condition(const operand&);

/// What an operator can work with on each side and what it then gives, for the static check.
struct operator_types {
  types left;
  types right;
  types gives;
};
operator_types types_of(operation);

/// "+", "startswith".
std::string_view spelling_of(operation);

} // namespace tenon::runtime::expression
