// The API keys of a node, in a file of its data directory: only their hashes. The first start makes
// the owner's key, which is shown once.
#pragma once

#include "nodes/edge/access.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace tenon::nodes {

struct opened_keys {
  std::unique_ptr<edge::remembered_keys> keys;
  std::string fresh; // the owner's key in full, when it was made just now
};

/// `wanted` (from the environment) becomes the owner's key when it is not empty; it must look like
/// `tn_<id>_<secret>`.
result<opened_keys> open_keys(const std::filesystem::path& data, const std::string& wanted);

} // namespace tenon::nodes
