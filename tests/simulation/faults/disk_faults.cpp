// A library for LD_PRELOAD that makes a disk behave badly for files under one directory:
//
//   TENON_FAULTS_DIRECTORY    which files; nothing happens without it
//   TENON_FAULTS_UNDO         where to note what every write replaced, so that a power cut can take
//                             back what was not synced (tests/simulation/faults/power_cut.hpp)
//   TENON_FAULTS_SYNC_ERROR   which flush (fsync, or write through O_DSYNC) fails with EIO, and
//                             every one after it
//   TENON_FAULTS_FULL_AFTER   after how many bytes written the disk is full (ENOSPC)
//   TENON_FAULTS_STALL        "3:500": the third flush takes 500 ms longer
//
// Lock files (…-lock) are left alone: nothing durable is in them.
#include "tests/simulation/faults/undo_log.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace {

using tenon::tests::faults::record;
using tenon::tests::faults::record_kind;

template <class Function> Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

using open_call = int(const char*, int, ...);
using pwrite_call = ssize_t(int, const void*, size_t, off_t);
using sync_call = int(int);

ssize_t real_pwrite(int descriptor, const void* bytes, size_t size, off_t at) {
  static auto* const call = real<pwrite_call>("pwrite");
  return call(descriptor, bytes, size, at);
}

std::uint64_t number_in(const char* name) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : 0;
}

struct settings {
  std::string directory;
  int undo = -1;
  std::uint64_t sync_error = number_in("TENON_FAULTS_SYNC_ERROR");
  std::uint64_t full_after = number_in("TENON_FAULTS_FULL_AFTER");
  std::uint64_t stall_at = number_in("TENON_FAULTS_STALL");
  std::uint64_t stall_for = 0; // milliseconds

  settings() {
    if (const char* text = std::getenv("TENON_FAULTS_DIRECTORY"))
      directory = text;
    if (const char* text = std::getenv("TENON_FAULTS_UNDO"))
      undo = real<open_call>("open")(text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (const char* text = std::getenv("TENON_FAULTS_STALL"))
      if (const char* colon = std::strchr(text, ':'))
        stall_for = std::strtoull(colon + 1, nullptr, 10);
  }
};

const settings& given() {
  static const settings s;
  return s;
}

constexpr int most_descriptors = 4096;
constexpr char unwatched = 0, watched = 1, watched_dry = 2;

std::array<std::atomic<char>, most_descriptors> watch;
std::mutex order; // of records and the writes they tell of
std::uint64_t writes = 0;
std::atomic<std::uint64_t> syncs = 0;
std::uint64_t bytes_written = 0;

char watch_of(int descriptor) {
  return descriptor >= 0 && descriptor < most_descriptors
             ? watch[static_cast<std::size_t>(descriptor)].load()
             : unwatched;
}

int note_open(int descriptor, const char* path, int flags) {
  if (descriptor < 0 || descriptor >= most_descriptors)
    return descriptor;
  const std::string_view name{path};
  const auto& directory = given().directory;
  const bool under = !directory.empty() && name.starts_with(directory) && !name.ends_with("-lock");
  const bool dry = (flags & O_DSYNC) != 0;
  watch[static_cast<std::size_t>(descriptor)] = !under ? unwatched : dry ? watched_dry : watched;
  return descriptor;
}

void append(const record& r, const std::string& bytes) {
  std::string whole(sizeof r + bytes.size(), '\0');
  std::memcpy(whole.data(), &r, sizeof r);
  std::memcpy(whole.data() + sizeof r, bytes.data(), bytes.size());
  static auto* const call = real<ssize_t(int, const void*, size_t)>("write");
  if (call(given().undo, whole.data(), whole.size()) != static_cast<ssize_t>(whole.size())) {
    std::fputs("disk_faults: cannot note a write\n", stderr);
    std::abort();
  }
}

/// Counts one flush of the disk, by fsync or by a write through O_DSYNC; whether it may succeed.
bool flush_allowed() {
  const auto& s = given();
  const auto nth = ++syncs;
  if (s.stall_at == nth)
    ::usleep(static_cast<useconds_t>(s.stall_for * 1000));
  if (s.sync_error == 0 || nth < s.sync_error)
    return true;
  errno = EIO;
  return false;
}

/// Notes what the write replaces, then writes; ENOSPC when the disk is full by now.
ssize_t write_noted(int descriptor, const char* bytes, std::size_t size, off_t at) {
  if (watch_of(descriptor) == watched_dry && !flush_allowed())
    return -1;
  const std::scoped_lock lock{order};
  const auto& s = given();
  if (s.full_after != 0 && (bytes_written += size) > s.full_after) {
    errno = ENOSPC;
    return -1;
  }
  if (s.undo < 0)
    return real_pwrite(descriptor, bytes, size, at);
  struct stat about {};
  ::fstat(descriptor, &about);
  // The descriptor may be for writing alone: read what stands there through another.
  std::string before(size, '\0');
  const auto self = "/proc/self/fd/" + std::to_string(descriptor);
  const int reader = real<open_call>("open")(self.c_str(), O_RDONLY | O_CLOEXEC);
  if (reader >= 0) {
    if (::pread(reader, before.data(), size, at) < 0)
      std::abort();
    ::close(reader);
  }
  const auto number = ++writes;
  append({record_kind::write, 0, number, about.st_ino, static_cast<std::uint64_t>(at), size,
          static_cast<std::uint64_t>(about.st_size)},
         before);
  const auto written = real_pwrite(descriptor, bytes, size, at);
  if (watch_of(descriptor) == watched_dry)
    append({record_kind::written_dry, 0, number, about.st_ino, 0, 0, 0}, {});
  return written;
}

int sync_noted(int descriptor, sync_call* call) {
  if (watch_of(descriptor) == unwatched)
    return call(descriptor);
  if (!flush_allowed())
    return -1;
  const auto& s = given();
  std::uint64_t upto = 0;
  {
    const std::scoped_lock lock{order};
    upto = writes;
  }
  const int result = call(descriptor);
  if (result == 0 && s.undo >= 0) {
    struct stat about {};
    ::fstat(descriptor, &about);
    const std::scoped_lock lock{order};
    append({record_kind::synced, 0, upto, about.st_ino, 0, 0, 0}, {});
  }
  return result;
}

ssize_t writev_noted(int descriptor, const iovec* parts, int count, off_t at) {
  std::string joined;
  for (int i = 0; i < count; ++i)
    joined.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
  return write_noted(descriptor, joined.data(), joined.size(), at);
}

mode_t mode_in(int flags, va_list more) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? static_cast<mode_t>(va_arg(more, int)) : 0;
}

} // namespace

// Some systems' programs call these under the names with 64, which are the same here.
extern "C" {

int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const auto mode = mode_in(flags, more);
  va_end(more);
  static auto* const call = real<open_call>("open");
  return note_open(call(path, flags, mode), path, flags);
}

int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const auto mode = mode_in(flags, more);
  va_end(more);
  return open(path, flags, mode);
}

int openat(int at, const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const auto mode = mode_in(flags, more);
  va_end(more);
  static auto* const call = real<int(int, const char*, int, ...)>("openat");
  return note_open(call(at, path, flags, mode), path, flags);
}

ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t at) {
  if (watch_of(descriptor) == unwatched)
    return real_pwrite(descriptor, bytes, size, at);
  return write_noted(descriptor, static_cast<const char*>(bytes), size, at);
}

ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off64_t at) {
  return pwrite(descriptor, bytes, size, at);
}

ssize_t pwritev(int descriptor, const iovec* parts, int count, off_t at) {
  static auto* const call = real<ssize_t(int, const iovec*, int, off_t)>("pwritev");
  if (watch_of(descriptor) == unwatched)
    return call(descriptor, parts, count, at);
  return writev_noted(descriptor, parts, count, at);
}

ssize_t pwritev64(int descriptor, const iovec* parts, int count, off64_t at) {
  return pwritev(descriptor, parts, count, at);
}

ssize_t write(int descriptor, const void* bytes, size_t size) {
  static auto* const call = real<ssize_t(int, const void*, size_t)>("write");
  if (watch_of(descriptor) == unwatched)
    return call(descriptor, bytes, size);
  const auto at = ::lseek(descriptor, 0, SEEK_CUR);
  const auto written = write_noted(descriptor, static_cast<const char*>(bytes), size, at);
  if (written > 0)
    ::lseek(descriptor, written, SEEK_CUR);
  return written;
}

ssize_t writev(int descriptor, const iovec* parts, int count) {
  static auto* const call = real<ssize_t(int, const iovec*, int)>("writev");
  if (watch_of(descriptor) == unwatched)
    return call(descriptor, parts, count);
  const auto at = ::lseek(descriptor, 0, SEEK_CUR);
  const auto written = writev_noted(descriptor, parts, count, at);
  if (written > 0)
    ::lseek(descriptor, written, SEEK_CUR);
  return written;
}

int fsync(int descriptor) {
  return sync_noted(descriptor, real<sync_call>("fsync"));
}

int fdatasync(int descriptor) {
  return sync_noted(descriptor, real<sync_call>("fdatasync"));
}

int close(int descriptor) {
  static auto* const call = real<sync_call>("close");
  if (descriptor >= 0 && descriptor < most_descriptors)
    watch[static_cast<std::size_t>(descriptor)] = unwatched;
  return call(descriptor);
}

} // extern "C"
