// A small file that only its owner may read.
#pragma once

#include "protocols/failure.hpp"

#include <filesystem>
#include <string_view>

namespace tenon::nodes {

/// Under its name only when it is whole, and then durable. A link in its place is replaced, never
/// followed.
result<void> write_private_file(const std::filesystem::path&, std::string_view text);

} // namespace tenon::nodes
