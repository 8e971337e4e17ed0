// The journal in memory, for tests of what stands above it. Entries become durable when the test
// says so (`confirm`), or within `append` in the automatic mode: a listener is then called before
// `append` has returned, which every listener must bear. `crash` forgets what was not confirmed
// and starts the next term, as a restart of the node would.
#pragma once

#include "runtime/journal.hpp"

#include <algorithm>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace tenon::tests {

enum class confirming : std::uint8_t { automatic, on_demand };

class volatile_journal final : public runtime::journal {
public:
  using partition_number = runtime::partition_number;
  using journal_entry = runtime::journal_entry;

  explicit volatile_journal(partition_number partitions = 1,
                            confirming mode = confirming::automatic)
      : mode_{mode}, logs_(partitions) {}

  void set(confirming mode) {
    const std::scoped_lock lock{mutex_};
    mode_ = mode;
  }
  /// Appends beyond these bytes are refused with `overloaded` until something is confirmed.
  void set_most_waiting(std::size_t bytes) {
    const std::scoped_lock lock{mutex_};
    most_waiting_ = bytes;
  }
  /// Larger entries are refused for good.
  void set_most_entry(std::size_t bytes) {
    const std::scoped_lock lock{mutex_};
    most_entry_ = bytes;
  }
  /// Everything appended so far becomes durable, in every partition.
  void confirm() {
    for (std::size_t p = 0; p < logs_.size(); ++p)
      confirm(static_cast<partition_number>(p), ~std::uint64_t{0});
  }
  /// What was appended to the partition becomes durable up to and including `through`.
  void confirm(partition_number p, std::uint64_t through) {
    std::vector<std::pair<runtime::durable_listener*, std::uint64_t>> told;
    {
      const std::scoped_lock lock{mutex_};
      auto& log = logs_.at(p);
      for (; log.durable < std::min(through, log.last()); ++log.durable) {
        const auto& next = log.entries[log.durable - log.trimmed];
        waiting_ -= next.entry.bytes.size();
        told.emplace_back(next.listener, next.entry.index);
      }
    }
    for (const auto& [listener, index] : told)
      listener->durable(index);
  }
  void crash() {
    const std::scoped_lock lock{mutex_};
    waiting_ = 0;
    for (auto& log : logs_) {
      log.entries.resize(log.durable - log.trimmed);
      ++log.term;
    }
  }
  std::uint64_t trimmed(partition_number p) const {
    const std::scoped_lock lock{mutex_};
    return logs_.at(p).trimmed;
  }
  /// The last index taken, durable or not.
  std::uint64_t last(partition_number p) const {
    const std::scoped_lock lock{mutex_};
    return logs_.at(p).last();
  }

  partition_number partitions() const override {
    return static_cast<partition_number>(logs_.size());
  }
  std::uint64_t term(partition_number p) const override {
    const std::scoped_lock lock{mutex_};
    return logs_.at(p).term;
  }
  void watch(runtime::ownership_listener& listener) override {
    for (partition_number p = 0; p < partitions(); ++p)
      listener.gained(p, term(p));
  }
  result<std::uint64_t> append(partition_number p, std::uint64_t term, blob entry,
                               runtime::durable_listener& listener) override {
    std::unique_lock lock{mutex_};
    auto& log = logs_.at(p);
    if (term != log.term || term == 0)
      return failure{code::unavailable, "another term owns the partition", "term"};
    if (entry.size() > most_entry_)
      return failure{code::too_large, "the entry is too large", "journal entry", "Split it."};
    if (waiting_ + entry.size() > most_waiting_)
      return failure{code::overloaded, "too many bytes wait for the journal", "journal",
                     "Repeat later.", span{10}};
    const auto index = log.last() + 1;
    waiting_ += entry.size();
    log.entries.push_back({{term, index, std::move(entry)}, &listener});
    const bool at_once = mode_ == confirming::automatic;
    lock.unlock();
    if (at_once)
      confirm(p, index);
    return index;
  }
  std::uint64_t durable(partition_number p) const override {
    const std::scoped_lock lock{mutex_};
    return logs_.at(p).durable;
  }
  void read(partition_number p, std::span<const std::uint64_t> indices,
            const std::function<void(const journal_entry&)>& each) const override {
    for (const auto& entry : durable_after(p, 0))
      if (std::binary_search(indices.begin(), indices.end(), entry.index))
        each(entry);
  }
  void scan(partition_number p, std::uint64_t after,
            const std::function<void(const journal_entry&)>& each) const override {
    if (scanned)
      scanned(p);
    for (const auto& entry : durable_after(p, after))
      each(entry);
  }
  /// Called when a partition is looked through.
  std::function<void(partition_number)> scanned{};

  void trim(partition_number p, std::uint64_t through) override {
    const std::scoped_lock lock{mutex_};
    auto& log = logs_.at(p);
    through = std::min(through, log.durable);
    if (through <= log.trimmed)
      return;
    const auto count = static_cast<std::ptrdiff_t>(through - log.trimmed);
    log.entries.erase(log.entries.begin(), log.entries.begin() + count);
    log.trimmed = through;
  }

private:
  struct taken {
    journal_entry entry;
    runtime::durable_listener* listener;
  };
  struct log_of_partition {
    std::uint64_t term = 1;
    std::uint64_t trimmed = 0;
    std::uint64_t durable = 0;
    std::vector<taken> entries; // of the indices after `trimmed`

    std::uint64_t last() const { return trimmed + entries.size(); }
  };

  std::vector<journal_entry> durable_after(partition_number p, std::uint64_t after) const {
    const std::scoped_lock lock{mutex_};
    const auto& log = logs_.at(p);
    std::vector<journal_entry> found;
    for (const auto& taken : log.entries)
      if (taken.entry.index > after && taken.entry.index <= log.durable)
        found.push_back(taken.entry);
    return found;
  }

  mutable std::mutex mutex_;
  confirming mode_;
  std::size_t most_waiting_ = std::size_t{64} << 20;
  std::size_t most_entry_ = std::size_t{64} << 20;
  std::size_t waiting_ = 0;
  std::vector<log_of_partition> logs_;
};

} // namespace tenon::tests
