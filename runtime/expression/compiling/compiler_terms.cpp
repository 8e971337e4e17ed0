#include "runtime/expression/compiling/compiler.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tenon::runtime::expression {
namespace {

constexpr std::array<std::string_view, 10> words{
    "and", "or", "not", "in", "contains", "startswith", "endswith", "matches", "if", "else"};

} // namespace

compiler::part compiler::postfix() {
  if (now_.what == token::kind::name && !next_is("(") && !now_.is("true") && !now_.is("false") &&
      !now_.is("null"))
    return root_path();
  const auto start = primary();
  if (now_.is(".") || now_.is("[")) {
    check_no_bytes(start);
    return path_from(start, {}, {});
  }
  return start;
}

compiler::part compiler::primary() {
  const auto at = now_.at;
  switch (now_.what) {
  case token::kind::number:
    return number();
  case token::kind::text:
    emit_constant(value{std::move(now_.text)}, at);
    advance();
    return {type::text, at};
  case token::kind::name:
    return word();
  default:
    break;
  }
  if (now_.is("["))
    return list_literal();
  if (now_.is("{"))
    return object_literal();
  if (accept("(")) {
    auto inner = pipe();
    expect(")", "what is in parentheses");
    inner.at = at;
    return inner;
  }
  fail(at, "a value belongs here, not " + found());
  return {type::anything, at};
}

compiler::part compiler::number() {
  const auto at = now_.at;
  const auto* first = now_.spelling.data();
  const auto* last = first + now_.spelling.size();
  std::int64_t whole = 0;
  double real = 0;
  if (const auto [end, error] = std::from_chars(first, last, whole);
      error == std::errc{} && end == last) {
    emit_constant(value{whole}, at);
  } else if (std::from_chars(first, last, real).ec == std::errc{}) {
    emit_constant(value{real}, at);
  } else {
    fail(at, "the number is too large");
  }
  advance();
  if (now_.what == token::kind::name && now_.at == at + static_cast<std::size_t>(last - first))
    fail(at, "a number cannot have letters after it",
         "Put lengths of time in quotes: \"30m\", \"2d\".");
  return {type::number, at};
}

compiler::part compiler::word() {
  const auto name = now_;
  advance();
  if (name.is("true") || name.is("false")) {
    emit_constant(value{name.is("true")}, name.at);
    return {type::boolean, name.at};
  }
  if (name.is("null")) {
    emit_constant(value{}, name.at);
    return {type::null, name.at};
  }
  return call(name, nullptr);
}

compiler::part compiler::list_literal() {
  const auto at = now_.at;
  const auto first = made_.instructions.size();
  advance();
  std::size_t count = 0;
  while (!failed() && !now_.is("]")) {
    check_no_bytes(pipe());
    ++count;
    if (!accept(","))
      break;
  }
  expect("]", "the elements of a list");
  if (last_are_constants(first, count)) {
    auto constants = take_constants(count);
    emit_constant(value{std::move(constants)}, at);
  } else {
    emit(operation::build_list, at, count);
  }
  return {type::list, at};
}

compiler::part compiler::object_literal() {
  const auto at = now_.at;
  const auto first = made_.instructions.size();
  advance();
  std::vector<std::string> keys;
  while (!failed() && !now_.is("}")) {
    if (now_.what != token::kind::name && now_.what != token::kind::text) {
      fail(now_.at, "a key belongs here, not " + found());
      break;
    }
    auto key = now_.what == token::kind::name ? std::string{now_.spelling} : now_.text;
    if (std::ranges::find(keys, key) != keys.end())
      fail(now_.at, "the key '" + key + "' is there twice");
    emit_constant(value{key}, now_.at);
    keys.push_back(std::move(key));
    advance();
    expect(":", "a key");
    check_no_bytes(pipe());
    if (!accept(","))
      break;
  }
  expect("}", "the members of an object");
  if (last_are_constants(first, 2 * keys.size())) {
    auto constants = take_constants(2 * keys.size());
    object members;
    for (std::size_t i = 0; i + 1 < constants.size(); i += 2)
      members.append(keys[i / 2], std::move(constants[i + 1]));
    emit_constant(value{std::move(members)}, at);
  } else {
    emit(operation::build_object, at, keys.size());
  }
  return {type::object, at};
}

void compiler::check_root(const token& name) {
  const auto is = [&](const std::string& root) { return root == name.spelling; };
  const bool secret = std::ranges::any_of(options_.secret_roots, is);
  if (secret && !options_.allow_secrets)
    fail(name.at, "a secret cannot be used here",
         "Secrets may stand only in fields that are sent and never shown or stored.");
  made_.uses_secret = made_.uses_secret || secret;
  if (secret || options_.roots.empty() || std::ranges::any_of(options_.roots, is))
    return;
  if (std::ranges::find(words, name.spelling) != words.end()) {
    fail(name.at, "a value belongs here, not `" + std::string{name.spelling} + "`");
    return;
  }
  auto remedy = find_function(name.spelling)
                    ? "Did you mean `" + std::string{name.spelling} + "()`?"
                    : did_you_mean(name.spelling, known_roots());
  if (remedy.empty())
    for (const auto root : known_roots())
      remedy += (remedy.empty() ? "There are " : ", ") + std::string{root};
  fail(name.at, "there is no `" + std::string{name.spelling} + "` here", std::move(remedy));
}

std::vector<std::string_view> compiler::known_roots() const {
  std::vector<std::string_view> known{options_.roots.begin(), options_.roots.end()};
  if (options_.allow_secrets)
    known.insert(known.end(), options_.secret_roots.begin(), options_.secret_roots.end());
  return known;
}

compiler::part compiler::root_path() {
  const auto name = now_;
  const auto is = [&](const std::string& root) { return root == name.spelling; };
  const bool known =
      std::ranges::any_of(options_.roots, is) || std::ranges::any_of(options_.secret_roots, is);
  const bool reserved = std::ranges::find(words, name.spelling) != words.end();
  advance();
  if (reserved) {
    fail(name.at, "a value belongs here, not `" + std::string{name.spelling} + "`");
    return {};
  }
  if (!known && !options_.implied_root.empty()) {
    std::vector<path_step> steps{{path_step::kind::name, 0, std::string{name.spelling}}};
    return path_from({type::anything, name.at}, options_.implied_root, std::move(steps));
  }
  check_root(name);
  return path_from({type::anything, name.at}, std::string{name.spelling}, {});
}

/// A key or position that is written out becomes a step; for one that is computed `false`, with the
/// bracket still to be read.
bool compiler::path_bracket(std::vector<path_step>& steps) {
  auto inner = next_token(source(), now_.end);
  const bool negative = inner && inner->is("-");
  if (negative)
    inner = next_token(source(), inner->end);
  if (!inner)
    return false;
  const auto close = next_token(source(), inner->end);
  if (!close || !close->is("]"))
    return false;
  path_step step;
  if (inner->what == token::kind::text && !negative) {
    step = {path_step::kind::name, 0, inner->text};
  } else {
    const auto digits = inner->spelling;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), step.position);
    if (inner->what != token::kind::number || error != std::errc{} ||
        end != digits.data() + digits.size())
      return false;
    step.what = path_step::kind::position;
    step.position = negative ? -step.position : step.position;
  }
  steps.push_back(std::move(step));
  start_at(close->end);
  return true;
}

compiler::part compiler::path_from(part start, std::string root, std::vector<path_step> steps) {
  bool from_root = !root.empty();
  auto end = now_.at;
  const auto flush = [&] {
    if (from_root || !steps.empty())
      emit_path({from_root ? root : std::string{}, std::move(steps),
                 std::string{source().substr(start.at, end - start.at)}},
                start.at);
    from_root = false;
    steps.clear();
  };
  while (end > start.at && (source()[end - 1] == ' ' || source()[end - 1] == '\n'))
    --end;
  while (!failed()) {
    if (accept(".")) {
      end = now_.end;
      if (now_.is("*"))
        steps.push_back({path_step::kind::every, 0, {}});
      else if (now_.what == token::kind::name)
        steps.push_back({path_step::kind::name, 0, std::string{now_.spelling}});
      else
        fail(now_.at, "a field's name belongs after `.`, not " + found(),
             "Write other names in brackets: a[\"x-y\"], a[0].");
      advance();
    } else if (now_.is("[")) {
      if (path_bracket(steps)) {
        end = source().rfind(']', now_.at == 0 ? 0 : now_.at - 1) + 1;
        continue;
      }
      flush();
      const auto at = now_.at;
      advance();
      const auto key = pipe();
      check_no_bytes(key);
      if (!failed() && (key.can_be & (type::text | type::number | type::null)) == 0)
        fail(key.at, "a key is a text or a whole number, this is " + names_of(key.can_be));
      end = now_.end;
      expect("]", "a key");
      emit(operation::index, at);
    } else {
      break;
    }
  }
  flush();
  return {type::anything, start.at};
}

} // namespace tenon::runtime::expression
