#include "runtime/store/synced_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace tenon::runtime::store {

int sync_path(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return errno;
  const int error = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  return error;
}

std::filesystem::path directory_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path{"."};
}

} // namespace tenon::runtime::store
