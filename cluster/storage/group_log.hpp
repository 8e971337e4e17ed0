// The log and the promises of one group of replicas, on the node's disk: what its writes say
// becomes durable in the store that all partitions of the node share, and is read from there again.
//
// What the log begins behind is kept as a stamp beside it, so that a stored state needs no more
// than its index to be known by term and configuration.
#pragma once

#include "cluster/raft/entry_source.hpp"
#include "runtime/store/log_store.hpp"

namespace tenon::cluster::storage {

class group_log final : public raft::entry_source {
public:
  group_log(runtime::store::log_store& s, runtime::partition_number group)
      : store_{&s}, group_{group} {}

  /// What a group begins with, asked once after the store was opened. Its stored state stands at
  /// this index; 0: nothing is stored.
  /// Refused, with a remedy, when log and state are not of one time.
  result<raft::durable> kept(std::uint64_t stored) const;
  /// The same, for a state that was stored with its stamp. If it was fetched and the node stopped
  /// before the log began anew behind it, the log does so now.
  result<raft::durable> kept(const raft::stamp& stored);

  /// The listener is told the write's number from the storage thread, and must return at once. The
  /// state of a write that installs one is durable before, stamp included.
  void write(raft::write, runtime::durable_listener&);

  /// A leader asks before it takes commands: whether too much waits for the disk.
  bool crowded() const { return store_->crowded(); }

  /// Entries up to the stamp may go: they are in a stored state.
  void forget(const raft::stamp&);

  result<std::vector<raft::entry>> read(std::uint64_t from, std::uint64_t to,
                                        std::size_t bytes) override;

private:
  failure refusal(std::string why) const;
  result<std::optional<raft::stamp>> base() const;
  result<raft::durable> everything() const;
  result<raft::stamp> stamp_of(std::uint64_t index, const raft::durable&) const;

  runtime::store::log_store* store_;
  runtime::partition_number group_;
};

} // namespace tenon::cluster::storage
