#include "runtime/private_file.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace tenon::runtime {
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

result<std::string> read_private_file(const std::filesystem::path& file, std::size_t most_bytes,
                                      const std::string& remedy) {
  struct stat found {};
  if (::stat(file.c_str(), &found) != 0)
    return failure{errno == ENOENT ? code::not_found : code::unavailable,
                   std::string{"it cannot be read: "} + std::strerror(errno), file.string(),
                   remedy};
  if ((found.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return failure{code::forbidden, "others than its owner may use this file", file.string(),
                   "Run `chmod 600` on it."};
  std::ifstream in{file, std::ios::binary};
  std::string text(most_bytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.is_open() || in.bad())
    return failure{code::unavailable, std::string{"it cannot be read: "} + std::strerror(errno),
                   file.string(), "Give the node's user the right to read it."};
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > most_bytes)
    return failure{code::too_large, "it has more than " + std::to_string(most_bytes) + " bytes",
                   file.string(), "This is probably another file."};
  return text;
}

} // namespace tenon::runtime
