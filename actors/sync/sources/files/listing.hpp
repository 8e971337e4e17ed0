// Which files are meant, and in which order: a file, the files of a directory, or those that a
// pattern finds.
#pragma once

#include "actors/sync/sources/local/allowed_path.hpp"

#include <stop_token>

namespace tenon::actors::files {

enum class file_order : std::uint8_t { name, modified };

struct found_file {
  std::string name; // below the directory, or where the pattern begins
  std::filesystem::path path;
  std::int64_t modified = 0; // when the order is by it
};

struct file_listing {
  std::vector<found_file> files;
  bool of_many = false; // a directory or a pattern: there may be none
};

/// A directory's hidden files are left out. In a pattern `*` and `?` stand for any characters of a
/// name, `[a-z]` for one of them, and `**` for any directories. At most 10,000 files. Looks at the
/// disk; `option` is the place that said `path`.
result<file_listing> list_files(const std::string& path, file_order, const allowed_roots&,
                                const std::string& option, const std::stop_token&);

/// What is known without the disk's files: whether it may be read at all.
result<void> check_reach(const std::string& path, const allowed_roots&, const std::string& option);

/// Whether `a` comes before `b`.
bool comes_before(const found_file& a, const found_file& b, file_order);

} // namespace tenon::actors::files
