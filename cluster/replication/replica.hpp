// One partition on this node: its group, its log and its front, held together. What happened goes
// in, in any order and as much as there is; `perform` then does what the group asks for. Entries
// that wait in front go to the group before a change of members, which takes an index, too.
//
// For the loop's thread.
#pragma once

#include "cluster/raft/group.hpp"
#include "cluster/replication/agenda.hpp"
#include "cluster/replication/front.hpp"
#include "cluster/replication/mailbag.hpp"
#include "cluster/replication/ownership.hpp"
#include "cluster/replication/trailing.hpp"
#include "cluster/replication/view.hpp"
#include "cluster/storage/group_log.hpp"
#include "runtime/telemetry/metrics.hpp"

#include <functional>
#include <map>

namespace tenon::cluster::replication {

struct counts {
  explicit counts(runtime::meters&);
  runtime::counter& proposed;
  runtime::counter& confirmed;
  runtime::counter& elected;
  runtime::counter& parcels;
  runtime::counter& unsent;
  runtime::counter& misread;
  runtime::gauge& led;
};

/// What the replicas of a node share.
struct surroundings {
  replication::agenda& agenda;
  replication::mailbag& mail;
  replication::ownership& ownership;
  replication::counts& counts;
  replication::trailing::limits trailing;
  /// See `replication_calls`.
  std::function<void(partition_number, raft::node_id from, const raft::stamp&)> fetch;
  std::function<void(partition_number)> led;
};

class replica {
public:
  using changed = std::function<void(result<std::uint64_t>)>;
  using handed_over = std::function<void(result<void>)>;
  using allowed = std::function<void(result<std::uint64_t>)>;

  replica(partition_number, raft::node_id self, const raft::options&, raft::durable kept,
          storage::group_log, front&, surroundings&, span now);
  ~replica();
  replica(const replica&) = delete;
  replica& operator=(const replica&) = delete;

  /// What waits in front, and what has become durable.
  void look(span now);
  void tick(span now);
  void receive(raft::node_id from, std::uint64_t epoch, const raft::message&, span now);
  void lost(raft::node_id peer, span now);
  void change(const raft::wanted_change&, span now, changed);
  void transfer(raft::node_id to, span now, handed_over);
  void read(span now, allowed);
  void trim(std::uint64_t through, span now);
  result<raft::stamp> stamp_at(std::uint64_t index) const { return group_.stamp_at(index); }
  void fetched(const raft::stamp&, span now);
  void not_fetched();

  void perform();
  span due() const;
  view now_is() const;

  /// Whoever waits for anything is told that it will not come, and nobody is told anything more.
  void end();

private:
  struct waiting_change {
    std::uint64_t index = 0;
    changed done;
  };

  void submit(front::batch, span now);
  void follow(const raft::standing&);
  void give_up_leading();
  void write(raft::write);
  void confirm(std::uint64_t committed);
  void answer_reads(const raft::update&);
  void finish_transfer();

  partition_number partition_;
  storage::group_log log_;
  front& front_;
  surroundings& around_;
  agenda::note note_;
  raft::group group_;
  const span beat_;
  replication::trailing trailing_;
  bool leads_ = false;
  std::uint64_t elected_ = 0; // the last term in which it was
  std::uint64_t asked_ = 0;   // the last write that was given to the store
  std::uint64_t written_ = 0; // that the group knows to be durable
  std::uint64_t reads_ = 0;   // tokens given
  std::map<std::uint64_t, allowed> reading_;
  std::vector<waiting_change> changing_; // ascending
  handed_over transferring_;
};

} // namespace tenon::cluster::replication
