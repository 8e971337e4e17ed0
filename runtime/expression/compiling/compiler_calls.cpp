#include "runtime/expression/compiling/compiler.hpp"

#include <algorithm>
#include <numeric>

namespace tenon::runtime::expression {
namespace {

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0u);
  for (std::size_t i = 0; i < a.size(); ++i) {
    auto diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const auto changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

/// Functions that are asked about what may be missing.
bool expects_missing(const function& f) {
  return f.name == "has" || f.name == "default" || f.name == "coalesce" || f.name == "type";
}

} // namespace

std::string_view closest(std::string_view name, const std::vector<std::string_view>& known) {
  if (name.size() > 64)
    return {};
  std::string_view best;
  std::size_t least = name.size() < 4 ? 2 : 3; // one beyond what is still alike
  for (const auto candidate : known)
    if (const auto d = distance(name, candidate.substr(0, 64)); d < least) {
      least = d;
      best = candidate;
    }
  return best;
}

std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& known) {
  const auto best = closest(name, known);
  return best.empty() ? std::string{} : "Did you mean `" + std::string{best} + "`?";
}

std::vector<compiler::part> compiler::call_arguments(const part* piped, bool quiet) {
  std::vector<part> given;
  if (piped) {
    given.push_back(*piped);
    if (quiet)
      expect_missing();
    if (!now_.is("("))
      return given;
  }
  expect("(", "a function's name");
  while (!failed() && !now_.is(")")) {
    given.push_back(pipe());
    if (quiet)
      expect_missing();
    if (!accept(","))
      break;
  }
  expect(")", "a function's arguments");
  return given;
}

compiler::part compiler::call(const token& name, const part* piped) {
  const auto* f = find_function(name.spelling);
  if (!f) {
    std::vector<std::string_view> known;
    for (const auto& other : all_functions())
      known.push_back(other.name);
    fail(name.at, "there is no function `" + std::string{name.spelling} + "`",
         did_you_mean(name.spelling, known));
    return {};
  }
  const auto given = call_arguments(piped, expects_missing(*f));
  if (given.size() < f->at_least || given.size() > f->at_most)
    fail(name.at,
         "`" + std::string{f->name} + "` takes another number of arguments than " +
             std::to_string(given.size()),
         "It is " + std::string{f->entry.signature} + ".");
  if (failed())
    return {};
  for (std::size_t i = 0; i < given.size(); ++i)
    check_argument(*f, i, given[i]);
  const auto index = made_.functions.size();
  made_.functions.push_back(f);
  made_.uses_now = made_.uses_now || f->name == "now";
  emit(operation::call, name.at, index, given.size());
  auto gives = f->gives;
  if (!given.empty() && (given[0].can_be & type::null) != 0 && (f->parameter(0) & type::null) == 0)
    gives = static_cast<types>(gives | type::null);
  return {gives, piped ? piped->at : name.at};
}

void compiler::check_argument(const function& f, std::size_t index, const part& given) {
  auto allowed = f.parameter(index);
  if (index == 0)
    allowed = static_cast<types>(allowed | type::null);
  const bool bytes = (given.can_be & type::bytes) != 0 && (allowed & type::bytes) == 0;
  if (bytes)
    check_no_bytes(given);
  else if ((given.can_be & allowed) == 0)
    fail(given.at,
         "argument " + std::to_string(index + 1) + " of `" + std::string{f.name} + "` is " +
             names_of(f.parameter(index)) + ", this is " + names_of(given.can_be),
         "It is " + std::string{f.entry.signature} + ".");
}

void compiler::check_no_bytes(const part& p) {
  if ((p.can_be & type::bytes) != 0)
    fail(p.at, "these are raw bytes", "Pipe them into `hex` or `base64`.");
}

void compiler::check_condition(const part& p) {
  check_no_bytes(p);
  if ((p.can_be & (type::boolean | type::null)) == 0)
    fail(p.at, "a condition is true or false, this is " + names_of(p.can_be),
         "Compare it with something, or use `has(x)`.");
}

compiler::part compiler::check_binary(operation what, const part& left, const part& right,
                                      std::size_t at) {
  const auto allowed = types_of(what);
  check_no_bytes(left);
  check_no_bytes(right);
  const auto refuse = [&](const part& side, types wanted) {
    fail(side.at, "`" + std::string{spelling_of(what)} + "` works with " + names_of(wanted) +
                      ", this is " + names_of(side.can_be));
  };
  if ((left.can_be & allowed.left) == 0)
    refuse(left, allowed.left);
  else if ((right.can_be & allowed.right) == 0)
    refuse(right, allowed.right);
  auto gives = allowed.gives;
  // What one side certainly is decides what comes out.
  const auto both = static_cast<types>(left.can_be | right.can_be);
  constexpr types time = type::moment | type::span;
  if (what == operation::add && both == type::number)
    gives = type::number;
  else if (what == operation::add && (both & time) == 0 &&
           (left.can_be == type::text || right.can_be == type::text))
    gives = type::text;
  else if (what != operation::add && gives != type::boolean && (both & time) == 0)
    gives = type::number;
  const bool ordered = what == operation::less || what == operation::less_equal ||
                       what == operation::greater || what == operation::greater_equal;
  const auto either = [&](types a, types b) {
    return (left.can_be == a && right.can_be == b) || (left.can_be == b && right.can_be == a);
  };
  if (!failed() && ordered && either(type::number, type::text))
    fail(at, "a number and a text have no order", "Convert one: `number(x)` or `text(x)`.");
  if (!failed() && what == operation::subtract && either(type::number, type::text))
    fail(at, "`-` cannot work with number and text", "Convert the text: `number(x)`.");
  if (!failed() && what == operation::add && either(type::boolean, type::number))
    fail(at, "`+` cannot work with bool and number");
  return {gives, left.at};
}

} // namespace tenon::runtime::expression
