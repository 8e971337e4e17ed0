#include "runtime/expression/compiling/compiler.hpp"

#include <algorithm>

namespace tenon::runtime::expression {
namespace {

constexpr std::size_t max_stack = 256;

/// How many operands an instruction takes off the stack, and how many it puts there, when the one
/// after it runs next.
std::pair<std::size_t, std::size_t> effect_of(const instruction& i) {
  switch (i.what) {
  case operation::constant:
  case operation::load:
    return {0, 1};
  case operation::walk:
  case operation::negate:
  case operation::logical_not:
  case operation::check_condition:
  case operation::matches_pattern:
    return {1, 1};
  case operation::skip:
    return {0, 0};
  case operation::skip_if_false:
  case operation::skip_if_true:
  case operation::skip_if_present:
  case operation::pop_skip_unless:
    return {1, 0};
  case operation::build_list:
  case operation::join:
    return {i.argument, 1};
  case operation::build_object:
    return {2 * std::size_t{i.argument}, 1};
  case operation::call:
    return {i.count, 1};
  default:
    return {2, 1};
  }
}

/// The most operands that are ever on the stack.
std::size_t height_of(const std::vector<instruction>& all) {
  std::vector<std::size_t> landing(all.size() + 1, 0);
  std::size_t height = 0;
  std::size_t most = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0 && all[i - 1].what == operation::skip)
      height = landing[i];
    switch (all[i].what) {
    case operation::skip:
    case operation::skip_if_false:
    case operation::skip_if_true:
    case operation::skip_if_present:
      landing[all[i].argument] = height;
      break;
    case operation::pop_skip_unless:
      landing[all[i].argument] = height - 1;
      break;
    default:
      break;
    }
    const auto [takes, puts] = effect_of(all[i]);
    height = height - takes + puts;
    most = std::max(most, height);
  }
  return most;
}

} // namespace

result<std::shared_ptr<const compiled>> compiler::compile_bare() {
  if (source().size() > max_source_bytes)
    return failure{code::too_large,
                   "the expression is longer than " + std::to_string(max_source_bytes) + " bytes"};
  start_at(0);
  const auto whole = pipe();
  if (!failed() && now_.what != token::kind::end)
    fail(now_.at, found() + " is not expected here",
         now_.is("}") ? "Leave the {{ }} out: this is an expression already." : "");
  return finish(whole);
}

result<std::shared_ptr<const compiled>> compiler::compile_template() {
  if (source().size() > max_source_bytes)
    return failure{code::too_large,
                   "the text is longer than " + std::to_string(max_source_bytes) + " bytes"};
  std::size_t parts = 0;
  std::size_t at = 0;
  part only{type::text, 0};
  bool literal = false;
  while (!failed() && at < source().size()) {
    const auto open = std::min(source().find("{{", at), source().size());
    if (open > at) {
      emit_constant(value{source().substr(at, open - at)}, at);
      literal = true;
      ++parts;
    }
    at = open;
    if (open == source().size())
      break;
    start_at(open + 2);
    only = pipe();
    ++parts;
    if (!failed() && !(now_.is("}") && source().substr(now_.end).starts_with('}')))
      fail(now_.at, found() + " is not expected here",
           now_.what == token::kind::end ? "Close the expression with }}." : "");
    at = now_.end + 1;
    if (!failed() && (parts > 1 || at < source().size()))
      check_no_bytes(only);
  }
  if (parts == 0)
    emit_constant(value{""}, 0);
  if (parts > 1) {
    emit(operation::join, 0, parts);
    only = {type::text, 0};
  } else if (literal) {
    only = {type::text, 0};
  }
  return finish(only);
}

void compiler::start_at(std::size_t byte) {
  if (failed())
    return;
  auto next = next_token(source(), byte);
  if (next)
    now_ = std::move(*next);
  else
    fail(byte, next.error().why, next.error().remedy), failure_->where = next.error().where;
}

void compiler::advance() {
  start_at(now_.end);
}

bool compiler::accept(std::string_view sign) {
  if (failed() || !now_.is(sign))
    return false;
  advance();
  return true;
}

bool compiler::next_is(std::string_view sign) const {
  const auto next = next_token(source(), now_.end);
  return next && next->is(sign);
}

void compiler::expect(std::string_view sign, std::string_view after) {
  if (!failed() && !accept(sign))
    fail(now_.at,
         "`" + std::string{sign} + "` belongs after " + std::string{after} + ", not " + found());
}

std::string compiler::found() const {
  if (now_.what == token::kind::end)
    return "the end";
  return '`' + std::string{now_.spelling.substr(0, 40)} + '`';
}

void compiler::fail(std::size_t at, std::string why, std::string remedy) {
  if (failed())
    return;
  failure_ = malformed_at(source(), at, std::move(why), std::move(remedy));
  now_ = {token::kind::end, source().size(), source().size(), {}};
}

std::size_t compiler::emit(operation what, std::size_t at, std::size_t argument,
                           std::size_t count) {
  made_.instructions.push_back({what, false, static_cast<std::uint16_t>(count),
                                static_cast<std::uint32_t>(argument),
                                static_cast<std::uint32_t>(at)});
  return made_.instructions.size() - 1;
}

void compiler::emit_constant(value v, std::size_t at) {
  emit(operation::constant, at, made_.constants.size());
  made_.constants.push_back(std::move(v));
}

void compiler::emit_path(path p, std::size_t at) {
  emit(p.root.empty() ? operation::walk : operation::load, at, made_.paths.size());
  made_.paths.push_back(std::move(p));
}

void compiler::land(std::size_t jump) {
  made_.instructions[jump].argument = static_cast<std::uint32_t>(made_.instructions.size());
}

void compiler::expect_missing() {
  if (made_.instructions.empty())
    return;
  auto& last = made_.instructions.back();
  last.quiet =
      last.what == operation::load || last.what == operation::walk || last.what == operation::index;
}

bool compiler::last_are_constants(std::size_t since, std::size_t count) const {
  const auto& all = made_.instructions;
  return all.size() - since == count &&
         std::all_of(all.begin() + static_cast<std::ptrdiff_t>(since), all.end(),
                     [](const instruction& i) { return i.what == operation::constant; });
}

std::vector<value> compiler::take_constants(std::size_t count) {
  auto& all = made_.instructions;
  std::vector<value> taken;
  for (auto i = all.size() - count; i < all.size(); ++i)
    taken.push_back(std::move(made_.constants[all[i].argument]));
  all.resize(all.size() - count);
  made_.constants.resize(made_.constants.size() - count);
  return taken;
}

/// A pattern that is written out is compiled once, here. Whether it was one.
bool compiler::use_constant_pattern(std::size_t at) {
  if (failed() || made_.instructions.back().what != operation::constant)
    return false;
  const auto& constant = made_.constants[made_.instructions.back().argument];
  const auto* text = constant.as<std::string>();
  if (!text)
    return false;
  auto pattern = compile_pattern(*text);
  if (!pattern) {
    fail(at, pattern.error().why);
    return true;
  }
  take_constants(1);
  emit(operation::matches_pattern, at, made_.patterns.size());
  made_.patterns.push_back(std::move(*pattern));
  return true;
}

result<std::shared_ptr<const compiled>> compiler::finish(const part& whole) {
  check_no_bytes(whole);
  if (failed())
    return std::move(*failure_);
  made_.stack = height_of(made_.instructions);
  if (made_.stack > max_stack || made_.instructions.size() > max_steps)
    return failure{code::too_large,
                   "the expression has too many parts",
                   {},
                   "Split it, or write long lists of constants as constants alone."};
  made_.gives = whole.can_be;
  return std::make_shared<const compiled>(std::move(made_));
}

} // namespace tenon::runtime::expression
