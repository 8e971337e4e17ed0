// Stored state of a single node: a second LMDB file with a writing thread of its own, so that
// writing state never delays the log's next fsync and a busy reader never its pages.
//
// A save is kept in memory, the newest on top, and is seen by every read at once; it is written a
// little later together with others, in transactions of bounded size, and never before its index
// is durable in the journal. A cell's save is one transaction; only a table too large for one is
// written before its row, which replay makes good.
#pragma once

#include "runtime/state.hpp"
#include "runtime/store/environment.hpp"
#include "runtime/store/pending_state.hpp"
#include "runtime/store/staged_copy.hpp"
#include "runtime/store/state_file.hpp"
#include "runtime/store/state_key.hpp"
#include "runtime/telemetry/metrics.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace tenon::runtime::store {

struct state_options {
  std::filesystem::path file;
  partition_number partitions = 16; // the journal's number; fixed when the file is created
  std::string node;                 // whose file this is: the journal's
  span interval{200};               // how long saves gather before they are written
  std::size_t write_early = std::size_t{8} << 20; // bytes waiting that are not let gather longer
  std::size_t most_rows = 8192;                   // of one transaction
  std::size_t most_bytes = std::size_t{4} << 20;  // of one transaction, unless one row is larger
  std::size_t map_bytes = std::size_t{256} << 30;
  std::uint64_t walk_up_to = std::uint64_t{256} << 20; // see environment.hpp: about 0.2 s
};

class local_state final : public state {
public:
  /// The journal must outlive it.
  static result<std::unique_ptr<local_state>> open(state_options, const journal&, meters&);
  /// Writes what the journal allows, then ends the writing thread.
  ~local_state() override;

  std::optional<state_row> load(partition_number, const identity&) const override;
  std::optional<blob> find(partition_number, const identity&, std::string_view key) const override;
  void
  scan(partition_number, const identity&, std::string_view after, std::size_t limit,
       const std::function<bool(std::string_view key, const blob& value)>& each) const override;
  void
  history(partition_number, const identity&, std::uint64_t from, std::size_t limit,
          const std::function<bool(std::uint64_t number, const blob& event)>& each) const override;
  void fence(partition_number, std::uint64_t term) override;
  void save(state_save, std::function<void()> saved) override;
  std::size_t waiting() const override { return waiting_.load(std::memory_order_relaxed); }
  void checkpoint(partition_number, std::uint64_t index, std::uint64_t term = 0) override;
  std::uint64_t checkpointed(partition_number) const override;
  std::vector<std::string> list(std::string_view tenant, std::string_view kind,
                                std::string_view after, std::size_t limit) const override;
  void everyone(partition_number,
                const std::function<bool(const identity&, const state_row&)>& each) const override;
  std::vector<identity> due(partition_number, moment until, std::size_t limit) const override;
  std::vector<identity> unfinished(partition_number) const override;

  /// Has everything written that was handed over before; false when that took longer than `most`,
  /// as it must while the journal is not durable that far.
  bool write_now(span most);

  const environment& file() const { return *environment_; }

  /// Another node's copy takes the place of all that the partition has stored, with whatever was
  /// said with it; returns when that is durable. `stale` when it stands behind what is here. Until
  /// it returns the partition must be quiet: no cell of it runs, and nothing is applied to it; what
  /// is saved of it then, or was before and is not yet written, is dropped, its `saved` uncalled.
  /// Whoever reads the partition meanwhile may see a part of either. Other partitions go on.
  result<void> install(staged_copy, blob said);
  /// Of the last copy that was put in place, also by an earlier process. As long as its index is
  /// the checkpoint's, the log may end before it, and begins anew behind it.
  std::optional<state_stamp> stamp(partition_number) const;
  /// Nothing is put in place while it is held; not owned when that took longer than `most`.
  std::unique_lock<std::timed_mutex> hold_installations(span most) const;

private:
  struct partition_state {
    mutable std::shared_mutex mutex; // guards all of it
    pending_layer open;
    pending_layer writing;      // changed by the writer alone once it is being written
    bool being_written = false; // the journal has confirmed what `writing` needs
    std::uint64_t term = 0;     // whose saves are taken
    std::uint64_t fences = 0;   // how many there have been
    std::atomic<std::uint64_t> checkpointed = 0;
    bool replaced = false; // by a copy, just now: nothing is taken
    std::optional<state_stamp> stamp;
  };
  struct counts {
    explicit counts(meters&);
    counter& commits;
    counter& rows;
    histogram& commit_seconds;
    gauge& waiting_bytes;
    gauge& readers;
    gauge& oldest_reader_seconds;
  };
  using table_rows = std::vector<std::pair<std::string, blob>>;

  local_state(state_options, const journal&, meters&);
  result<void> load_file();
  result<void> load_stamps();
  void forget(partition_state&, bool and_take_no_more);

  stored_row stored(std::string_view key, std::string_view value) const;
  blob stored_blob(std::string_view key, std::string_view value) const;
  std::uint64_t stored_history(const partition_state&, std::string_view key) const;
  table_rows scan_some(const partition_state&, const state_key&, std::string_view after,
                       std::size_t limit) const;
  std::vector<std::pair<std::uint64_t, blob>> history_some(const partition_state&, const state_key&,
                                                           std::uint64_t from,
                                                           std::size_t limit) const;
  template <class Visit> void merge(const partition_state&, table, std::string_view prefix,
                                    std::string_view after, const Visit&) const;

  enum class outcome : std::uint8_t { all_written, more_came, journal_is_behind };

  void run();
  bool gather(outcome last);
  bool ready_to_write(partition_number);
  outcome write_all();
  void wake_writer();

  friend class state_writer;
  state_options options_;
  const journal& journal_;
  counts counts_;
  std::unique_ptr<environment> environment_;
  std::vector<partition_state> partitions_;
  std::atomic<std::size_t> waiting_ = 0;

  std::atomic<bool> early_ = false; // enough waits: do not gather longer

  mutable std::timed_mutex installing_; // one at a time, and none during a backup
  std::mutex passing_;                  // held while layers are written

  std::mutex mutex_; // guards what follows
  std::condition_variable wake_;
  std::condition_variable done_;
  bool stopping_ = false;
  bool anything_ = false;      // something was handed over since the last look
  std::uint64_t asked_ = 0;    // how often `write_now` was called
  std::uint64_t answered_ = 0; // of these, how many have everything written
  std::thread thread_;
};

} // namespace tenon::runtime::store
