// A node's data directory: the journal and the stored state, opened together, copied together.
//
//   journal.mdb   the log of every partition, the truth
//   state.mdb     what cells have written of themselves, behind the log
#pragma once

#include "runtime/store/local_journal.hpp"
#include "runtime/store/local_state.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace tenon::runtime::store {

/// `file` and `node` of both parts are set by the directory; `partitions` once, for both.
struct data_options {
  std::filesystem::path directory; // made when it is missing
  partition_number partitions = 16;
  journal_options journal{};
  state_options state{};
};

class data_directory {
public:
  /// Refuses, with place and remedy: in use, of another version or number of partitions, damaged,
  /// or with one of its files missing.
  static result<std::unique_ptr<data_directory>> open(data_options, meters&);

  local_journal& journal() { return *journal_; }
  local_state& state() { return *state_; }
  /// A name that is drawn when the directory is made and stays with it.
  const std::string& node() const { return journal_->node(); }

  /// A copy into a new or empty directory while everything goes on: all that was acknowledged when
  /// it began is in it. Takes a while and reads a snapshot as long; one at a time.
  result<void> backup(const std::filesystem::path& into);

private:
  data_directory() = default;

  std::unique_ptr<local_journal> journal_;
  std::unique_ptr<local_state> state_; // after the journal it needs
};

/// Puts a backup, which is checked first, into a new or empty directory.
result<void> restore(const std::filesystem::path& backup, const std::filesystem::path& directory);

std::filesystem::path journal_file_of(const std::filesystem::path& directory);
std::filesystem::path state_file_of(const std::filesystem::path& directory);

} // namespace tenon::runtime::store
