#include "actors/sync/destinations/csv/whole_file.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace tenon::actors::csv_files {
namespace {

bool write_all(int file, std::string_view content) {
  while (!content.empty()) {
    const auto n = ::write(file, content.data(), content.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  return ::fsync(file) == 0;
}

} // namespace

result<void> write_whole(const std::filesystem::path& file, std::string_view content) {
  const auto beside = file.parent_path() / ('.' + file.filename().string() + ".new");
  const auto failed = [&] {
    const auto number = errno;
    ::unlink(beside.c_str());
    const bool denied = number == EACCES || number == EPERM || number == EROFS;
    return failure{denied ? code::forbidden : code::unavailable,
                   "cannot write " + file.filename().string() + ": " + std::strerror(number),
                   {},
                   denied ? "Give the node's user the right to write into its directory."
                          : "Look at the disk and its free space."};
  };
  ::unlink(beside.c_str()); // of a writer that was killed
  const int out =
      ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (out < 0)
    return failed();
  const bool written = write_all(out, content);
  const int why = errno;
  ::close(out);
  errno = why;
  if (!written || ::rename(beside.c_str(), file.c_str()) != 0)
    return failed();
  // The new name. The file is whole already, and is written once more when this fails.
  const int directory = ::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0)
    return failed();
  const bool named = ::fsync(directory) == 0;
  const int trouble = errno;
  ::close(directory);
  errno = trouble;
  return named ? result<void>{} : failed();
}

} // namespace tenon::actors::csv_files
