#include "runtime/store/storage_failure.hpp"

#include "protocols/ensure.hpp"

#include <lmdb.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace tenon::runtime::store {
namespace {

std::string remedy_of(int error) {
  switch (error) {
  case ENOSPC:
  case EDQUOT:
    return "Free space on its disk, then start again.";
  case EIO:
    return "The disk did not keep what was written: look into the kernel's log, replace the disk "
           "if it is failing, then start again; `tenon check` shows what is damaged.";
  case EACCES:
  case EPERM:
  case EROFS:
    return "Let the user that runs tenon read and write this file and its directory.";
  case ENOENT:
  case ENOTDIR:
    return "Create the directory, or name another one.";
  case ENOMEM:
    return "Allow the process more address space (ulimit -v), or free memory.";
  case EMFILE:
  case ENFILE:
    return "Allow more open files (ulimit -n).";
  case MDB_VERSION_MISMATCH:
    return "Open it with the version of tenon that wrote it.";
  case MDB_INVALID:
  case MDB_CORRUPTED:
  case MDB_PAGE_NOTFOUND:
  case MDB_PANIC:
    return "Restore a backup, or let `tenon check` show what is damaged.";
  default:
    return "Look into the kernel's log and the disk's state, then start again.";
  }
}

/// LMDB calls a write that was cut short an input error, and a full disk cuts writes short.
int meant_by(int error, const std::filesystem::path& file) {
  constexpr std::uintmax_t hardly_any = 256u << 10; // what LMDB writes at once
  std::error_code unknown;
  const auto space = std::filesystem::space(file.parent_path(), unknown);
  return error == EIO && !unknown && space.free < hardly_any ? ENOSPC : error;
}

std::string sentence_of(int error) {
  switch (error) {
  case ENOSPC:
  case EDQUOT:
    return "the disk is full";
  case MDB_INVALID:
    return "it is not a file of this store, or its first pages are damaged";
  default:
    return mdb_strerror(error);
  }
}

} // namespace

failure storage_failure(int error, std::string_view action, const std::filesystem::path& file) {
  error = meant_by(error, file);
  return {code::unavailable, "cannot " + std::string{action} + ": " + sentence_of(error),
          file.string(), remedy_of(error)};
}

void stop_on(int error, std::string_view action, const std::filesystem::path& file) {
  error = meant_by(error, file);
  give_up(file.string() + ": cannot " + std::string{action} + ": " + sentence_of(error) +
          ". Nothing of it was acknowledged. " + remedy_of(error));
}

failure damaged(const std::filesystem::path& file, std::string_view place, std::string_view what) {
  return {code::internal, "damaged: " + std::string{place} + ": " + std::string{what},
          file.string(), "Restore a backup; `tenon check` shows everything that is damaged."};
}

void stop_on_damage(const std::filesystem::path& file, std::string_view place,
                    std::string_view what) {
  give_up(file.string() + ": damaged: " + std::string{place} + ": " + std::string{what} +
          ". `tenon check` shows everything that is damaged.");
}

} // namespace tenon::runtime::store
