#include "runtime/store/environment.hpp"

#include "protocols/ensure.hpp"
#include "runtime/store/pages.hpp"
#include "runtime/store/storage_failure.hpp"
#include "runtime/store/synced_file.hpp"

#include <lmdb.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sstream>

namespace tenon::runtime::store {
namespace {

/// More than the threads that could ever read at once.
constexpr unsigned most_readers = 512;

/// The process that has locked the open file, from /proc/locks: "1: FLOCK ADVISORY WRITE 4711
/// fe:00:1234 0 EOF". Empty when the kernel does not tell.
std::string holder_of(int descriptor) {
  struct stat about {};
  if (::fstat(descriptor, &about) != 0)
    return {};
  const auto inode = ':' + std::to_string(about.st_ino);
  std::ifstream locks{"/proc/locks"};
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words{line};
    std::string number, type, mode, access, process, place;
    words >> number >> type >> mode >> access >> process >> place;
    if (type == "FLOCK" && place.ends_with(inode))
      return process;
  }
  return {};
}

/// A descriptor that nobody else can have as long as it is open.
result<int> claim(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return storage_failure(errno, "open the file", file);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0)
    return descriptor;
  const int error = errno;
  const auto holder = holder_of(descriptor);
  ::close(descriptor);
  if (error != EWOULDBLOCK)
    return storage_failure(error, "lock the file", file);
  return failure{code::conflict,
                 "the file is in use by " +
                     (holder.empty() ? "another process" : "process " + holder),
                 file.string(), "Stop that process, or name another data directory."};
}

} // namespace

result<std::unique_ptr<environment>> environment::open(environment_options options,
                                                       const std::vector<std::string>& tables) {
  std::error_code ignored;
  const auto file = options.file;
  if (!std::filesystem::exists(file, ignored)) {
    if (!options.create)
      return storage_failure(ENOENT, "open the file", file);
    // Made under another name and renamed when it is whole: a power cut in between leaves no
    // file that looks like ours and is not.
    auto made = options;
    made.file += ".new";
    std::filesystem::remove(made.file, ignored);
    {
      std::unique_ptr<environment> fresh{new environment{made}};
      if (const int descriptor = ::open(made.file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
          descriptor >= 0)
        ::close(descriptor);
      else
        return storage_failure(errno, "create the file", made.file);
      if (auto ok = fresh->open_file(tables); !ok)
        return std::move(ok).error();
    }
    std::filesystem::remove(made.file.string() + "-lock", ignored);
    if (::rename(made.file.c_str(), file.c_str()) != 0)
      return storage_failure(errno, "name the file", file);
    if (const int error = sync_path(directory_of(file)); error != 0)
      return storage_failure(error, "sync the directory", directory_of(file));
  }
  std::unique_ptr<environment> opened{new environment{std::move(options)}};
  if (auto ok = opened->open_file(tables); !ok)
    return std::move(ok).error();
  return opened;
}

result<void> environment::open_file(const std::vector<std::string>& tables) {
  auto claimed = claim(options_.file);
  if (!claimed)
    return std::move(claimed).error();
  claimed_ = *claimed;
  std::error_code ignored;
  const auto size = std::filesystem::file_size(options_.file, ignored);
  if (size > 0)
    if (auto ok = walk_structure(); !ok)
      return ok;
  int error = mdb_env_create(&env_);
  if (error == 0)
    error = mdb_env_set_mapsize(env_, std::max<std::size_t>(options_.map_bytes, 2 * size));
  if (error == 0)
    error = mdb_env_set_maxdbs(env_, static_cast<MDB_dbi>(tables.size()));
  if (error == 0)
    error = mdb_env_set_maxreaders(env_, most_readers);
  const unsigned access = options_.read_only ? MDB_RDONLY | MDB_NOLOCK : 0;
  if (error == 0)
    error = mdb_env_open(env_, options_.file.c_str(), MDB_NOSUBDIR | MDB_NOTLS | access, 0600);
  if (error != 0)
    return storage_failure(error, "open the file", options_.file);
  resident_.find(options_.file);
  if (!options_.read_only) {
    int cleared = 0;
    mdb_reader_check(env_, &cleared); // readers of a process that was killed pin pages for ever
  }
  return open_tables(tables);
}

result<void> environment::walk_structure() const {
  std::string first_place;
  std::string first_fault;
  std::size_t more = 0;
  const page_fault fault = [&](std::string place, std::string what) {
    if (!first_place.empty()) {
      ++more;
      return;
    }
    first_place = std::move(place);
    first_fault = std::move(what);
  };
  const auto used = walk_first_pages(options_.file, fault);
  if (used > 0 && used <= options_.walk_up_to)
    walk_pages(options_.file, fault);
  if (more > 0)
    first_fault += " (and " + std::to_string(more) + " more)";
  if (!first_place.empty())
    return damaged(options_.file, first_place, first_fault);
  return {};
}

result<void> environment::open_tables(const std::vector<std::string>& tables) {
  tables_ = tables.size();
  MDB_txn* transaction = nullptr;
  int error = mdb_txn_begin(env_, nullptr, options_.read_only ? MDB_RDONLY : 0, &transaction);
  if (error != 0)
    return storage_failure(error, "begin a transaction", options_.file);
  for (table t = 0; t < tables.size() && error == 0; ++t) {
    MDB_dbi handle = 0;
    error =
        mdb_dbi_open(transaction, tables[t].c_str(), options_.read_only ? 0 : MDB_CREATE, &handle);
    must(error != 0 || handle == t + 2, "tables are numbered in the order they are opened");
  }
  if (error != 0) {
    mdb_txn_abort(transaction);
    return storage_failure(error, "open the tables", options_.file);
  }
  error = mdb_txn_commit(transaction);
  if (error != 0)
    return storage_failure(error, "write the tables", options_.file);
  return {};
}

environment::~environment() {
  for (auto& slot : slots_) {
    must(!slot.active, "a reader outlived its environment");
    mdb_txn_abort(slot.transaction);
  }
  if (env_)
    mdb_env_close(env_);
  if (claimed_ >= 0)
    ::close(claimed_);
}

void environment::write(const std::function<void(write_transaction&)>& change) {
  const std::scoped_lock alone{writing_};
  for (;;) {
    MDB_txn* begun = nullptr;
    if (const int error = mdb_txn_begin(env_, nullptr, 0, &begun); error != 0)
      stop_on(error, "begin a transaction", options_.file);
    write_transaction transaction{begun, tables_, resident_};
    change(transaction);
    transaction.places_.clear();
    int error = MDB_MAP_FULL;
    if (transaction.full_)
      mdb_txn_abort(begun);
    else
      error = mdb_txn_commit(begun);
    if (error == 0) {
      const std::shared_lock lock{growing_};
      return resident_.look(std::chrono::steady_clock::now());
    }
    if (error != MDB_MAP_FULL)
      stop_on(error, "commit", options_.file);
    grow();
  }
}

void environment::grow() {
  const std::unique_lock alone{growing_};
  MDB_envinfo about{};
  mdb_env_info(env_, &about);
  if (const int error = mdb_env_set_mapsize(env_, about.me_mapsize * 2); error != 0)
    stop_on(error, "grow the map", options_.file);
  resident_.find(options_.file);
}

read_transaction environment::read() const {
  growing_.lock_shared();
  const std::scoped_lock lock{slots_mutex_};
  int error = 0;
  if (free_slots_.empty()) {
    MDB_txn* begun = nullptr;
    error = mdb_txn_begin(env_, nullptr, MDB_RDONLY, &begun);
    if (error != 0)
      stop_on(error, "begin reading", options_.file);
    free_slots_.push_back(slots_.size());
    slots_.push_back({begun, {}, false});
  } else {
    error = mdb_txn_renew(slots_[free_slots_.back()].transaction);
  }
  if (error != 0)
    stop_on(error, "begin reading", options_.file);
  const auto number = free_slots_.back();
  free_slots_.pop_back();
  slots_[number].since = std::chrono::steady_clock::now();
  slots_[number].active = true;
  return {*this, number, slots_[number].transaction};
}

void environment::release(std::size_t number) const noexcept {
  std::chrono::steady_clock::time_point since;
  {
    const std::scoped_lock lock{slots_mutex_};
    mdb_txn_reset(slots_[number].transaction);
    slots_[number].active = false;
    free_slots_.push_back(number);
    since = slots_[number].since;
  }
  resident_.look(since);
  growing_.unlock_shared();
}

void environment::let_go() const noexcept {
  const std::shared_lock lock{growing_};
  resident_.let_go();
}

readers environment::reading() const {
  const std::scoped_lock lock{slots_mutex_};
  const auto now = std::chrono::steady_clock::now();
  readers found;
  for (const auto& slot : slots_)
    if (slot.active) {
      ++found.active;
      found.oldest = std::max(found.oldest, now - slot.since);
    }
  return found;
}

fill environment::filled() const {
  const std::shared_lock lock{growing_};
  MDB_envinfo about{};
  MDB_stat pages{};
  mdb_env_info(env_, &about);
  mdb_env_stat(env_, &pages);
  return {(about.me_last_pgno + 1) * pages.ms_psize, about.me_mapsize};
}

result<void> environment::copy(const std::filesystem::path& into) const {
  const std::shared_lock lock{growing_};
  int error = mdb_env_copy2(env_, into.c_str(), MDB_CP_COMPACT);
  if (error == 0)
    error = sync_path(into);
  if (error == 0)
    error = sync_path(directory_of(into));
  if (error != 0)
    return storage_failure(error, "copy the file", into);
  return {};
}

} // namespace tenon::runtime::store
