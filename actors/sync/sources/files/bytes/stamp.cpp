#include "actors/sync/sources/files/bytes/stamp.hpp"

#include "protocols/identity.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace tenon::actors::files {
namespace {

constexpr std::uint64_t head_bytes = 4096;

std::int64_t modified(const struct stat& s) {
  return std::int64_t{s.st_mtim.tv_sec} * 1'000'000'000 + s.st_mtim.tv_nsec;
}

failure said(int error, const std::string& name) {
  const auto why = name + " cannot be read: " + std::generic_category().message(error);
  switch (error) {
  case ENOENT:
  case ENOTDIR:
    return {code::unavailable, name + " is gone", name, "It is looked for again."};
  case EACCES:
  case EPERM:
    return {code::forbidden, name + " may not be opened", name,
            "Give the node's user the right to read it."};
  case ELOOP:
    return {code::forbidden, name + " became a link while it was opened", name,
            "Put the file itself there."};
  case EISDIR:
  case ENXIO:
    return {code::malformed, name + " is no file", name, "Name files, or a directory of them."};
  default: // of the disk, or of the limits of the node
    return {code::unavailable, why, name, "Look at the disk, and at the number of open files."};
  }
}

} // namespace

open_file::~open_file() {
  ::close(handle);
}

result<std::size_t> open_file::read_at(std::uint64_t offset, char* into, std::size_t size) const {
  for (;;) {
    const auto got = ::pread(handle, into, size, static_cast<off_t>(offset));
    if (got >= 0)
      return static_cast<std::size_t>(got);
    if (errno != EINTR)
      return said(errno, name);
  }
}

result<std::uint64_t> open_file::head(std::uint64_t bytes) const {
  std::array<char, head_bytes> first;
  const auto wanted = std::min(bytes, head_bytes);
  std::uint64_t got = 0;
  while (got < wanted) {
    const auto more = read_at(got, first.data() + got, wanted - got);
    if (!more)
      return more.error();
    if (*more == 0)
      break;
    got += *more;
  }
  return stable_hash({first.data(), got});
}

bool open_file::unchanged() const {
  struct stat here {};
  struct stat there {};
  return ::fstat(handle, &here) == 0 && ::stat(path.c_str(), &there) == 0 &&
         here.st_ino == there.st_ino && here.st_dev == there.st_dev &&
         modified(here) == opened.modified &&
         static_cast<std::uint64_t>(here.st_size) == opened.size;
}

result<std::shared_ptr<const open_file>> open_for_reading(const std::string& name,
                                                          const std::filesystem::path& path) {
  // Not to wait for a writer, should it be a pipe.
  const int handle =
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
  if (handle < 0)
    return said(errno, name);
  const auto file = std::make_shared<open_file>(name, path, handle);
  struct stat s {};
  if (::fstat(handle, &s) != 0)
    return said(errno, name);
  if (!S_ISREG(s.st_mode))
    return said(EISDIR, name);
  ::posix_fadvise(handle, 0, 0, POSIX_FADV_SEQUENTIAL);
  file->opened.size = static_cast<std::uint64_t>(s.st_size);
  file->opened.modified = modified(s);
  const auto head = file->head(file->opened.size);
  if (!head)
    return head.error();
  file->opened.head = *head;
  return std::shared_ptr<const open_file>{file};
}

} // namespace tenon::actors::files
