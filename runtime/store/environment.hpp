// All of LMDB behind small types: one file, its tables, one writer at a time, and pooled readers.
//
// Promises: a file is open once on this machine (a second opener is told who has it); readers
// never hold up the writer; the map grows between transactions when it is full. What fails before
// running is a `failure` with place and remedy. What fails while running ends the process: a commit
// that failed says nothing about what is on the disk, and a failed fsync is never repeated, because
// the kernel has marked the lost pages clean.
#pragma once

#include "protocols/failure.hpp"
#include "runtime/store/resident.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

struct MDB_env;
struct MDB_txn;
struct MDB_cursor;

namespace tenon::runtime::store {

using table = unsigned;

/// The longest key LMDB takes.
inline constexpr std::size_t max_key_bytes = 511;

struct environment_options {
  std::filesystem::path file;
  std::size_t map_bytes = std::size_t{64} << 30; // address space, not disk: doubled when full
  bool create = true;                            // false: the file must be there
  bool read_only = false;
  // Files in use up to this size have their whole structure walked before they are opened; of
  // larger ones only the first pages are looked at, and the rest is left to `tenon check`.
  std::uint64_t walk_up_to = ~std::uint64_t{0};
};

class environment;

/// A place in a table's order. Views stay valid until the transaction writes or ends.
class cursor {
public:
  /// `full` is of a transaction that writes: set when the map is, and then there is nothing here.
  cursor(MDB_txn* transaction, table t, bool* full = nullptr);
  ~cursor();
  cursor(cursor&&) noexcept;
  cursor(const cursor&) = delete;
  cursor& operator=(const cursor&) = delete;

  bool first();
  bool last();
  bool next();
  bool seek(std::string_view key); // to the first key that is not less
  bool find(std::string_view key); // to exactly this key

  std::string_view key() const { return key_; }
  std::string_view value() const { return value_; }

  /// Erases the row here; `next` then goes to the one behind it.
  void erase();

private:
  friend class write_transaction;
  bool move(int operation);

  MDB_cursor* cursor_ = nullptr;
  bool* full_ = nullptr;
  std::string_view key_;
  std::string_view value_;
};

/// Everything put and erased becomes durable together, or not at all.
class write_transaction {
public:
  /// Room for `size` bytes of value under the key, to be filled before the next call; null when the
  /// map is full, and then nothing of this transaction counts: return at once, it will be repeated.
  char* put(table, std::string_view key, std::size_t size);
  /// The same, for a key behind every other of its table.
  char* append(table, std::string_view key, std::size_t size);
  void erase(table, std::string_view key);
  std::optional<std::string_view> find(table, std::string_view key);
  cursor walk(table);

  bool full() const { return full_; }

private:
  friend class environment;
  write_transaction(MDB_txn* t, std::size_t tables, resident& r)
      : transaction_{t}, places_(tables), resident_{r} {}

  char* put(table, std::string_view key, std::size_t size, unsigned flags);
  void look_now_and_then();
  cursor& place(table);

  MDB_txn* transaction_;
  std::vector<std::optional<cursor>> places_; // one a table: sorted puts find their page at once
  bool full_ = false;
  resident& resident_;
  unsigned changes_ = 0;
};

/// A snapshot. While it lives, the pages of its time cannot be reused: keep it short.
class read_transaction {
public:
  ~read_transaction();
  read_transaction(read_transaction&&) noexcept;
  read_transaction(const read_transaction&) = delete;
  read_transaction& operator=(const read_transaction&) = delete;

  std::optional<std::string_view> find(table, std::string_view key) const;
  cursor walk(table) const;

private:
  friend class environment;
  read_transaction(const environment& e, std::size_t slot, MDB_txn* t)
      : environment_{&e}, slot_{slot}, transaction_{t} {}

  const environment* environment_;
  std::size_t slot_;
  MDB_txn* transaction_;
};

struct readers {
  std::size_t active = 0;
  std::chrono::steady_clock::duration oldest{}; // how long the oldest of them has been reading
};

struct fill {
  std::uint64_t used_bytes = 0; // of the file, freed pages included
  std::uint64_t map_bytes = 0;
};

class environment {
public:
  /// Opens the file with these tables; table n of the list is `table` n.
  static result<std::unique_ptr<environment>> open(environment_options,
                                                   const std::vector<std::string>& tables);
  ~environment();

  /// Runs `change` in a transaction and commits it with fsync. `change` is repeated when the map
  /// had to grow, so it must not have effects of its own. One at a time; others wait.
  void write(const std::function<void(write_transaction&)>& change);

  read_transaction read() const;
  /// What was read so far will not be read again soon: its pages need not stay in memory.
  void let_go() const noexcept;
  readers reading() const;
  fill filled() const;

  /// A consistent, compacted copy in a new file, synced.
  result<void> copy(const std::filesystem::path& into) const;

  const std::filesystem::path& file() const { return options_.file; }

private:
  friend class read_transaction;
  explicit environment(environment_options options) : options_{std::move(options)} {}

  result<void> open_file(const std::vector<std::string>& tables);
  result<void> walk_structure() const;
  result<void> open_tables(const std::vector<std::string>& tables);
  void grow();
  void release(std::size_t slot) const noexcept;

  struct slot {
    MDB_txn* transaction = nullptr;
    std::chrono::steady_clock::time_point since;
    bool active = false;
  };

  environment_options options_;
  int claimed_ = -1; // a descriptor of the file, locked as long as this lives
  MDB_env* env_ = nullptr;
  std::size_t tables_ = 0;

  // Held shared by every reader from begin to end, alone to grow: LMDB forbids moving the map
  // under a transaction.
  mutable std::shared_mutex growing_;
  std::mutex writing_; // LMDB's own lock is not held while the map grows
  mutable resident resident_;
  mutable std::mutex slots_mutex_;
  mutable std::vector<slot> slots_;
  mutable std::vector<std::size_t> free_slots_;
};

} // namespace tenon::runtime::store
