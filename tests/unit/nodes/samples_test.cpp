// The resources of config/samples, as `tenon apply` reads them and the actors judge them.
#include "actors/connector.hpp"
#include "actors/credential.hpp"
#include "actors/integration.hpp"
#include "actors/integration/manifest.hpp"
#include "actors/sync.hpp"
#include "nodes/cli/resource_files.hpp"

#include <gtest/gtest.h>

#include <map>
#include <sstream>

namespace tenon::nodes {
namespace {

struct samples : testing::Test {
  void SetUp() override {
    std::istringstream nothing;
    auto read = cli::read_resources({"config/samples/quickstart"}, nothing);
    for (const auto& wrong : read.wrong)
      ADD_FAILURE() << wrong.where << ": " << wrong.why;
    for (auto& each : read.resources)
      specs[each.kind()].emplace(each.name(), *each.value.find("spec"));
  }
  std::map<std::string, std::map<std::string, value>> specs; // by kind and name
};

std::string text_of(const value& v, std::string_view member) {
  const auto* text = v.find(member);
  return text && text->is<std::string>() ? *text->as<std::string>() : "";
}

TEST_F(samples, are_accepted_by_their_actors) {
  const std::map<std::string_view, result<void> (*)(const value&)> checks{
      {"connector", actors::connector::check_spec},
      {"credential", actors::credential::check_spec},
      {"integration", actors::integration::check_spec},
      {"sync", actors::sync::check_spec}};
  std::size_t accepted = 0;
  for (const auto& [kind, named] : specs)
    for (const auto& [name, spec] : named) {
      const auto check = checks.find(kind);
      ASSERT_NE(check, checks.end()) << kind;
      const auto checked = check->second(spec);
      EXPECT_TRUE(checked) << name << ' ' << checked.error().where << ": " << checked.error().why;
      ++accepted;
    }
  EXPECT_EQ(accepted, 10u);
}

TEST_F(samples, name_only_what_is_there) {
  for (const auto& [name, spec] : specs["integration"]) {
    EXPECT_TRUE(specs["connector"].contains(text_of(spec, "connector"))) << name;
    EXPECT_TRUE(specs["credential"].contains(text_of(spec, "credential"))) << name;
  }
  std::size_t streams = 0;
  for (const auto& [name, spec] : specs["sync"]) {
    EXPECT_EQ(text_of(spec, "into"), name);
    const auto* from = spec.find("from")->find("connector");
    if (!from)
      continue;
    const auto used = specs["integration"].find(text_of(*from, "integration"));
    ASSERT_NE(used, specs["integration"].end()) << name;
    const auto& connector = specs["connector"].at(text_of(used->second, "connector"));
    const auto compiled = actors::connectors::compile_manifest(connector);
    ASSERT_TRUE(compiled) << compiled.error().why;
    EXPECT_TRUE(compiled->find_stream(text_of(*from, "stream"))) << name;
    ++streams;
  }
  EXPECT_EQ(streams, 4u) << "every stream of the connector is shown";
}

} // namespace
} // namespace tenon::nodes
