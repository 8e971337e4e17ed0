// Every partition's log in one LMDB file, written by one storage thread, for whoever owns the
// partitions: a lone node's journal, or groups of replicas. What all partitions have waiting when
// the thread comes round goes into one row, one transaction, one fsync; batches form by themselves
// while the last fsync runs. Only then is anybody told.
//
// The log is the truth: it is walked and checked when it is opened, and damage refuses the start. A
// full disk or a failed fsync acknowledges nothing and ends the process.
#pragma once

#include "runtime/journal.hpp"
#include "runtime/store/environment.hpp"
#include "runtime/store/journal_file.hpp"
#include "runtime/store/log_course.hpp"
#include "runtime/store/log_map.hpp"
#include "runtime/telemetry/metrics.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

namespace tenon::runtime::store {

struct log_options {
  std::filesystem::path file;
  partition_number partitions = 16; // fixed when the file is created
  std::string node; // whose file this is, fixed when it is created; empty: whosever it is
  std::size_t most_waiting = std::size_t{64} << 20; // bytes; beyond, `overloaded`
  std::size_t most_batch = std::size_t{8} << 20;    // bytes of one group commit
  std::size_t most_entry = std::size_t{32} << 20;   // bytes; beyond, `too_large`
  std::size_t map_bytes = std::size_t{64} << 30;
  span retry_after{10};    // told to who is refused: a few group commits
  bool next_terms = false; // opening starts the next term of every partition
};

/// What an owner adds; `kind` is its own business.
struct log_entry {
  std::uint64_t term = 0;
  std::uint8_t kind = 0;
  blob bytes{};
};

struct kept_entry : journal_entry {
  std::uint8_t kind = 0;
};

/// One thing to make durable, whole or not at all. Nothing that is trimmed is ever cut.
struct log_change {
  std::optional<log_ballot> ballot{};
  std::optional<log_base> begin{}; // the log is what comes behind this, and nothing else
  std::uint64_t from = 0; // with entries: the first one's index; all that is there from it on goes
  std::vector<log_entry> entries{};
};

class log_store {
public:
  static result<std::unique_ptr<log_store>> open(log_options, meters&);
  /// Makes durable what waits, then ends the storage thread.
  ~log_store();

  partition_number partitions() const { return options_.partitions; }

  /// Takes the entry at the end of the partition's log and answers its index at once; `listener` is
  /// told this index when it is durable. `overloaded` and `too_large` as in `journal::append`.
  result<std::uint64_t> append(partition_number, std::uint64_t term, blob entry, durable_listener&);

  /// `listener` is told `number` when the change is durable; changes of a partition become durable
  /// in order. Never refused, because half of a promise cannot be taken back: who may say no asks
  /// `crowded` first.
  void submit(partition_number, log_change, std::uint64_t number, durable_listener&);
  bool crowded() const { return waiting_ >= options_.most_waiting; }

  /// What the file held when it was opened; with `next_terms`, the raised terms.
  const log_ballot& ballot(partition_number p) const { return logs_.at(p).found; }
  /// What was said at the last trim, or of the state that the log began anew behind. Nothing when
  /// nothing was said.
  std::optional<log_base> base(partition_number) const;

  /// The last index that is durable; `trimmed` for an empty log.
  std::uint64_t durable(partition_number) const;
  /// The last index that was trimmed: the log begins after it.
  std::uint64_t trimmed(partition_number) const;

  /// As `journal::read` and `journal::scan`. What was cut is not read; but who goes on reading
  /// while the log is cut may see the old before the new.
  void read(partition_number, std::span<const std::uint64_t> indices,
            const std::function<void(const kept_entry&)>& each) const;
  void scan(partition_number, std::uint64_t after,
            const std::function<void(const kept_entry&)>& each) const;
  /// The durable entries [from, to) in order, up to the one with which they are so many bytes. None
  /// when the first is not there.
  std::vector<kept_entry> read(partition_number, std::uint64_t from, std::uint64_t to,
                               std::size_t bytes) const;

  /// The log may forget these entries; of those that are not durable, none. What is said of the
  /// base is kept, if anything is.
  void trim(partition_number, log_base);

  /// Nothing is trimmed while such a hold lives: for copying state first and the log behind it.
  class hold {
  public:
    explicit hold(log_store& s) : store_{s} { ++store_.holds_; }
    ~hold() { --store_.holds_; }
    hold(const hold&) = delete;
    hold& operator=(const hold&) = delete;

  private:
    log_store& store_;
  };

  /// The node the file belongs to: a random name when none was given at its creation.
  const std::string& node() const { return options_.node; }
  const environment& file() const { return *environment_; }

private:
  /// What goes into the file besides entries.
  struct waiting_records {
    std::optional<log_ballot> ballot;
    std::optional<log_base> begin;
  };
  /// An entry, or records. The last of a change has its listener.
  struct waiting {
    durable_listener* listener = nullptr;
    std::uint64_t number = 0; // told to the listener
    std::uint64_t term = 0;
    std::uint64_t index = 0;
    blob bytes{};
    std::unique_ptr<waiting_records> records{};
    std::uint32_t block = 0; // in plan_, once it is planned
    partition_number partition = 0;
    std::uint8_t kind = 0;
    block_start start = block_start::follows;
  };
  struct partition_log {
    std::uint64_t next = 1;  // guarded by mutex_
    std::uint64_t floor = 0; // guarded by mutex_: nothing up to here is cut
    log_base trim_asked;     // guarded by mutex_
    log_ballot found;        // set at open
    std::atomic<std::uint64_t> durable = 0;
    std::atomic<std::uint64_t> trimmed = 0;
    // The rest is the storage thread's own.
    log_ballot ballot;
    log_course course;
    log_base trimming;
    std::uint64_t trim_stored = 0;
    std::uint32_t planned = 0; // position in plan_, valid while a row is made
    durable_listener* listener = nullptr;
    std::uint64_t told = 0;
  };
  struct taken {
    std::size_t to = 0; // of batch_
    std::size_t entries = 0;
    std::size_t bytes = 0;
    std::size_t weight = 0;
  };
  /// What an entry weighs while it waits, besides its bytes.
  static constexpr std::size_t entry_overhead = 64;

  struct counts {
    explicit counts(meters&);
    counter& commits;
    counter& entries;
    counter& bytes;
    histogram& commit_seconds;
    gauge& waiting_bytes;
    gauge& readers;
    gauge& oldest_reader_seconds;
  };

  log_store(log_options, meters&);
  result<void> load();
  result<void> take_header(const journal_header&);
  result<void> take_row(std::uint64_t sequence, std::span<const stored_block>);
  result<void> finish_logs();
  journal_header header_now() const;
  void enqueue(std::unique_lock<std::mutex>);

  void run();
  bool take();
  std::size_t commit(std::size_t from);
  taken plan(std::size_t from);
  void plan_entry(waiting&);
  void note_records(partition_number, waiting_records&);
  void write_row(write_transaction&, std::size_t from, std::size_t to);
  void advance_trims();
  void tell(std::size_t from, std::size_t to);
  void count(const taken&, std::chrono::steady_clock::duration);

  template <class Wanted> std::uint64_t copy_block(partition_number, std::uint64_t index,
                                                   const Wanted&,
                                                   std::vector<kept_entry>& into) const;

  log_options options_;
  counts counts_;
  std::unique_ptr<environment> environment_;
  std::vector<partition_log> logs_;

  std::mutex mutex_; // guards what follows, to holds_, and what logs_ says
  std::condition_variable wake_;
  std::vector<waiting> queue_;
  std::atomic<std::size_t> waiting_ = 0;
  bool stopping_ = false;
  bool asleep_ = false;
  bool trim_asked_ = false;
  std::atomic<int> holds_ = 0;

  mutable std::shared_mutex map_mutex_;
  log_map map_;

  // The storage thread's own.
  bool trim_now_ = false;
  bool header_changed_ = false;
  std::vector<std::uint64_t> unwanted_;                      // rows that this commit erases
  std::vector<std::pair<partition_number, log_base>> bases_; // that it writes
  std::vector<waiting> batch_;
  std::vector<planned_block> plan_;
  std::vector<char*> places_; // by block of the plan: where its next entry goes
  std::vector<partition_number> listening_;
  std::thread thread_;
};

} // namespace tenon::runtime::store
