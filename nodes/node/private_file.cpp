#include "nodes/node/private_file.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <unistd.h>

namespace tenon::nodes {
namespace {

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno != EINTR)
      return false;
    text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
  }
  return ::fsync(fd) == 0;
}

} // namespace

result<void> write_private_file(const std::filesystem::path& file, std::string_view text) {
  const auto directory = file.has_parent_path() ? file.parent_path() : std::filesystem::path{"."};
  const auto beside = file.string() + '.' + std::to_string(::getpid());
  const auto cannot = [&] {
    return failure{code::unavailable, std::string{"it cannot be written: "} + std::strerror(errno),
                   file.string(), "Look at the directory's rights and free space."};
  };
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    return cannot();
  const bool written = write_all(fd, text);
  ::close(fd);
  if (!written || ::rename(beside.c_str(), file.c_str()) != 0) {
    const auto why = cannot();
    ::unlink(beside.c_str());
    return why;
  }
  if (const int opened = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      opened >= 0) {
    ::fsync(opened); // the new name; where that is not possible, the old file is still whole
    ::close(opened);
  }
  return {};
}

} // namespace tenon::nodes
