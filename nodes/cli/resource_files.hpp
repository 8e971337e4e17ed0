// Resources as people write them in files: YAML or JSON, many documents each, and where every
// member of them stands, so that a server's problem with "spec.page.size" becomes a line and a
// column.
#pragma once

#include "config/yaml.hpp"

#include <istream>
#include <string>
#include <vector>

namespace tenon::nodes::cli {

struct written_resource {
  tenon::value value; // an object with texts `kind` and `name`
  config::positions positions;

  std::string kind() const;
  std::string name() const;
};

struct written_resources {
  std::vector<written_resource> resources;
  std::vector<failure> wrong; // every file and document that cannot be used
};

/// Reads files, folders (their *.yaml, *.yml and *.json, by name) and "-" for `input`.
written_resources read_resources(const std::vector<std::string>& sources, std::istream& input);

} // namespace tenon::nodes::cli
