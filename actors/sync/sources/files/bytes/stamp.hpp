// One file, opened, and what tells whether it is still the one that was read: its size, the time of
// its last change and a checksum of its first bytes.
#pragma once

#include "protocols/failure.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace tenon::actors::files {

struct stamp {
  std::uint64_t size = 0;
  std::int64_t modified = 0; // nanoseconds since 1970
  std::uint64_t head = 0;    // checksum of the first bytes: of 4 KiB, or of all there are

  bool operator==(const stamp&) const = default;
};

struct open_file {
  open_file(std::string name, std::filesystem::path path, int handle)
      : name{std::move(name)}, path{std::move(path)}, handle{handle} {}
  ~open_file();
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;

  /// At most `size` bytes from there; 0 behind the end.
  result<std::size_t> read_at(std::uint64_t offset, char* into, std::size_t size) const;
  /// Of so many of the first bytes, at most 4 KiB.
  result<std::uint64_t> head(std::uint64_t bytes) const;
  /// Whether it still is what it was when it was opened, and still what its path leads to.
  bool unchanged() const;

  const std::string name; // for messages
  const std::filesystem::path path;
  const int handle;
  stamp opened;
};

/// For reading. `path` has no link in it; one that has appeared there since is not followed.
/// `forbidden`, `malformed` when it is no file, `unavailable`, also when it has just vanished.
result<std::shared_ptr<const open_file>> open_for_reading(const std::string& name,
                                                          const std::filesystem::path&);

} // namespace tenon::actors::files
