#include "runtime/expression/evaluation/machine.hpp"

#include "runtime/expression/evaluation/json_cursor.hpp"
#include "runtime/expression/evaluation/operators.hpp"
#include "runtime/expression/evaluation/walk.hpp"
#include "runtime/expression/function.hpp"

#include <algorithm>
#include <array>

namespace tenon::runtime::expression {
namespace {

result<operand> as_operand(result<bool> b) {
  if (!b)
    return std::move(b).error();
  return operand::of(*b);
}

/// A list or object that is only walked into is not passed over first to find its end.
result<operand> json_root(std::string_view bytes, bool walked, workspace& work) {
  const auto first = std::min(bytes.find_first_not_of(" \t\r\n"), bytes.size());
  bytes.remove_prefix(first);
  if (walked && (bytes.starts_with('{') || bytes.starts_with('[')))
    return operand::raw(bytes);
  return operand_of_json(json_value_at_front(bytes), work);
}

} // namespace

result<operand> machine::run() {
  constexpr std::size_t usual = 12;
  if (program_.stack <= usual) {
    std::array<operand, usual> stack;
    return run_on(stack.data());
  }
  std::vector<operand> stack(program_.stack);
  return run_on(stack.data());
}

failure machine::placed(failure f, const instruction& i) const {
  f.where = place_in(program_.source, i.at);
  return f;
}

result<operand> machine::run_on(operand* stack) {
  operand* top = stack;
  const auto& all = program_.instructions;
  for (std::size_t at = 0; at < all.size(); ++at) {
    const auto& i = all[at];
    switch (i.what) {
    case operation::constant:
      *top++ = operand::of(program_.constants[i.argument]);
      break;
    case operation::skip:
      at = i.argument - 1u;
      break;
    case operation::skip_if_present:
      if (!top[-1].is_null())
        at = i.argument - 1u;
      else
        --top;
      break;
    case operation::skip_if_false:
    case operation::skip_if_true:
    case operation::pop_skip_unless: {
      const auto condition = as_condition(top[-1]);
      if (!condition)
        return placed(condition.error(), i);
      const bool skips = *condition == (i.what == operation::skip_if_true);
      if (skips)
        at = i.argument - 1u;
      if (skips && i.what != operation::pop_skip_unless)
        top[-1] = operand::of(*condition);
      else
        --top;
      break;
    }
    default:
      if (auto done = perform(i, top); !done)
        return placed(std::move(done).error(), i);
    }
  }
  return top[-1];
}

result<void> machine::perform(const instruction& i, operand*& top) {
  result<operand> made{operand{}};
  std::size_t taken = 0;
  switch (i.what) {
  case operation::load:
    made = load(i);
    break;
  case operation::walk:
    taken = 1;
    made = walk_on(i, top[-1]);
    break;
  case operation::index: {
    taken = 2;
    bool missing = false;
    made = element_at(top[-2], top[-1], work_, missing);
    note_missing(i, missing);
    break;
  }
  case operation::build_list:
  case operation::build_object:
  case operation::join:
    taken = (i.what == operation::build_object ? 2u : 1u) * i.argument;
    made = build(i, top - taken);
    break;
  case operation::call:
    taken = i.count;
    made = call(i, top - taken);
    break;
  case operation::negate:
    taken = 1;
    made = negate(top[-1]);
    break;
  case operation::logical_not:
  case operation::check_condition: {
    taken = 1;
    auto condition = as_condition(top[-1]);
    if (!condition)
      return std::move(condition).error();
    made = operand::of(*condition == (i.what == operation::check_condition));
    break;
  }
  case operation::matches_pattern:
    taken = 1;
    made = as_operand(matches(top[-1], *program_.patterns[i.argument]));
    break;
  default:
    taken = 2;
    made = binary(i, top[-2], top[-1]);
  }
  if (!made)
    return std::move(made).error();
  top -= taken;
  *top++ = *made;
  return {};
}

void machine::note_missing(const instruction& i, bool missing) {
  if (!missing || i.quiet)
    return;
  if (notes_.missing++ == 0 && i.what != operation::index)
    notes_.first_missing = program_.paths[i.argument].text;
}

result<operand> machine::load(const instruction& i) {
  const auto& p = program_.paths[i.argument];
  const auto* root = scope_.find(p.root);
  bool missing = !root;
  result<operand> found{operand{}};
  if (root) {
    notes_.secret = notes_.secret || root->secret;
    if (root->tree)
      found = operand::of(*root->tree);
    else
      found = json_root(root->json, !p.steps.empty(), work_);
    if (found && !p.steps.empty())
      found = walk(*found, p.steps, work_, missing);
  }
  note_missing(i, missing);
  return found;
}

result<operand> machine::walk_on(const instruction& i, const operand& from) {
  bool missing = false;
  auto found = walk(from, program_.paths[i.argument].steps, work_, missing);
  note_missing(i, missing);
  return found;
}

result<operand> machine::call(const instruction& i, const operand* first) {
  const auto& f = *program_.functions[i.argument];
  if (auto affordable = work_.spend(1); !affordable)
    return std::move(affordable).error();
  const arguments given{first, i.count};
  for (std::size_t n = 0; n < given.size(); ++n) {
    // Bytes are texts by now; the static check has kept them apart.
    auto allowed = f.parameter(n);
    allowed = static_cast<types>((allowed & type::bytes) != 0 ? allowed | type::text : allowed);
    if ((given[n].type() & allowed) != 0)
      continue;
    if (n == 0 && given[0].is_null())
      return operand{};
    return failure{code::malformed,
                   "argument " + std::to_string(n + 1) + " of `" + std::string{f.name} + "` is " +
                       names_of(f.parameter(n)) + ", this is " + names_of(given[n].type()),
                   {},
                   "It is " + std::string{f.entry.signature} + "."};
  }
  return f.entry.body(work_, given);
}

result<operand> machine::build(const instruction& i, const operand* first) {
  if (i.what == operation::join) {
    std::string text;
    for (std::size_t n = 0; n < i.argument; ++n)
      if (auto added = work_.append_text(text, first[n]); !added)
        return std::move(added).error();
    return work_.keep(std::move(text));
  }
  list items;
  object members;
  for (std::size_t n = 0; n < i.argument; ++n) {
    const bool pairs = i.what == operation::build_object;
    auto element = work_.own(pairs ? first[2 * n + 1] : first[n]);
    if (!element)
      return std::move(element).error();
    if (pairs)
      members.append(std::string{first[2 * n].text}, std::move(*element));
    else
      items.push_back(std::move(*element));
  }
  return work_.keep(i.what == operation::build_object ? value{std::move(members)}
                                                      : value{std::move(items)});
}

result<operand> machine::binary(const instruction& i, const operand& left, const operand& right) {
  switch (i.what) {
  case operation::add:
  case operation::subtract:
  case operation::multiply:
  case operation::divide:
  case operation::remainder:
    return calculate(i.what, left, right, work_);
  case operation::in:
    return as_operand(is_in(left, right, work_));
  case operation::contains:
    return as_operand(is_in(right, left, work_));
  case operation::not_in: {
    auto in = is_in(left, right, work_);
    if (!in)
      return std::move(in).error();
    return operand::of(!*in);
  }
  case operation::starts_with:
  case operation::ends_with:
    return as_operand(starts_or_ends(i.what, left, right));
  case operation::matches:
    return as_operand(matches(left, right));
  default:
    return as_operand(compare(i.what, left, right, work_));
  }
}

} // namespace tenon::runtime::expression
