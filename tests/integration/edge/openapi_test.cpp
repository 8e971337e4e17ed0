// The API description against the OpenAPI 3.1 schema, by a validator that others keep.
#include "nodes/edge/environment.hpp"
#include "nodes/edge/openapi.hpp"
#include "protocols/json.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace {

using namespace tenon;
using namespace tenon::nodes;

struct always final : edge::readiness {
  std::vector<edge::condition> conditions() const override { return {}; }
};

/// Every feature that a route can have, once.
edge::route richest() {
  edge::route r{.method = edge::method::put,
                .pattern = "/api/v1/{tenant}/{kinds}/{name}",
                .summary = "Applies a resource.",
                .permission = "{kinds}:write",
                .handle = [](edge::request&&, edge::reply&&) {}};
  r.parameters = {
      {.name = "tenant", .in = edge::place::path, .description = "Whose it is."},
      {.name = "dry", .in = edge::place::query, .schema = object{{"type", "boolean"}}},
      {.name = "If-Match", .in = edge::place::header, .description = "The version replaced."}};
  r.request_schema =
      object{{"type", "object"},
             {"required", list{"spec"}},
             {"properties", object{{"spec", object{{"type", list{"object", "null"}}}}}}};
  r.response_schema = r.request_schema;
  r.success = 201;
  for (auto c = code::malformed; c <= code::internal; c = static_cast<code>(int(c) + 1))
    r.refusals.push_back(c);
  return r;
}

/// What the validator said; "" when it found nothing wrong.
std::string complaints(const std::string& document) {
  const std::string folder = "tests/integration/openapi";
  if (!std::filesystem::exists(folder + "/node_modules") &&
      std::system(("npm ci --silent --no-audit --no-fund --prefix " + folder).c_str()) != 0)
    return "the validator could not be installed: run 'npm ci' in " + folder;
  const tests::temporary_directory work;
  std::ofstream{work / "api.json"} << document;
  const auto said = (work / "said").string();
  const auto command =
      "node " + folder + "/check.mjs <" + (work / "api.json").string() + " >" + said + " 2>&1";
  if (std::system(command.c_str()) == 0)
    return "";
  std::ifstream file{said};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  return text.empty() ? "the validator failed without a word" : text;
}

TEST(edge_description, is_valid_openapi) {
  runtime::meters meters;
  const always ready;
  auto routes = edge::routes::all({meters, ready});
  routes.push_back(richest());
  EXPECT_EQ(complaints(write_json(edge::describe(routes))), "");
}

TEST(edge_description, would_be_found_invalid) {
  EXPECT_NE(complaints(R"({"openapi":"3.1.0","paths":{}})"), "");
  EXPECT_NE(complaints(R"({"openapi":"3.1.0","info":{"title":"a","version":"1"},"paths":{"/a":)"
                       R"({"get":{"responses":{"200":{"$ref":"#/components/absent"}}}}}})"),
            "");
}

} // namespace
