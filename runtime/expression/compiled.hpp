// A compiled program: instructions for a machine with a stack of operands, which only ever jump
// forward, and the tables they point into.
#pragma once

#include "protocols/value.hpp"
#include "runtime/expression/types.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace re2 {
class RE2;
}

namespace tenon::runtime::expression {

struct function;

enum class operation : std::uint8_t {
  constant,     // push constants[argument]
  load,         // push what paths[argument] leads to, from its root
  walk,         // replace the top by what the steps of paths[argument] lead to from it
  index,        // pop a key or position, replace the top by the element there
  build_list,   // pop `argument` elements, push their list
  build_object, // pop `argument` pairs of key and value, push their object
  join,         // pop `argument` operands, push their text
  call,         // pop `count` arguments, push what functions[argument] makes of them
  negate,
  logical_not,
  check_condition, // make the top a bool, or fail
  skip_if_false,   // the top is false: keep it and go to `argument`; otherwise pop it
  skip_if_true,
  skip_if_present, // the top is not null: keep it and go to `argument`; otherwise pop it
  pop_skip_unless, // pop a condition; go to `argument` when it is false
  skip,            // go to `argument`
  add,
  subtract,
  multiply,
  divide,
  remainder,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  in,
  not_in,
  contains,
  starts_with,
  ends_with,
  matches,         // the pattern is the top
  matches_pattern, // the pattern is patterns[argument]
};

struct instruction {
  operation what{};
  bool quiet = false; // a path that leads nowhere is expected here
  std::uint16_t count = 0;
  std::uint32_t argument = 0;
  std::uint32_t at = 0; // the byte of the source it comes from
};

/// One step of a path.
struct path_step {
  enum class kind : std::uint8_t { name, position, every };
  kind what{};
  std::int64_t position = 0; // from the end when negative
  std::string name{};
};

struct path {
  std::string root; // empty for steps that start at the top of the stack
  std::vector<path_step> steps;
  std::string text; // as written
};

struct compiled {
  std::string source;
  std::vector<instruction> instructions;
  std::vector<value> constants;
  std::vector<path> paths;
  std::vector<const function*> functions;
  std::vector<std::shared_ptr<const re2::RE2>> patterns;
  std::size_t stack = 0; // the most operands that are ever on it
  types gives = 0;
  bool uses_secret = false;
  bool uses_now = false;
};

/// "line 2, column 7" of a byte in a source; columns count characters.
std::string place_in(std::string_view source, std::size_t byte);

} // namespace tenon::runtime::expression
