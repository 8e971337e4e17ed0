// A file that has its name only when all of it is on the disk, or keeps what it had.
#pragma once

#include "protocols/failure.hpp"

#include <filesystem>

namespace tenon::actors::csv_files {

/// `unavailable` when the disk cannot hold it.
result<void> write_whole(const std::filesystem::path&, std::string_view content);

} // namespace tenon::actors::csv_files
