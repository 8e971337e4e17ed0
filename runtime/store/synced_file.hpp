// Making names and bytes in a file system durable.
#pragma once

#include <filesystem>

namespace tenon::runtime::store {

/// fsync of a file or directory; 0 or the errno.
int sync_path(const std::filesystem::path&);

/// Where the file's name stands.
std::filesystem::path directory_of(const std::filesystem::path& file);

} // namespace tenon::runtime::store
