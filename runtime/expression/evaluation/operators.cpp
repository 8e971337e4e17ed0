#include "runtime/expression/evaluation/operators.hpp"

#include "runtime/expression/evaluation/json_cursor.hpp"

#include <re2/re2.h>

#include <cmath>
#include <compare>

namespace tenon::runtime::expression {
namespace {

using kind = operand::kind;

failure wrong(std::string why, std::string remedy = {}) {
  return {code::malformed, std::move(why), {}, std::move(remedy)};
}

failure wrong_types(operation what, const operand& left, const operand& right) {
  const bool null = left.is_null() || right.is_null();
  return wrong("`" + std::string{spelling_of(what)} + "` cannot work with " +
                   names_of(left.type()) + " and " + names_of(right.type()),
               null ? "Give what may be missing a default: `x ?? 0`." : "");
}

failure overflow() {
  return wrong("the result is larger than a number can be");
}

result<operand> real(double d) {
  if (!std::isfinite(d))
    return overflow();
  return operand::of(d);
}

result<operand> calculate_whole(operation what, std::int64_t a, std::int64_t b) {
  std::int64_t n = 0;
  bool over = false;
  switch (what) {
  case operation::add:
    over = __builtin_add_overflow(a, b, &n);
    break;
  case operation::subtract:
    over = __builtin_sub_overflow(a, b, &n);
    break;
  case operation::multiply:
    over = __builtin_mul_overflow(a, b, &n);
    break;
  default:
    if (b == 0)
      return wrong("division by zero");
    if (b == -1) // the one quotient that does not fit, and its remainder, which traps
      return what == operation::divide ? calculate_whole(operation::subtract, 0, a)
                                       : result<operand>{operand::of(std::int64_t{0})};
    if (what == operation::divide && a % b != 0)
      return real(static_cast<double>(a) / static_cast<double>(b));
    n = what == operation::divide ? a / b : a % b;
  }
  if (over)
    return overflow();
  return operand::of(n);
}

result<operand> calculate_numbers(operation what, const operand& left, const operand& right) {
  if (left.what == kind::integer && right.what == kind::integer)
    return calculate_whole(what, left.integer, right.integer);
  const auto a = left.number();
  const auto b = right.number();
  switch (what) {
  case operation::add:
    return real(a + b);
  case operation::subtract:
    return real(a - b);
  case operation::multiply:
    return real(a * b);
  default:
    if (b == 0)
      return wrong("division by zero");
    return real(what == operation::divide ? a / b : std::fmod(a, b));
  }
}

/// Lengths of time are whole milliseconds, so they calculate as whole numbers do.
result<operand> as_kind(kind what, result<operand> whole) {
  if (whole)
    whole->what = what;
  return whole;
}

bool is_time(const operand& o) {
  return o.what == kind::moment || o.what == kind::span;
}

result<operand> calculate_time(operation what, const operand& left, const operand& right) {
  const bool sum = what == operation::add || what == operation::subtract;
  if (sum && is_time(left) && right.is_text()) {
    auto length = parse_span(right.text);
    if (!length)
      return std::move(length).error();
    return as_kind(left.what, calculate_whole(what, left.integer, length->count()));
  }
  const auto is = [&](kind l, kind r) { return left.what == l && right.what == r; };
  if (sum && (is(kind::moment, kind::span) || is(kind::span, kind::span)))
    return as_kind(left.what, calculate_whole(what, left.integer, right.integer));
  if (what == operation::add && is(kind::span, kind::moment))
    return as_kind(kind::moment, calculate_whole(what, left.integer, right.integer));
  if (what == operation::subtract && is(kind::moment, kind::moment))
    return as_kind(kind::span, calculate_whole(what, left.integer, right.integer));
  if (what == operation::multiply && is(kind::span, kind::integer))
    return as_kind(kind::span, calculate_whole(what, left.integer, right.integer));
  return wrong_types(what, left, right);
}

/// A text beside a moment or span is read as one. Whether both are now of one kind.
result<void> align(operand& a, operand& b) {
  if (a.is_text() && is_time(b)) {
    if (b.what == kind::moment) {
      auto read = parse_moment(a.text);
      if (!read)
        return std::move(read).error();
      a = operand::of(*read);
    } else {
      auto read = parse_span(a.text);
      if (!read)
        return std::move(read).error();
      a = operand::of(*read);
    }
  }
  return {};
}

result<bool> equal(operand left, operand right, workspace& work) {
  // A text that is no time equals none: equality has an answer for everything.
  if (!align(left, right) || !align(right, left))
    return false;
  for (auto* side : {&left, &right}) {
    if (side->what != kind::json)
      continue;
    if (!left.is_container() || !right.is_container())
      return false;
    auto tree = work.tree_of(*side);
    if (!tree)
      return std::move(tree).error();
    *side = operand::of(**tree);
  }
  return equal_trees(left, right);
}

} // namespace

result<operand> calculate(operation what, const operand& left, const operand& right,
                          workspace& work) {
  if (left.is_number() && right.is_number())
    return calculate_numbers(what, left, right);
  if (is_time(left) || (is_time(right) && !left.is_text()))
    return calculate_time(what, left, right);
  const bool joins = what == operation::add && (left.is_text() || right.is_text());
  if (!joins || left.is_null() || right.is_null() || left.is_container() || right.is_container())
    return wrong_types(what, left, right);
  std::string text;
  append_scalar(text, left);
  append_scalar(text, right);
  return work.keep(std::move(text));
}

result<operand> negate(const operand& o) {
  if (o.what == kind::real)
    return operand::of(-o.real);
  if (o.what == kind::integer || o.what == kind::span)
    return as_kind(o.what, calculate_whole(operation::subtract, 0, o.integer));
  return wrong("`-` cannot work with " + names_of(o.type()));
}

result<int> order_of(const operand& l, const operand& r) {
  auto left = l;
  auto right = r;
  if (auto read = align(left, right); !read)
    return std::move(read).error();
  if (auto read = align(right, left); !read)
    return std::move(read).error();
  const auto sign = [](auto order) { return order < 0 ? -1 : order > 0 ? 1 : 0; };
  if (left.is_number() && right.is_number()) {
    if (left.what == kind::integer && right.what == kind::integer)
      return sign(left.integer <=> right.integer);
    const auto exact = [](const operand& o) {
      return o.what == kind::real ? static_cast<long double>(o.real)
                                  : static_cast<long double>(o.integer);
    };
    return sign(exact(left) <=> exact(right));
  }
  if (left.what == right.what && left.is_text())
    return sign(left.text.compare(right.text));
  if (left.what == right.what && is_time(left))
    return sign(left.integer <=> right.integer);
  return wrong(names_of(left.type()) + " and " + names_of(right.type()) + " have no order");
}

result<bool> compare(operation what, const operand& left, const operand& right, workspace& work) {
  if (what == operation::equal || what == operation::not_equal) {
    auto same = equal(left, right, work);
    if (!same)
      return same;
    return *same == (what == operation::equal);
  }
  if (left.is_null() || right.is_null())
    return false;
  const auto order = order_of(left, right);
  if (!order)
    return order.error();
  switch (what) {
  case operation::less:
    return *order < 0;
  case operation::less_equal:
    return *order <= 0;
  case operation::greater:
    return *order > 0;
  default:
    return *order >= 0;
  }
}

result<bool> is_in(const operand& item, const operand& container, workspace& work) {
  if (container.is_null())
    return false;
  if (container.is_text()) {
    if (item.is_null())
      return false;
    if (!item.is_text())
      return wrong("a text contains texts, not " + names_of(item.type()));
    return container.text.find(item.text) != container.text.npos;
  }
  if (container.what == kind::json && container.is_list()) {
    json_cursor elements{container.text};
    while (elements.next()) {
      auto affordable = work.spend(1);
      auto element = operand_of_json(elements.element(), work);
      auto same = !affordable ? affordable.error()
                  : !element  ? element.error()
                              : equal(item, *element, work);
      if (!same || *same)
        return same;
    }
    if (elements.broken())
      return wrong("what is looked up is not JSON: a bracket, quote or comma is missing");
    return false;
  }
  if (!container.is_container())
    return wrong("only a text, list or object contains something, not " +
                 names_of(container.type()));
  auto tree = work.tree_of(container);
  if (!tree)
    return std::move(tree).error();
  if (const auto* items = (*tree)->as<list>()) {
    // Long lists of constants are common and cheap to go over.
    if (auto affordable = work.spend(items->size() / 16); !affordable)
      return std::move(affordable).error();
    for (const auto& element : *items) {
      auto same = equal(item, operand::of(element), work);
      if (!same || *same)
        return same;
    }
    return false;
  }
  return item.is_text() && (*tree)->find(item.text) != nullptr;
}

result<bool> starts_or_ends(operation what, const operand& text, const operand& part) {
  if (text.is_null() || part.is_null())
    return false;
  if (!text.is_text() || !part.is_text())
    return wrong_types(what, text, part);
  return what == operation::starts_with ? text.text.starts_with(part.text)
                                        : text.text.ends_with(part.text);
}

result<std::shared_ptr<const re2::RE2>> compile_pattern(std::string_view pattern) {
  constexpr std::size_t max_pattern_bytes = 4096;
  if (pattern.size() > max_pattern_bytes)
    return failure{code::too_large, "the pattern is longer than 4096 bytes"};
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  auto compiled =
      std::make_shared<re2::RE2>(re2::StringPiece{pattern.data(), pattern.size()}, options);
  if (!compiled->ok())
    return wrong("the pattern is wrong: " + compiled->error());
  return std::shared_ptr<const re2::RE2>{std::move(compiled)};
}

result<bool> matches(const operand& text, const re2::RE2& pattern) {
  if (text.is_null())
    return false;
  if (!text.is_text())
    return wrong("`matches` needs a text, this is " + names_of(text.type()));
  return re2::RE2::PartialMatch(re2::StringPiece{text.text.data(), text.text.size()}, pattern);
}

result<bool> matches(const operand& text, const operand& pattern) {
  if (text.is_null() || pattern.is_null())
    return false;
  if (!pattern.is_text())
    return wrong("a pattern is a text, this is " + names_of(pattern.type()));
  auto compiled = compile_pattern(pattern.text);
  if (!compiled)
    return std::move(compiled).error();
  return matches(text, **compiled);
}

result<bool> as_condition(const operand& o) {
  if (o.is_null())
    return false;
  if (o.what != kind::boolean)
    return wrong("a condition is true or false, this is " + names_of(o.type()),
                 "Compare it with something, or use `has(x)`.");
  return o.boolean();
}

} // namespace tenon::runtime::expression
