// The journal of a node of a cluster: each partition is a group of replicas, and what is confirmed
// is durable on a majority of them and here. A lone node is the same with one voter per group.
// Every node has a replica of every partition; one that has nothing waits to be made a member.
//
// Threads: the io_context is run by one thread, the loop, which owns all groups and calls all that
// is given here: listeners, `done`s and `replication_calls`; none of them may block or throw. All
// calls may come from any thread. Destroy it on the loop's thread or after that has ended; the
// log store and the io_context go after it.
#pragma once

#include "cluster/raft/group.hpp"
#include "cluster/replication/front.hpp"
#include "cluster/replication/trailing.hpp"
#include "cluster/replication/view.hpp"
#include "runtime/clock.hpp"
#include "runtime/store/log_store.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace tenon::cluster::replication {

struct replication_options {
  raft::node_id self = 0;
  raft::options raft{}; // `seed`: of this start; `entry_bytes` is that of `limits`
  front_limits limits{};
  replication::trailing::limits trailing{};
  std::size_t frame_bytes = 1u << 20; // of what is sent to a peer at once, or one message
};

struct replication_calls {
  /// A frame for the peer's `arrived`. One that is refused is made again when it is missed.
  std::function<result<void>(raft::node_id to, blob frame)> send{};
  /// The state is needed that stands at this stamp or later: have it in place, then say `fetched`;
  /// when what is in place is as new already, say so at once. Else `not_fetched`: asked again.
  std::function<void(partition_number, raft::node_id from, const raft::stamp&)> fetch{};
  /// Another node leads the partition than before, or nobody, or this one owns it now.
  std::function<void(partition_number)> led{};
};

/// How far a partition's state is stored on this node. With the stamp, when it was fetched with one
/// and nothing was stored since.
struct stored_state {
  std::uint64_t index = 0;
  std::optional<raft::stamp> stamp{};
};

class replicated_journal final : public runtime::journal {
public:
  replicated_journal(boost::asio::io_context&, runtime::store::log_store&, replication_options,
                     replication_calls, const runtime::clock&, runtime::meters&);
  ~replicated_journal() override;

  /// Before the start, and once in the life of a cluster: every partition that has nothing yet
  /// begins with these members. Durable when it returns. Never for a node that has lost its disk:
  /// others know more. The log must not have been opened for next terms.
  void found(const raft::configuration&);
  /// Once; by partition. Until then nothing is owned, and `durable` is what is on disk.
  /// `internal` when log and state are not of one time.
  result<void> start(const std::vector<stored_state>&);
  /// As the destructor: nobody is called any more; who waits for an answer is told so before.
  void close();

  // What comes over the network. `epoch` grows with each connection of the peer.
  void arrived(raft::node_id from, std::uint64_t epoch, blob frame);
  void lost(raft::node_id peer);

  // runtime::journal
  partition_number partitions() const override;
  std::uint64_t term(partition_number) const override;
  void watch(runtime::ownership_listener&) override;
  result<std::uint64_t> append(partition_number, std::uint64_t term, blob entry,
                               runtime::durable_listener&) override;
  std::uint64_t durable(partition_number) const override;
  void read(partition_number, std::span<const std::uint64_t> indices,
            const std::function<void(const runtime::journal_entry&)>& each) const override;
  void scan(partition_number, std::uint64_t after,
            const std::function<void(const runtime::journal_entry&)>& each) const override;
  void trim(partition_number, std::uint64_t through) override;

  /// 0: nobody known.
  raft::node_id leader(partition_number) const;

  using done = std::function<void(result<void>)>;
  using found_index = std::function<void(result<std::uint64_t>)>;
  /// Of a member, one at a time; done when it is committed.
  void change(partition_number, raft::wanted_change, done);
  /// 0: to whoever is furthest. Done when this node leads no more.
  void transfer(partition_number, raft::node_id to, done);
  /// Everything that anybody was told of before is at or below the index. Where the leader is.
  void read_barrier(partition_number, found_index);
  void look(std::function<void(std::vector<view>)>);

  /// For a state in which everything up to the index is applied; `not_found` when it is forgotten.
  void stamp_at(partition_number, std::uint64_t index, std::function<void(result<raft::stamp>)>);
  void fetched(partition_number, raft::stamp);
  void not_fetched(partition_number);

private:
  class rounds;
  std::shared_ptr<rounds> rounds_;
};

} // namespace tenon::cluster::replication
