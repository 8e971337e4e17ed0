// The structure of an LMDB file, looked at without LMDB, which trusts every page it reads: a
// damaged page number or offset would make it read outside its map. The walk trusts nothing: page
// numbers, offsets, sizes, the order of keys, pages used twice, and the counts that LMDB keeps.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace tenon::runtime::store {

using page_fault = std::function<void(std::string place, std::string what)>;

/// Which of the two pages at the file's start is the newest, and whether both are as commits leave
/// them: an older one taken for the newest would silently undo the last commit. Bytes in use, 0
/// when the file cannot be used at all.
std::uint64_t walk_first_pages(const std::filesystem::path&, const page_fault&);

/// Everything reachable from the newest first page.
void walk_pages(const std::filesystem::path&, const page_fault&);

} // namespace tenon::runtime::store
