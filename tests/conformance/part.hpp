// One part of a connector that is shipped — a stream, an action, a hook — held to the promises of
// all such parts, in a test of its own.
#pragma once

#include "tests/conformance/waivers.hpp"
#include "tests/support/driven_twin.hpp"

namespace tenon::actors::connectors {

/// The parameter is "connector.part".
class of_a_connector : public every_connector {
protected:
  void SetUp() override { connector_ = read_manifest(GetParam().substr(0, GetParam().find('.'))); }

  template <class Part> const Part& part_of(const std::vector<Part>& all) const {
    const auto name = GetParam().substr(GetParam().find('.') + 1);
    const auto it = std::ranges::find(all, name, &Part::name);
    if (it == all.end())
      throw std::runtime_error{"there is no " + GetParam()};
    return *it;
  }
};

/// The parts of every connector that is shipped, if they are of that sort.
template <class Part> std::vector<std::string> parts_of_all(std::vector<Part> manifest::*parts,
                                                            bool (*is_one)(const Part&)) {
  std::vector<std::string> all;
  for (const auto& name : names())
    if (const auto m = read_manifest(name))
      for (const auto& one : (*m).*parts)
        if (is_one(one))
          all.push_back(name + '.' + one.name);
  return all;
}

inline std::string part_name(const testing::TestParamInfo<std::string>& each) {
  auto name = each.param;
  std::ranges::replace(name, '.', '_');
  return name;
}

} // namespace tenon::actors::connectors
