// Files in a zip or a tar, read in memory: nothing of them touches a disk, and no name in them
// means anything. What is unpacked is bounded, however well it was packed.
#pragma once

#include "protocols/failure.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tenon::actors::connectors {

bool is_zip(std::string_view bytes);
bool is_tar(std::string_view bytes);

/// The contents of the files, in their order. `too_large` when they have more than `most` bytes
/// together; `malformed` when the archive is cut off, changed, or one that asks for a password.
result<std::vector<std::string>> read_zip(std::string_view bytes, std::size_t most);
result<std::vector<std::string>> read_tar(std::string_view bytes, std::size_t most);

/// As one body: lists become one list, anything else lies one below the other.
std::string joined(const std::vector<std::string>& contents);

} // namespace tenon::actors::connectors
