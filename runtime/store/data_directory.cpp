#include "runtime/store/data_directory.hpp"

#include "runtime/store/examination.hpp"
#include "runtime/store/journal_file.hpp"
#include "runtime/store/local_journal.hpp"
#include "runtime/store/storage_failure.hpp"
#include "runtime/store/synced_file.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

namespace tenon::runtime::store {
namespace {

namespace fs = std::filesystem;

result<void> make_empty(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error)
    return storage_failure(error.value(), "make the directory", directory);
  const bool empty = fs::is_empty(directory, error);
  if (error)
    return storage_failure(error.value(), "read the directory", directory);
  if (!empty)
    return failure{code::conflict, "the directory is not empty", directory.string(),
                   "Name a new or an empty directory: nothing is ever written over."};
  return {};
}

/// Under another name first: a file of this name is always whole.
result<void> name_file(const fs::path& made, const fs::path& file) {
  std::error_code error;
  fs::rename(made, file, error);
  if (error)
    return storage_failure(error.value(), "name the file", file);
  if (const int failed = sync_path(file.parent_path()); failed != 0)
    return storage_failure(failed, "sync the directory", file.parent_path());
  return {};
}

result<void> copy_synced(const fs::path& from, const fs::path& to) {
  auto made = to;
  made += ".new";
  std::error_code error;
  fs::copy_file(from, made, error);
  if (error)
    return storage_failure(error.value(), "copy the file", made);
  if (const int failed = sync_path(made); failed != 0)
    return storage_failure(failed, "sync the file", made);
  return name_file(made, to);
}

/// What was trimmed from the log must be in the stored state, and a log that is not replicated
/// cannot begin anew behind a state that was copied.
result<void> check_together(const log_store& j, const local_state& s, bool lone) {
  for (partition_number p = 0; p < j.partitions(); ++p) {
    if (lone && s.checkpointed(p) > j.durable(p))
      return failure{code::internal,
                     "partition " + std::to_string(p) +
                         ": the state is another node's, stored up to index " +
                         std::to_string(s.checkpointed(p)) + ", and the log ends at " +
                         std::to_string(j.durable(p)),
                     s.file().file().string(),
                     "Start it as a member of its cluster: only there the log can follow."};
    if (j.trimmed(p) > s.checkpointed(p))
      return failure{code::internal,
                     "partition " + std::to_string(p) + ": the log begins after index " +
                         std::to_string(j.trimmed(p)) + ", but the state is stored up to " +
                         std::to_string(s.checkpointed(p)),
                     s.file().file().string(),
                     "Journal and state are not of one time: restore both from one backup."};
  }
  return {};
}

} // namespace

fs::path journal_file_of(const fs::path& directory) {
  return directory / "journal.mdb";
}

fs::path state_file_of(const fs::path& directory) {
  return directory / "state.mdb";
}

std::unique_ptr<runtime::journal> alone(log_store& log) {
  return std::make_unique<local_journal>(log);
}

result<std::unique_ptr<data_directory>> data_directory::open(data_options options, meters& m) {
  std::error_code error;
  fs::create_directories(options.directory, error);
  if (error)
    return storage_failure(error.value(), "make the directory", options.directory);
  options.log.file = journal_file_of(options.directory);
  options.state.file = state_file_of(options.directory);
  options.log.partitions = options.state.partitions = options.partitions;
  // The journal is made first, so a state file alone is what is left of a directory.
  if (!fs::exists(options.log.file, error) && fs::exists(options.state.file, error))
    return failure{code::internal, "the journal is missing, the stored state is there",
                   options.log.file.string(), "Restore a backup into an empty directory."};
  const bool lone = options.log.next_terms;
  std::unique_ptr<data_directory> opened{new data_directory};
  auto log = log_store::open(std::move(options.log), m);
  if (!log)
    return std::move(log).error();
  opened->log_ = *std::move(log);
  opened->journal_ = options.journal(*opened->log_);
  options.state.node = opened->node();
  auto s = local_state::open(std::move(options.state), *opened->journal_, m);
  if (!s)
    return std::move(s).error();
  opened->state_ = std::move(s).value();
  if (auto ok = check_together(*opened->log_, *opened->state_, lone); !ok)
    return std::move(ok).error();
  return opened;
}

result<std::optional<partition_number>> partitions_of(const fs::path& directory) {
  std::error_code error;
  const auto file = journal_file_of(directory);
  if (!fs::exists(file, error))
    return std::optional<partition_number>{};
  const auto opened = environment::open(
      {.file = file, .create = false, .read_only = true, .walk_up_to = 0}, journal_tables());
  if (!opened)
    return opened.error();
  const auto header = read_journal_header(**opened);
  if (!header)
    return header.error();
  return *header ? std::optional{static_cast<partition_number>((*header)->logs.size())}
                 : std::nullopt;
}

/// The state first and the log behind it, with nothing trimmed in between: the log's copy then
/// begins no later and ends no earlier than the state's copy needs.
result<void> data_directory::backup(const fs::path& into, span patience) {
  const auto quiet = state_->hold_installations(patience);
  if (!quiet)
    return failure{code::unavailable,
                   "a partition's stored state is just being replaced by another node's",
                   state_->file().file().string(), "Repeat it in a while.", patience};
  if (auto ok = make_empty(into); !ok)
    return ok;
  const log_store::hold hold{*log_};
  if (auto ok = state_->file().copy(state_file_of(into)); !ok)
    return ok;
  auto made = journal_file_of(into);
  made += ".new";
  if (auto ok = log_->file().copy(made); !ok)
    return ok;
  return name_file(made, journal_file_of(into));
}

result<void> restore(const fs::path& backup, const fs::path& directory) {
  const auto examined = examine(backup);
  if (!examined)
    return examined.error();
  if (!examined->clean()) {
    const auto& first = examined->findings.front();
    return failure{code::internal, "the backup is damaged: " + first.place + ": " + first.what,
                   backup.string(), "Restore another one; `tenon check` shows all of the damage."};
  }
  if (auto ok = make_empty(directory); !ok)
    return ok;
  if (auto ok = copy_synced(state_file_of(backup), state_file_of(directory)); !ok)
    return ok;
  return copy_synced(journal_file_of(backup), journal_file_of(directory));
}

} // namespace tenon::runtime::store
