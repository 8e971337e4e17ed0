#include "runtime/expression/types.hpp"

#include <array>
#include <utility>

namespace tenon::runtime::expression {
namespace {

constexpr std::array<std::pair<std::string_view, types>, 10> named{{{"anything", type::anything},
                                                                    {"bool", type::boolean},
                                                                    {"number", type::number},
                                                                    {"text", type::text},
                                                                    {"moment", type::moment},
                                                                    {"span", type::span},
                                                                    {"list", type::list},
                                                                    {"object", type::object},
                                                                    {"bytes", type::bytes},
                                                                    {"null", type::null}}};

} // namespace

std::string names_of(types set) {
  std::string text;
  for (const auto& [name, bits] : named) {
    if ((set & bits) != bits)
      continue;
    if (!text.empty())
      text += " or ";
    text += name;
    set = static_cast<types>(set & ~bits);
  }
  return text.empty() ? "nothing" : text;
}

std::optional<types> types_named(std::string_view alternatives) {
  types set = 0;
  while (true) {
    const auto bar = alternatives.find('|');
    const auto one = alternatives.substr(0, bar);
    types found = 0;
    for (const auto& [name, bits] : named)
      if (name == one)
        found = bits;
    if (found == 0)
      return std::nullopt;
    set = static_cast<types>(set | found);
    if (bar == alternatives.npos)
      return set;
    alternatives.remove_prefix(bar + 1);
  }
}

} // namespace tenon::runtime::expression
