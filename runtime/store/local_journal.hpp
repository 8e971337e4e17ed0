// The journal of a single node: every partition's log in one LMDB file, written by one storage
// thread. What all partitions have waiting when the thread comes round goes into one row, one
// transaction, one fsync; batches form by themselves while the last fsync runs. Only then is
// anybody told.
//
// The log is the truth: it is walked and checked when it is opened, and damage refuses the start.
// Opening starts the next term of every partition. A full disk or a failed fsync acknowledges
// nothing and ends the process.
#pragma once

#include "runtime/journal.hpp"
#include "runtime/store/environment.hpp"
#include "runtime/store/journal_file.hpp"
#include "runtime/store/log_map.hpp"
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
#include <vector>

namespace tenon::runtime::store {

struct journal_options {
  std::filesystem::path file;
  partition_number partitions = 16; // fixed when the file is created
  std::string node; // whose file this is, fixed when it is created; empty: whosever it is
  std::size_t most_waiting = std::size_t{64} << 20; // bytes; beyond, `overloaded`
  std::size_t most_batch = std::size_t{8} << 20;    // bytes of one group commit
  std::size_t most_entry = std::size_t{32} << 20;   // bytes; beyond, `too_large`
  std::size_t map_bytes = std::size_t{64} << 30;
  span retry_after{10}; // told to who is refused: a few group commits
};

class local_journal final : public journal {
public:
  static result<std::unique_ptr<local_journal>> open(journal_options, meters&);
  /// Makes durable what waits, then ends the storage thread.
  ~local_journal() override;

  partition_number partitions() const override { return options_.partitions; }
  std::uint64_t term(partition_number) const override;
  result<std::uint64_t> append(partition_number, std::uint64_t term, blob entry,
                               durable_listener& listener) override;
  std::uint64_t durable(partition_number) const override;
  void read(partition_number, std::span<const std::uint64_t> indices,
            const std::function<void(const journal_entry&)>& each) const override;
  void scan(partition_number, std::uint64_t after,
            const std::function<void(const journal_entry&)>& each) const override;
  void trim(partition_number, std::uint64_t through) override;

  /// The last index that was trimmed: the log begins after it.
  std::uint64_t trimmed(partition_number) const;

  /// Nothing is trimmed while such a hold lives: for copying state first and the log behind it.
  class hold {
  public:
    explicit hold(local_journal& j) : journal_{j} { ++journal_.holds_; }
    ~hold() { --journal_.holds_; }
    hold(const hold&) = delete;
    hold& operator=(const hold&) = delete;

  private:
    local_journal& journal_;
  };

  /// The node the file belongs to: a random name when none was given at its creation.
  const std::string& node() const { return options_.node; }
  const environment& file() const { return *environment_; }

private:
  struct waiting_entry {
    durable_listener* listener;
    std::uint64_t index;
    blob bytes;
    partition_number partition;
  };
  struct partition_log {
    std::uint64_t next = 1; // guarded by mutex_
    std::uint64_t term = 0; // set at open
    std::atomic<std::uint64_t> durable = 0;
    std::atomic<std::uint64_t> trimmed = 0;
    // The rest is the storage thread's own.
    std::uint64_t trim_stored = 0;
    std::uint32_t planned = 0; // position in plan_, valid while a row is made
    char* at = nullptr;        // where its next entry goes
    durable_listener* listener = nullptr;
    std::uint64_t told = 0;
  };
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

  local_journal(journal_options, meters&);
  result<void> load();
  result<void> take_header(const journal_header&);
  result<void> take_row(std::uint64_t sequence, std::span<const stored_block>);
  journal_header header_now() const;

  void run();
  bool take();
  std::size_t commit(std::size_t from);
  void write_row(write_transaction&, std::size_t from, std::size_t to);
  bool advance_trims();
  void tell(std::size_t from, std::size_t to);
  void count(std::size_t entries, std::size_t bytes, std::chrono::steady_clock::duration);

  template <class Wanted> std::uint64_t copy_block(partition_number, std::uint64_t index,
                                                   const Wanted&,
                                                   std::vector<journal_entry>& into) const;

  journal_options options_;
  counts counts_;
  std::unique_ptr<environment> environment_;
  std::vector<partition_log> logs_;

  std::mutex mutex_; // guards what follows, to holds_, and logs_[].next
  std::condition_variable wake_;
  std::vector<waiting_entry> queue_;
  std::atomic<std::size_t> waiting_ = 0;
  bool stopping_ = false;
  bool asleep_ = false;
  bool trim_asked_ = false;
  std::atomic<int> holds_ = 0;

  mutable std::shared_mutex map_mutex_;
  log_map map_;

  // The storage thread's own.
  bool trim_now_ = false;
  std::vector<std::uint64_t> unwanted_; // rows that this commit erases
  std::vector<waiting_entry> batch_;
  std::vector<planned_block> plan_;
  std::thread thread_;
};

} // namespace tenon::runtime::store
