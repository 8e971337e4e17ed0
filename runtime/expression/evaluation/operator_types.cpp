#include "runtime/expression/evaluation/operators.hpp"

namespace tenon::runtime::expression {

operator_types types_of(operation what) {
  using namespace type;
  constexpr types time = moment | span;
  constexpr types ordered = null | number | text | time;
  switch (what) {
  case operation::add:
    return {number | text | time | boolean, number | text | time | boolean, number | text | time};
  case operation::subtract:
    return {number | time, number | text | time, number | time};
  case operation::multiply:
    return {number | span, number, number | span};
  case operation::divide:
  case operation::remainder:
    return {number, number, number};
  case operation::negate:
    return {number | span, anything, number | span};
  case operation::less:
  case operation::less_equal:
  case operation::greater:
  case operation::greater_equal:
    return {ordered, ordered, boolean};
  case operation::in:
  case operation::not_in:
    return {anything, null | text | list | object, boolean};
  case operation::contains:
    return {null | text | list | object, anything, boolean};
  case operation::starts_with:
  case operation::ends_with:
  case operation::matches:
    return {null | text, null | text, boolean};
  default:
    return {anything, anything, boolean};
  }
}

std::string_view spelling_of(operation what) {
  switch (what) {
  case operation::add:
    return "+";
  case operation::subtract:
  case operation::negate:
    return "-";
  case operation::multiply:
    return "*";
  case operation::divide:
    return "/";
  case operation::remainder:
    return "%";
  case operation::equal:
    return "==";
  case operation::not_equal:
    return "!=";
  case operation::less:
    return "<";
  case operation::less_equal:
    return "<=";
  case operation::greater:
    return ">";
  case operation::greater_equal:
    return ">=";
  case operation::in:
    return "in";
  case operation::not_in:
    return "not in";
  case operation::contains:
    return "contains";
  case operation::starts_with:
    return "startswith";
  case operation::ends_with:
    return "endswith";
  case operation::matches:
  case operation::matches_pattern:
    return "matches";
  default:
    return "?";
  }
}

} // namespace tenon::runtime::expression
