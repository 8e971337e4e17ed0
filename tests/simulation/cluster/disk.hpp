// A node's disk: what was written and not yet synced is lost at a crash, all of it or a part from
// the end, never a part of one write: writes have checksums.
#pragma once

#include "cluster/raft/group.hpp"
#include "tests/simulation/cluster/machine.hpp"

#include <deque>
#include <functional>
#include <vector>

namespace tenon::tests::simulation {

/// What is stored of one group: its log, its promises, and a state that stands at `kept.state`.
struct stored_group {
  raft::durable kept;
  machine state;

  std::uint64_t last() const { return kept.first + kept.entries.size() - 1; }
  const raft::entry* at(std::uint64_t index) const {
    return index >= kept.first && index <= last() ? &kept.entries[index - kept.first] : nullptr;
  }

  void keep(const raft::write& w) {
    if (w.ballot)
      kept.ballot = *w.ballot;
    if (w.entries.empty())
      return;
    kept.entries.resize(w.from - kept.first);
    kept.entries.insert(kept.entries.end(), w.entries.begin(), w.entries.end());
  }
  void install(const raft::stamp& at, const machine& fetched) {
    kept.state = at;
    kept.first = at.index + 1;
    kept.entries.clear();
    state = fetched;
  }
  void forget(std::uint64_t through) {
    if (through < kept.first)
      return;
    const auto gone = std::min<std::uint64_t>(through - kept.first + 1, kept.entries.size());
    kept.entries.erase(kept.entries.begin(),
                       kept.entries.begin() + static_cast<std::ptrdiff_t>(gone));
    kept.first = through + 1;
  }
};

struct disk {
  using change = std::function<void(stored_group&)>;
  struct queued {
    std::uint16_t group = 0;
    change make;
    std::function<void()> done; // told once it is durable
  };

  explicit disk(std::size_t groups) : durable(groups) {}

  void sync(std::size_t count) {
    for (; count > 0; --count) {
      const auto next = std::move(queue.front());
      queue.pop_front();
      next.make(durable[next.group]);
      if (next.done)
        next.done();
    }
  }
  /// The power is cut: some of what was under way had reached the disk.
  void crash(std::size_t reached) {
    for (; reached > 0; --reached) {
      queue.front().make(durable[queue.front().group]);
      queue.pop_front();
    }
    queue.clear();
  }

  std::vector<stored_group> durable;
  std::deque<queued> queue;
};

} // namespace tenon::tests::simulation
