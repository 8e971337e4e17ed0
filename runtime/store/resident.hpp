// Keeps the memory of the process from following the size of a mapped file.
//
// Every page that was read through the map counts as memory of the process for as long as the
// kernel has no other use for it, so a node that has walked through its data looks as large as
// they are. Beyond a bound the pages are let go: they stay in the kernel's cache, and whoever
// needs one again has it back without reading the disk.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <filesystem>

namespace tenon::runtime::store {

/// The map must not move while one of these functions runs.
class resident {
public:
  /// Where the file is mapped; again whenever its map was moved.
  void find(const std::filesystem::path& file);

  void let_go() const noexcept;
  /// The same if the process has more than the bound of files mapped; looks only now and then, so
  /// it may be called after every transaction, and within one.
  void look(std::chrono::steady_clock::time_point now) noexcept;

private:
  std::byte* begin_ = nullptr;
  std::size_t bytes_ = 0;
  std::atomic<std::chrono::steady_clock::rep> next_look_ = 0;
  std::atomic<std::chrono::steady_clock::rep> let_go_at_ = 0;
};

} // namespace tenon::runtime::store
