// Keeps what is stored of partitions that other nodes own close behind their logs, so that whoever
// takes one over has little to replay. Entries that are confirmed are gathered by identity, each
// actor is loaded from its row, replays them and is stored again: nothing is decided and nothing
// released. What cannot be read stops the following of its partition, never the node.
//
// Not thread-safe: its owner calls from one thread. Ownership may change at any moment, from
// another one; what was begun before is then neither stored nor marked.
#pragma once

#include "runtime/hosting/replica.hpp"
#include "runtime/journal.hpp"

#include <functional>
#include <map>
#include <string_view>
#include <vector>

namespace tenon::runtime {

class following {
public:
  struct limits {
    std::size_t bytes = std::size_t{8} << 20; // of entries in memory in one step
  };
  /// Of a kind by its name; `kind` is null when this node has none of that name.
  struct known_kind {
    const runtime::kind* kind = nullptr;
    void* metrics = nullptr;
  };
  struct surroundings {
    journal& log;
    state& stored;
    const runtime::seal& seal;
    std::function<known_kind(std::string_view)> kind_of;
    /// Runs `store` unless the ownership of the partition has changed since it had `changes`
    /// changes; none happens meanwhile. Whether it ran.
    std::function<bool(partition_number, std::uint64_t changes, const std::function<void()>& store)>
        unchanged;
  };

  following(surroundings, limits);

  /// Entries that wait to be applied.
  std::uint64_t behind(partition_number, std::uint64_t changes);

  /// Applies some of what waits, as of `changes` changes of the ownership; whether more does.
  bool step(partition_number, std::uint64_t changes);

private:
  struct progress {
    std::uint64_t changes = 0; // of the ownership, when it began
    std::uint64_t applied = 0; // handed over up to here
    bool stopped = false;      // something cannot be read
  };
  using entries_by_identity = std::map<identity, std::vector<journal_entry>>;

  progress& progress_of(partition_number, std::uint64_t changes);
  std::uint64_t gather(partition_number, progress&, std::uint64_t durable, entries_by_identity&);
  bool apply(partition_number, progress&, const identity&, const std::vector<journal_entry>&);
  void stop(partition_number, progress&, std::uint64_t index, const failure&);

  surroundings around_;
  limits limits_;
  std::map<partition_number, progress> progress_;
};

} // namespace tenon::runtime
