#include "runtime/store/resident.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace tenon::runtime::store {
namespace {

// With what a node needs of its own, below 64 MB at rest and 256 MB at work.
constexpr std::size_t most_mapped = std::size_t{32} << 20;
// Letting go costs a fault for each 64 KB that are read again: every 20 ms, reads scattered over
// more than the bound were a third dearer; storing a million records adds some 10 MB a second. So
// who is over the bound lets go now and then, and only who is far over it, as the storing of small
// rows is within milliseconds, at once. A look costs some microseconds.
constexpr std::chrono::microseconds between_looks{500};
constexpr std::chrono::milliseconds now_and_then{200};

/// Bytes of files in the memory of this process; 0 when the kernel does not tell.
std::size_t mapped_now() noexcept {
  const int file = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return 0;
  std::array<char, 128> text{}; // pages: "whole resident shared …", the last zero is the end
  const auto got = ::read(file, text.data(), text.size() - 1);
  ::close(file);
  unsigned long long whole = 0, in_memory = 0, of_files = 0;
  if (got <= 0 || std::sscanf(text.data(), "%llu %llu %llu", &whole, &in_memory, &of_files) != 3)
    return 0;
  return of_files * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

} // namespace

void resident::find(const std::filesystem::path& file) {
  begin_ = nullptr;
  bytes_ = 0;
  struct stat about {};
  if (::stat(file.c_str(), &about) != 0)
    return;
  // LMDB does not say where its map is. "7f12a000-7f13a000 r--s 00000000 fe:00 1234 /the/file"
  std::ifstream maps{"/proc/self/maps"};
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words{line};
    std::string range, access, offset, device, inode;
    words >> range >> access >> offset >> device >> inode;
    if (inode != std::to_string(about.st_ino) || !access.ends_with('s'))
      continue;
    char* rest = nullptr;
    const auto from = std::strtoull(range.c_str(), &rest, 16);
    const auto to = std::strtoull(rest + 1, nullptr, 16);
    begin_ = reinterpret_cast<std::byte*>(from);
    bytes_ = to - from;
    return;
  }
}

void resident::let_go() const noexcept {
  if (begin_)
    ::madvise(begin_, bytes_, MADV_DONTNEED);
}

void resident::look(std::chrono::steady_clock::time_point now) noexcept {
  using duration = std::chrono::steady_clock::duration;
  auto due = next_look_.load(std::memory_order_relaxed);
  const auto at = now.time_since_epoch();
  const auto later = at + duration{between_looks};
  if (at < duration{due} ||
      !next_look_.compare_exchange_strong(due, later.count(), std::memory_order_relaxed))
    return;
  const auto mapped = mapped_now();
  const bool lately = at < duration{let_go_at_.load(std::memory_order_relaxed)} + now_and_then;
  if (mapped <= (lately ? most_mapped + most_mapped / 2 : most_mapped))
    return;
  let_go();
  let_go_at_.store(at.count(), std::memory_order_relaxed);
}

} // namespace tenon::runtime::store
