// Which files of this machine syncs may read: those below the directories that the node was started
// with, every symbolic link followed. What lies elsewhere is forbidden whether it exists or not, so
// that an answer never tells what is there.
#pragma once

#include "protocols/failure.hpp"

#include <filesystem>
#include <vector>

namespace tenon::actors {

/// Directories whose files may be read; none: no file at all.
using allowed_roots = std::vector<std::filesystem::path>;

/// What is meant: an absolute path, or one below the first root that has it. The answer exists and
/// has no link left in it. `forbidden` unless it lies below a root; `not_found`. `option` is the
/// place that said it.
result<std::filesystem::path> allowed_path(const std::string& written, const allowed_roots&,
                                           const std::string& option);

/// The same of what was found below such a path: it may be a link that leads out.
result<std::filesystem::path> allowed_find(const std::filesystem::path& found, const allowed_roots&,
                                           const std::string& option);

} // namespace tenon::actors
