#include "actors/sync/sources/singer/workplace.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tenon::actors::singer {
namespace {

constexpr std::string_view prefix = "tenon-tap-";

failure no_files(const std::filesystem::path& where) {
  return {code::unavailable,
          "no file can be written in " + where.string() + ": " + std::strerror(errno),
          {},
          "Make room there, or set TMPDIR for the node."};
}

int open_directory(const std::filesystem::path& path) {
  return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

bool is_left(int directory) {
  struct stat about {};
  return ::fstat(directory, &about) == 0 && about.st_uid == ::geteuid() &&
         ::flock(directory, LOCK_EX | LOCK_NB) == 0;
}

} // namespace

result<workplace> workplace::make() {
  std::error_code wrong;
  const auto below = std::filesystem::temp_directory_path(wrong);
  if (wrong) {
    errno = wrong.value();
    return no_files(below);
  }
  auto pattern = (below / (std::string{prefix} + "XXXXXX")).string();
  if (!::mkdtemp(pattern.data()))
    return no_files(below);
  const int lock = open_directory(pattern);
  workplace made{pattern, lock};
  if (lock < 0 || ::flock(lock, LOCK_EX | LOCK_NB) != 0)
    return no_files(below);
  return made;
}

workplace::~workplace() {
  if (!path_.empty()) {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  if (lock_ >= 0)
    ::close(lock_);
}

result<void> workplace::write(const std::string& name, std::string_view text) const {
  const auto file = path_ / name;
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  while (fd >= 0 && !text.empty()) {
    const auto n = ::write(fd, text.data(), text.size());
    if (n <= 0)
      break;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  auto done = fd < 0 || !text.empty() ? result<void>{no_files(path_)} : result<void>{};
  if (fd >= 0)
    ::close(fd);
  return done;
}

void clear_left_workplaces() {
  std::error_code wrong;
  const auto below = std::filesystem::temp_directory_path(wrong);
  if (wrong)
    return;
  std::filesystem::directory_iterator each{below, wrong};
  for (; !wrong && each != std::filesystem::directory_iterator{}; each.increment(wrong)) {
    const auto& path = each->path();
    if (!path.filename().string().starts_with(prefix))
      continue;
    const int directory = open_directory(path);
    std::error_code ignored;
    if (directory >= 0 && is_left(directory))
      std::filesystem::remove_all(path, ignored);
    if (directory >= 0)
      ::close(directory);
  }
}

} // namespace tenon::actors::singer
