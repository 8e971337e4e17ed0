// One log for several nodes, in memory, for tests of what follows ownership. Each node has a
// journal of its own, the test steers who owns a partition and what is confirmed: a node may lose a
// partition with entries that the next owner's replace, or with ones that are in the log after all.
// Everything is confirmed at once unless the test holds the partition.
//
// One lock keeps everything, and nobody is told anything while it is held: what nodes are told
// comes from whichever thread steers or appends, one at a time, as from a journal's own thread.
#pragma once

#include "protocols/ensure.hpp"
#include "runtime/journal.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace tenon::tests {

class steered_log {
public:
  using partition_number = runtime::partition_number;
  class node;

  /// Whether entries without confirmation are in the log all the same when their owner loses it.
  enum class remnant : std::uint8_t { replaced, kept };

  steered_log(partition_number partitions, std::size_t nodes);

  runtime::journal& journal(std::size_t node);

  /// The node owns the partition in a new term; whoever had it has lost it before.
  void give(partition_number p, std::size_t to) {
    take(p, remnant::replaced);
    const std::scoped_lock turn{telling_};
    runtime::ownership_listener* listener = nullptr;
    std::uint64_t term = 0;
    {
      const std::scoped_lock lock{mutex_};
      auto& log = logs_.at(p);
      log.owner = to;
      log.held = log.full = false;
      term = ++log.term;
      listener = listeners_.at(to);
    }
    if (listener)
      listener->gained(p, term);
  }
  /// Nobody owns the partition.
  void take(partition_number p, remnant kept) {
    const std::scoped_lock turn{telling_};
    runtime::ownership_listener* listener = nullptr;
    std::uint64_t term = 0;
    {
      const std::scoped_lock lock{mutex_};
      auto& log = logs_.at(p);
      if (log.owner == nobody)
        return;
      listener = listeners_.at(std::exchange(log.owner, nobody));
      term = log.term;
      log.held = log.full = false;
    }
    if (listener)
      listener->lost(p, term);
    const std::scoped_lock lock{mutex_};
    auto& log = logs_.at(p);
    if (kept == remnant::kept)
      log.confirmed = log.last();
    else
      log.entries.resize(log.confirmed);
  }

  /// From now on entries of the partition wait for `confirm`.
  void hold(partition_number p) {
    const std::scoped_lock lock{mutex_};
    logs_.at(p).held = true;
  }
  /// From now on no entry of the partition is taken.
  void fill(partition_number p) {
    const std::scoped_lock lock{mutex_};
    logs_.at(p).full = true;
  }
  void confirm(partition_number p) {
    {
      const std::scoped_lock lock{mutex_};
      logs_.at(p).held = false;
    }
    tell(p);
  }
  /// Puts an entry at the end of the confirmed log as it is, in nobody's name.
  void plant(partition_number p, blob bytes) {
    const std::scoped_lock lock{mutex_};
    auto& log = logs_.at(p);
    ensure(log.confirmed == log.last(), "something waits");
    log.entries.push_back({{log.term, log.last() + 1, std::move(bytes)}, nullptr});
    ++log.confirmed;
  }
  std::uint64_t last(partition_number p) const {
    const std::scoped_lock lock{mutex_};
    return logs_.at(p).last();
  }

  /// Called when a partition is looked through.
  std::function<void(partition_number)> scanned{};

private:
  static constexpr std::size_t nobody = ~std::size_t{0};

  struct taken {
    runtime::journal_entry entry;
    runtime::durable_listener* listener;
  };
  struct log_of_partition {
    std::size_t owner = nobody;
    std::uint64_t term = 0;
    std::uint64_t confirmed = 0;
    bool held = false;
    bool full = false;
    std::vector<taken> entries; // none is ever forgotten: another node may need it

    std::uint64_t last() const { return entries.size(); }
  };

  /// Confirms what may be and tells whoever appended it.
  void tell(partition_number p) {
    const std::scoped_lock turn{telling_};
    std::vector<std::pair<runtime::durable_listener*, std::uint64_t>> told;
    {
      const std::scoped_lock lock{mutex_};
      auto& log = logs_.at(p);
      for (; !log.held && log.owner != nobody && log.confirmed < log.last(); ++log.confirmed)
        told.emplace_back(log.entries[log.confirmed].listener, log.confirmed + 1);
    }
    for (const auto& [listener, index] : told)
      if (listener)
        listener->durable(index);
  }

  mutable std::mutex mutex_;
  // Recursive, because what is told of an entry may lead to the next one.
  std::recursive_mutex telling_;
  std::vector<log_of_partition> logs_;
  std::vector<runtime::ownership_listener*> listeners_;
  std::vector<std::unique_ptr<node>> nodes_;
};

class steered_log::node final : public runtime::journal {
public:
  node(steered_log& whole, std::size_t number) : whole_{whole}, number_{number} {}

  partition_number partitions() const override {
    return static_cast<partition_number>(whole_.logs_.size());
  }
  std::uint64_t term(partition_number p) const override {
    const std::scoped_lock lock{whole_.mutex_};
    const auto& log = whole_.logs_.at(p);
    return log.owner == number_ ? log.term : 0;
  }
  void watch(runtime::ownership_listener& listener) override {
    const std::scoped_lock turn{whole_.telling_};
    {
      const std::scoped_lock lock{whole_.mutex_};
      whole_.listeners_[number_] = &listener;
    }
    for (partition_number p = 0; p < partitions(); ++p)
      if (const auto owned = term(p))
        listener.gained(p, owned);
  }
  result<std::uint64_t> append(partition_number p, std::uint64_t term, blob entry,
                               runtime::durable_listener& listener) override {
    std::uint64_t index = 0;
    {
      const std::scoped_lock lock{whole_.mutex_};
      auto& log = whole_.logs_.at(p);
      if (log.owner != number_ || log.term != term)
        return failure{code::unavailable, "another term owns the partition", "term"};
      if (log.full)
        return failure{code::overloaded, "too many bytes wait", "journal", "Repeat.", span{10}};
      index = log.last() + 1;
      log.entries.push_back({{term, index, std::move(entry)}, &listener});
    }
    whole_.tell(p);
    return index;
  }
  std::uint64_t durable(partition_number p) const override {
    const std::scoped_lock lock{whole_.mutex_};
    return whole_.logs_.at(p).confirmed;
  }
  void read(partition_number p, std::span<const std::uint64_t> indices,
            const std::function<void(const runtime::journal_entry&)>& each) const override {
    for (const auto& entry : confirmed(p, 0))
      if (std::ranges::binary_search(indices, entry.index))
        each(entry);
  }
  void scan(partition_number p, std::uint64_t after,
            const std::function<void(const runtime::journal_entry&)>& each) const override {
    if (whole_.scanned)
      whole_.scanned(p);
    for (const auto& entry : confirmed(p, after))
      each(entry);
  }
  void trim(partition_number, std::uint64_t) override {}

private:
  std::vector<runtime::journal_entry> confirmed(partition_number p, std::uint64_t after) const {
    const std::scoped_lock lock{whole_.mutex_};
    const auto& log = whole_.logs_.at(p);
    std::vector<runtime::journal_entry> found;
    for (auto i = after; i < log.confirmed; ++i)
      found.push_back(log.entries[i].entry);
    return found;
  }

  steered_log& whole_;
  std::size_t number_;
};

inline steered_log::steered_log(partition_number partitions, std::size_t nodes)
    : logs_(partitions), listeners_(nodes) {
  for (std::size_t i = 0; i < nodes; ++i)
    nodes_.push_back(std::make_unique<node>(*this, i));
}

inline runtime::journal& steered_log::journal(std::size_t node) {
  return *nodes_.at(node);
}

} // namespace tenon::tests
