#include "runtime/expression/function.hpp"

#include "protocols/ensure.hpp"

#include <algorithm>

namespace tenon::runtime::expression {
namespace {

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' '))
    text.remove_prefix(1);
  while (text.ends_with(' '))
    text.remove_suffix(1);
  return text;
}

types read_types(std::string_view text) {
  const auto set = types_named(trimmed(text));
  must(set.has_value(), "a function's signature names a type that does not exist");
  return set.value_or(type::anything);
}

void read_parameter(function& f, std::string_view text) {
  const auto colon = text.find(':');
  must(colon != text.npos, "a function's parameter has no type");
  auto set = trimmed(text.substr(colon + 1));
  const bool repeated = set.ends_with("...");
  const bool optional = set.ends_with('?');
  set.remove_suffix(repeated ? 3 : optional ? 1 : 0);
  f.takes.push_back(read_types(set));
  if (!optional)
    f.at_least = f.takes.size();
  f.at_most = repeated ? max_arguments : f.takes.size();
}

function read_entry(const function_entry& entry) {
  const auto text = entry.signature;
  const auto open = text.find('(');
  const auto close = text.find(") -> ");
  must(open != text.npos && close != text.npos, "a function's signature is not f(…) -> type");
  function f{entry, text.substr(0, open), {}, 0, 0, read_types(text.substr(close + 5))};
  auto parameters = text.substr(open + 1, close - open - 1);
  while (!parameters.empty()) {
    const auto comma = std::min(parameters.find(','), parameters.size());
    read_parameter(f, parameters.substr(0, comma));
    parameters.remove_prefix(std::min(comma + 1, parameters.size()));
  }
  return f;
}

std::vector<function> read_all() {
  std::vector<function> all;
  for (const auto family : {text_functions(), number_functions(), time_functions(),
                            collection_functions(), encoding_functions()})
    for (const auto& entry : family)
      all.push_back(read_entry(entry));
  std::ranges::sort(all, {}, &function::name);
  return all;
}

} // namespace

const std::vector<function>& all_functions() {
  static const auto all = read_all();
  return all;
}

const function* find_function(std::string_view name) {
  const auto& all = all_functions();
  const auto found = std::ranges::lower_bound(all, name, {}, &function::name);
  return found != all.end() && found->name == name ? &*found : nullptr;
}

std::vector<function_description> describe_functions() {
  std::vector<function_description> descriptions;
  for (const auto& f : all_functions())
    descriptions.push_back({f.entry.signature, f.entry.meaning});
  return descriptions;
}

} // namespace tenon::runtime::expression
