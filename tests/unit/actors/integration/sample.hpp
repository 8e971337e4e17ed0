// Manifests for tests: from a file of config/samples, or from a text in the test.
#pragma once

#include "actors/integration/interpreter.hpp"
#include "config/yaml.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace tenon::actors::connectors {

inline constexpr moment noon =
    std::chrono::sys_days{std::chrono::year{2026} / 3 / 1} + std::chrono::hours{12};

inline value value_of_yaml(std::string_view text) {
  auto read = config::read_yaml(text, "test.yaml");
  if (!read) {
    ADD_FAILURE() << read.error().where << ' ' << read.error().why;
    return {};
  }
  return read->empty() ? value{} : std::move(read->front().value);
}

/// The spec of the file's first resource.
inline value sample(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream{path}.rdbuf();
  const auto resource = value_of_yaml(text.str());
  const auto* spec = resource.find("spec");
  EXPECT_TRUE(spec) << path;
  return spec ? *spec : value{};
}

inline manifest manifest_of(const value& said) {
  auto done = check_manifest(said);
  for (const auto& wrong : done.errors)
    ADD_FAILURE() << wrong.where << ": " << wrong.why;
  return done.manifest ? *std::move(done.manifest) : manifest{};
}

inline connection connection_to(const manifest& m, object settings = {}, object secrets = {}) {
  auto made = connect(m, "test", settings, secrets);
  if (!made) {
    ADD_FAILURE() << made.error().where << ": " << made.error().why;
    return {};
  }
  return *std::move(made);
}

inline http_response answer(std::string body, unsigned status = 200, headers all = {}) {
  return {status, std::move(all), blob::from(std::move(body))};
}

} // namespace tenon::actors::connectors
