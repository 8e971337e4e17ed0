// Functions on lists and objects, and those that ask what a value is.
#include "protocols/json.hpp"
#include "protocols/utf8.hpp"
#include "runtime/expression/evaluation/operators.hpp"
#include "runtime/expression/function.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <unordered_set>

namespace tenon::runtime::expression {
namespace {

result<operand> length(workspace& work, arguments args) {
  if (args[0].is_text())
    return operand::of(static_cast<std::int64_t>(utf8_length(args[0].text)));
  auto tree = work.tree_of(args[0]);
  if (!tree)
    return std::move(tree).error();
  const auto* items = (*tree)->as<list>();
  return operand::of(
      static_cast<std::int64_t>(items ? items->size() : (*tree)->as<object>()->size()));
}

template <bool Keys> result<operand> parts(workspace& work, arguments args) {
  auto tree = work.tree_of(args[0]);
  if (!tree)
    return std::move(tree).error();
  list found;
  for (const auto& [name, member] : *(*tree)->as<object>()) {
    auto part = work.own(Keys ? operand::of(std::string_view{name}) : operand::of(member));
    if (!part)
      return std::move(part).error();
    found.push_back(std::move(*part));
  }
  return work.keep(value{std::move(found)});
}

template <bool First> result<operand> end(workspace& work, arguments args) {
  auto tree = work.tree_of(args[0]);
  if (!tree)
    return std::move(tree).error();
  const auto& items = *(*tree)->as<list>();
  if (items.empty())
    return operand{};
  return operand::of(First ? items.front() : items.back());
}

/// Equal values have equal spellings.
std::string spelling_of(const value& v) {
  if (const auto* d = v.as<double>(); d && *d == std::trunc(*d) && std::fabs(*d) < 9e15)
    return std::to_string(static_cast<std::int64_t>(*d));
  return (v.is<moment>() ? "@" : "") + write_json(v);
}

result<operand> unique(workspace& work, arguments args) {
  auto tree = work.tree_of(args[0]);
  if (!tree)
    return std::move(tree).error();
  std::unordered_set<std::string> seen;
  list kept;
  for (const auto& item : *(*tree)->as<list>()) {
    if (auto affordable = work.spend(1); !affordable)
      return std::move(affordable).error();
    auto owned = work.own(operand::of(item));
    if (!owned)
      return std::move(owned).error();
    if (seen.insert(spelling_of(*owned)).second)
      kept.push_back(std::move(*owned));
  }
  return work.keep(value{std::move(kept)});
}

result<operand> sort(workspace& work, arguments args) {
  auto tree = work.tree_of(args[0]);
  if (!tree)
    return std::move(tree).error();
  auto copy = work.own(operand::of(**tree));
  if (!copy)
    return std::move(copy).error();
  auto& items = *copy->as<list>();
  if (auto affordable = work.spend(items.size()); !affordable)
    return std::move(affordable).error();
  // Sorting must not meet two that have no order, so their kinds are looked at first.
  types kinds = 0;
  for (const auto& item : items)
    kinds = static_cast<types>(kinds | operand::of(item).type());
  constexpr std::array<types, 4> sortable{type::number, type::text, type::moment, type::span};
  if (!items.empty() && std::ranges::find(sortable, kinds) == sortable.end())
    return refuse("only numbers, texts, moments or spans can be sorted, and only among their own; "
                  "this list has " +
                  names_of(kinds));
  std::ranges::stable_sort(items, [](const value& a, const value& b) {
    return order_of(operand::of(a), operand::of(b)).value() < 0;
  });
  return work.keep(std::move(*copy));
}

result<operand> reverse(workspace& work, arguments args) {
  auto tree = work.tree_of(args[0]);
  if (!tree)
    return std::move(tree).error();
  auto copy = work.own(operand::of(**tree));
  if (!copy)
    return std::move(copy).error();
  std::ranges::reverse(*copy->as<list>());
  return work.keep(std::move(*copy));
}

result<operand> has(workspace&, arguments args) {
  return operand::of(!args[0].is_null());
}

result<operand> type_of(workspace&, arguments args) {
  switch (args[0].type()) {
  case type::null:
    return operand::of(std::string_view{"null"});
  case type::boolean:
    return operand::of(std::string_view{"bool"});
  case type::number:
    return operand::of(std::string_view{"number"});
  case type::text:
    return operand::of(std::string_view{"text"});
  case type::moment:
    return operand::of(std::string_view{"moment"});
  case type::span:
    return operand::of(std::string_view{"span"});
  case type::list:
    return operand::of(std::string_view{"list"});
  default:
    return operand::of(std::string_view{"object"});
  }
}

result<operand> to_bool(workspace&, arguments args) {
  const auto& x = args[0];
  if (x.what == operand::kind::boolean)
    return x;
  if (x.is_number())
    return operand::of(x.number() != 0);
  for (const std::string_view yes : {"true", "yes", "on", "1"})
    if (x.text == yes)
      return operand::of(true);
  for (const std::string_view no : {"false", "no", "off", "0", ""})
    if (x.text == no)
      return operand::of(false);
  return refuse("'" + std::string{x.text.substr(0, 40)} + "' is neither true nor false",
                "Use true, yes, on, 1 or false, no, off, 0.");
}

result<operand> coalesce(workspace&, arguments args) {
  for (const auto& arg : args)
    if (!arg.is_null())
      return arg;
  return operand{};
}

result<operand> merge(workspace& work, arguments args) {
  object merged;
  for (const auto& arg : args) {
    auto tree = work.tree_of(arg);
    if (!tree)
      return std::move(tree).error();
    for (const auto& [name, member] : *(*tree)->as<object>()) {
      if (auto affordable = work.spend(1 + merged.size() / 16); !affordable)
        return std::move(affordable).error();
      auto owned = work.own(operand::of(member));
      if (!owned)
        return std::move(owned).error();
      merged[name] = std::move(*owned);
    }
  }
  return work.keep(value{std::move(merged)});
}

result<operand> without(workspace& work, arguments args) {
  auto tree = work.tree_of(args[0]);
  if (!tree)
    return std::move(tree).error();
  auto names = work.tree_of(args[1]);
  if (!names)
    return std::move(names).error();
  const auto& left_out = *(*names)->as<list>();
  object kept;
  for (const auto& [name, member] : *(*tree)->as<object>()) {
    if (auto affordable = work.spend(1 + left_out.size()); !affordable)
      return std::move(affordable).error();
    if (std::ranges::find(left_out, value{name}) != left_out.end())
      continue;
    auto owned = work.own(operand::of(member));
    if (!owned)
      return std::move(owned).error();
    kept.append(name, std::move(*owned));
  }
  return work.keep(value{std::move(kept)});
}

constexpr std::array<function_entry, 15> entries{{
    {"len(x: text|list|object) -> number", "The number of characters, elements or members.",
     length},
    {"keys(x: object) -> list", "The names of an object's members.", parts<true>},
    {"values(x: object) -> list", "The values of an object's members.", parts<false>},
    {"first(x: list) -> anything", "The first element; null when there is none.", end<true>},
    {"last(x: list) -> anything", "The last element; null when there is none.", end<false>},
    {"unique(x: list) -> list", "The elements without those that came before.", unique},
    {"sort(x: list) -> list", "The elements in rising order.", sort},
    {"reverse(x: list) -> list", "The elements from last to first.", reverse},
    {"has(x: anything) -> bool", "Whether there is a value that is not null.", has},
    {"type(x: anything) -> text", "What the value is: text, number, list and so on.", type_of},
    {"bool(x: bool|number|text) -> bool", "True or false, as a number or text says it.", to_bool},
    {"coalesce(x: anything...) -> anything", "The first argument that is not null.", coalesce},
    {"default(x: anything, otherwise: anything) -> anything",
     "The value, or another when it is null.", coalesce},
    {"merge(x: object...) -> object", "The members of all; later ones replace earlier ones.",
     merge},
    {"without(x: object, names: list) -> object", "The object without the members of these names.",
     without},
}};

} // namespace

std::span<const function_entry> collection_functions() {
  return entries;
}

} // namespace tenon::runtime::expression
