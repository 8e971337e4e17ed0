#include "runtime/expression/compiling/compiler.hpp"

#include <array>

namespace tenon::runtime::expression {

/// Counts how deep the descent is; too deep is a failure and not the end of the stack.
class level {
public:
  explicit level(compiler& c) : compiler_{c} {
    if (++compiler_.nesting_ > max_nesting)
      compiler_.fail(compiler_.now_.at,
                     "the expression is nested more than " + std::to_string(max_nesting) + " deep");
  }
  level(const level&) = delete;
  level& operator=(const level&) = delete;
  ~level() { --compiler_.nesting_; }

private:
  compiler& compiler_;
};

namespace {

constexpr std::array<std::pair<std::string_view, operation>, 11> comparisons{
    {{"==", operation::equal},
     {"!=", operation::not_equal},
     {"<", operation::less},
     {"<=", operation::less_equal},
     {">", operation::greater},
     {">=", operation::greater_equal},
     {"in", operation::in},
     {"contains", operation::contains},
     {"startswith", operation::starts_with},
     {"endswith", operation::ends_with},
     {"matches", operation::matches}}};

const operation* comparison_named(const token& t) {
  for (const auto& [spelling, what] : comparisons)
    if (t.is(spelling))
      return &what;
  return nullptr;
}

} // namespace

compiler::part compiler::pipe() {
  const level deeper{*this};
  auto result = conditional();
  bool piped = false;
  while (accept("|")) {
    piped = true;
    const auto name = now_;
    if (name.what != token::kind::name) {
      fail(name.at, "a function's name belongs after `|`, not " + found());
      break;
    }
    advance();
    result = call(name, &result);
  }
  constexpr std::string_view signs{"+-*/%"};
  if (piped &&
      (comparison_named(now_) || now_.is("and") || now_.is("or") || now_.is("??") || now_.is("?") ||
       (now_.spelling.size() == 1 && now_.what == token::kind::sign &&
        signs.find(now_.spelling.front()) != signs.npos)))
    fail(now_.at, found() + " cannot follow a pipe", "Put the pipe in parentheses: `(x | f) ...`.");
  return result;
}

compiler::part compiler::conditional() {
  const level deeper{*this};
  const auto condition = disjunction();
  if (!accept("?"))
    return condition;
  check_condition(condition);
  const auto to_else = emit(operation::pop_skip_unless, condition.at);
  const auto yes = conditional();
  expect(":", "the first choice of `? :`");
  const auto to_end = emit(operation::skip, now_.at);
  land(to_else);
  const auto no = conditional();
  land(to_end);
  return {static_cast<types>(yes.can_be | no.can_be), condition.at};
}

compiler::part compiler::disjunction() {
  auto left = conjunction();
  while (!failed() && now_.is("or")) {
    advance();
    check_condition(left);
    const auto to_end = emit(operation::skip_if_true, left.at);
    const auto right = conjunction();
    check_condition(right);
    emit(operation::check_condition, right.at);
    land(to_end);
    left.can_be = type::boolean;
  }
  return left;
}

compiler::part compiler::conjunction() {
  auto left = negation();
  while (!failed() && now_.is("and")) {
    advance();
    check_condition(left);
    const auto to_end = emit(operation::skip_if_false, left.at);
    const auto right = negation();
    check_condition(right);
    emit(operation::check_condition, right.at);
    land(to_end);
    left.can_be = type::boolean;
  }
  return left;
}

compiler::part compiler::negation() {
  if (!now_.is("not"))
    return comparison();
  const level deeper{*this};
  const auto at = now_.at;
  advance();
  const auto operand = negation();
  check_condition(operand);
  emit(operation::logical_not, at);
  return {type::boolean, at};
}

compiler::part compiler::comparison() {
  auto left = coalescing();
  const auto at = now_.at;
  const operation* named = comparison_named(now_);
  auto what = named ? *named : operation::not_in;
  if (!named) {
    if (!now_.is("not"))
      return left;
    advance();
    if (!now_.is("in")) {
      fail(at, "`not` belongs before what it negates", "Write `not (a == b)` or `a not in b`.");
      return left;
    }
  }
  advance();
  const auto right = coalescing();
  left = check_binary(what, left, right, at);
  if (what != operation::matches || !use_constant_pattern(right.at))
    emit(what, at);
  if (comparison_named(now_))
    fail(now_.at, "comparisons do not chain", "Join them with `and`: `a < b and b < c`.");
  return left;
}

compiler::part compiler::coalescing() {
  auto left = additive();
  while (accept("??")) {
    check_no_bytes(left);
    expect_missing();
    const auto to_end = emit(operation::skip_if_present, left.at);
    const auto right = additive();
    land(to_end);
    left.can_be = static_cast<types>((left.can_be & ~type::null) | right.can_be);
  }
  return left;
}

compiler::part compiler::additive() {
  auto left = multiplicative();
  while (now_.is("+") || now_.is("-")) {
    const auto what = now_.is("+") ? operation::add : operation::subtract;
    const auto at = now_.at;
    advance();
    const auto right = multiplicative();
    left = check_binary(what, left, right, at);
    emit(what, at);
  }
  return left;
}

compiler::part compiler::multiplicative() {
  auto left = unary();
  while (now_.is("*") || now_.is("/") || now_.is("%")) {
    const auto what = now_.is("*")   ? operation::multiply
                      : now_.is("/") ? operation::divide
                                     : operation::remainder;
    const auto at = now_.at;
    advance();
    const auto right = unary();
    left = check_binary(what, left, right, at);
    emit(what, at);
  }
  return left;
}

compiler::part compiler::unary() {
  if (!now_.is("-"))
    return postfix();
  const level deeper{*this};
  const auto at = now_.at;
  advance();
  const auto first = made_.instructions.size();
  auto operand = unary();
  operand = check_binary(operation::negate, operand, operand, at);
  if (last_are_constants(first, 1)) {
    const auto constant = take_constants(1).front();
    if (const auto negated = negate(operand::of(constant)))
      emit_constant(negated->what == operand::kind::real ? value{negated->real}
                                                         : value{negated->integer},
                    at);
  } else {
    emit(operation::negate, at);
  }
  return operand;
}

} // namespace tenon::runtime::expression
