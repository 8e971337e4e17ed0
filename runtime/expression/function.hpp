// The functions of the language. One is one entry: its signature says its name, what it takes and
// what it gives; the static check and the reference are made from it.
//
//   "slice(x: text|list, from: number, to: number?) -> text|list"
//
// `?` may be left out, `...` may come again. A function whose first argument is null gives null
// without being called, unless its first parameter takes null.
#pragma once

#include "runtime/expression/evaluation/workspace.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace tenon::runtime::expression {

using arguments = std::span<const operand>;
using function_body = result<operand> (*)(workspace&, arguments);

inline constexpr std::size_t max_arguments = 32;

struct function_entry {
  std::string_view signature;
  std::string_view meaning;
  function_body body;
};

/// An entry with its signature read.
struct function {
  function_entry entry;
  std::string_view name;
  std::vector<types> takes;
  std::size_t at_least = 0;
  std::size_t at_most = 0;
  types gives = 0;

  types parameter(std::size_t i) const { return takes[i < takes.size() ? i : takes.size() - 1]; }
};

/// By name, sorted.
const std::vector<function>& all_functions();
const function* find_function(std::string_view name);

// The families, each in its file of runtime/expression/functions.
std::span<const function_entry> text_functions();
std::span<const function_entry> number_functions();
std::span<const function_entry> time_functions();
std::span<const function_entry> collection_functions();
std::span<const function_entry> encoding_functions();

/// A failure of a function; the machine adds the place.
inline failure refuse(std::string why, std::string remedy = {}) {
  return {code::malformed, std::move(why), {}, std::move(remedy)};
}

} // namespace tenon::runtime::expression
