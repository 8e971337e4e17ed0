// A node's data directory: the logs and the stored state, opened together, copied together. What
// makes a journal of the logs is the node's own business: alone, or agreed on with others.
//
//   journal.mdb   the log of every partition, the truth
//   state.mdb     what cells have written of themselves, behind the log
#pragma once

#include "runtime/journal.hpp"
#include "runtime/store/local_state.hpp"
#include "runtime/store/log_store.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace tenon::runtime::store {

/// What stands above the logs; made when they are open, gone before they are closed.
using journal_maker = std::function<std::unique_ptr<runtime::journal>(log_store&)>;

/// The journal of a node without others, `local_journal`.
std::unique_ptr<runtime::journal> alone(log_store&);

/// `file` and `node` of both parts are set by the directory; `partitions` once, for both.
struct data_options {
  std::filesystem::path directory; // made when it is missing
  partition_number partitions = 16;
  log_options log{.next_terms = true};
  journal_maker journal = alone;
  state_options state{};
};

class data_directory {
public:
  /// Refuses, with place and remedy: in use, of another version or number of partitions, damaged,
  /// or with one of its files missing.
  static result<std::unique_ptr<data_directory>> open(data_options, meters&);

  log_store& log() { return *log_; }
  runtime::journal& journal() { return *journal_; }
  local_state& state() { return *state_; }
  /// A name that is drawn when the directory is made and stays with it.
  const std::string& node() const { return log_->node(); }

  /// A copy into a new or empty directory while everything goes on: all that was acknowledged when
  /// it began is in it. Takes a while and reads a snapshot as long; one at a time. `unavailable`
  /// when another node's copy is put in place of a partition's state for longer than `patience`.
  result<void> backup(const std::filesystem::path& into, span patience = span{10'000});

private:
  data_directory() = default;

  std::unique_ptr<log_store> log_;
  std::unique_ptr<runtime::journal> journal_;
  std::unique_ptr<local_state> state_; // after the journal it needs
};

/// Puts a backup, which is checked first, into a new or empty directory.
result<void> restore(const std::filesystem::path& backup, const std::filesystem::path& directory);

/// How many the directory has; nothing where none was made yet. Not while somebody uses it.
result<std::optional<partition_number>> partitions_of(const std::filesystem::path& directory);

std::filesystem::path journal_file_of(const std::filesystem::path& directory);
std::filesystem::path state_file_of(const std::filesystem::path& directory);

} // namespace tenon::runtime::store
