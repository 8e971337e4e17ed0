// What goes wrong with files, in words: which file, what happened, what to do.
#pragma once

#include "protocols/failure.hpp"

#include <filesystem>
#include <string_view>

namespace tenon::runtime::store {

/// `error` is an errno or one of LMDB's codes; `action` reads after "cannot".
failure storage_failure(int error, std::string_view action, const std::filesystem::path& file);

/// While running nothing is left to trust: says it and ends the process.
[[noreturn]] void stop_on(int error, std::string_view action, const std::filesystem::path& file);

/// Stored bytes are not what was written. `place` says which.
failure damaged(const std::filesystem::path& file, std::string_view place, std::string_view what);
[[noreturn]] void stop_on_damage(const std::filesystem::path& file, std::string_view place,
                                 std::string_view what);

} // namespace tenon::runtime::store
