// The connectors that are shipped, compiled when they are first asked for.
#pragma once

#include "actors/integration/manifest.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace tenon::nodes {

/// A manifest's text, compiled; the first error with its place when it is wrong.
result<std::shared_ptr<const actors::connectors::manifest>>
compile_manifest_text(std::string_view yaml, const std::string& file);

class shipped_manifests {
public:
  /// Null when none of that name is shipped.
  std::shared_ptr<const actors::connectors::manifest> find(std::string_view name);

private:
  std::mutex guard_;
  std::map<std::string, std::shared_ptr<const actors::connectors::manifest>, std::less<>> known_;
};

} // namespace tenon::nodes
