// Consensus of one partition on one node: what happened goes in, what is to be done comes out. No
// thread, no clock, no disk, no network. The machine inside is libraft's, driven one step at a time
// (cluster/raft/core.h); what it leaves to its host, and what it gets wrong, is put right here:
//
// - a configuration travels alone in its message, else followers note it at a wrong index;
// - entries that begin below what a follower has forgotten are cut to what it has;
// - messages wait until the vote or term they rest on is durable;
// - a term begins with a barrier, and membership does not change before that is committed;
// - a lone voter raises its term before it leads again: entries it lost unwritten may have reached
//   a learner under the old one;
// - who is no voter by its own log votes all the same: the log may lack its promotion, and without
//   its vote nobody could be elected;
// - who is to take over is told to when it has the whole log, and not on its first sign of life;
// - who refuses a tentative vote for a later term says which, else the only one with the whole log
//   may ask in an old term for ever;
// - a leader does not take itself out; frames of an older connection are dropped.
//
// Call what happened, then `take` what is to be done; several events may be taken together. Writes
// are made durable in order, each reported by `written`. Times are spans since any beginning that
// this node keeps for as long as it runs, and do not go back.
#pragma once

#include "cluster/raft/change.hpp"
#include "cluster/raft/entry_source.hpp"
#include "cluster/raft/gate.hpp"
#include "cluster/raft/log_tail.hpp"
#include "cluster/raft/read_rounds.hpp"
#include "cluster/raft/update.hpp"

#include <deque>
#include <map>
#include <memory>

struct raft_core;
struct core_effects;
struct core_message;

namespace tenon::cluster::raft {

/// What keeps the library from its mistakes. The simulation takes one away at a time, to show that
/// it would notice.
struct guards {
  bool configuration_alone = true;
  bool cut_to_what_is_there = true;
  bool wait_for_ballot = true;
  bool barrier_before_change = true;
  bool raise_lone_term = true;
  bool strangers_vote = true;
  bool refusals_tell_terms = true;
  bool hand_over_whole_log = true;
};

struct options {
  span heartbeat{50};
  span election{300}; // until a follower stands; at random up to twice as long
  bool asks_first = true;
  std::uint32_t in_flight = 4096;          // entries sent to a follower and not confirmed
  std::size_t message_bytes = 1u << 20;    // of entries in one message, but at least one entry
  std::size_t burst_bytes = 8u << 20;      // of entries sent to a follower at once
  std::size_t entry_bytes = 8u << 20;      // of the largest command
  std::size_t remembered_bytes = 4u << 20; // of durable entries kept at hand for followers
  std::size_t waiting_bytes = 64u << 20;   // of entries at hand, durable or not, before refusal
  std::size_t waiting_reads = 65536;
  std::uint64_t nearly_caught_up = 1024; // entries that a learner may lack and become a voter
  std::uint32_t seed = 1;                // of the election timeouts: another one for each node
  raft::guards guards{};
};

class group {
public:
  /// `source` stays alive as long as the group.
  group(node_id self, const options&, durable kept, span now, entry_source& source);
  ~group();
  group(group&&) noexcept;
  group& operator=(group&&) noexcept;

  /// Commands at the end of the log; answers the first one's index. They are committed when
  /// `committed` has passed them within this term; when the leadership is lost, nobody knows.
  result<std::uint64_t> submit(std::vector<blob> commands, span now);

  /// `epoch` grows with each connection of the peer.
  void receive(node_id from, std::uint64_t epoch, const message&, span now);

  /// Everything up to this write is durable.
  void written(std::uint64_t number, span now);

  /// Called when `due` has come; earlier does no harm.
  void tick(span now);
  span due() const;

  /// The connection to the peer broke: if it was the leader, nobody waits for its silence.
  void lost(node_id peer, span now);

  /// 0: to whoever is furthest. Nothing is taken until it is over, at most two election timeouts.
  result<void> transfer(node_id to, span now);

  /// Answers the index at which the change is made once it is committed.
  result<std::uint64_t> change(const wanted_change&, span now);

  /// Allowed or refused in an update, by this token.
  result<void> read(std::uint64_t token, span now);

  /// The stamp for a state in which everything up to `applied` is applied; `not_found` outside what
  /// is committed and remembered.
  result<stamp> stamp_at(std::uint64_t applied) const;

  /// A state with this stamp is durable: entries before it may go, all but the last `trailing`.
  void saved(const stamp&, std::uint64_t trailing, span now);

  /// The state that was to be fetched is here, complete; it is installed by a write.
  void fetched(const stamp&, span now);
  void not_fetched() { fetching_.reset(); }

  update take();

  node_id self() const { return self_; }
  raft::standing standing() const { return standing_; }
  std::uint64_t committed() const { return committed_; }
  std::uint64_t last() const { return tail_.last(); }
  const configuration* members() const; // the newest, committed or not; nullptr: none yet
  /// Whether a change of members is under way, as far as this node knows.
  bool is_changing() const;
  /// Whether this node leads, and all that earlier leaders had committed is committed here.
  bool has_begun() const;
  /// Whether the leadership is being handed over.
  bool is_transferring() const;
  /// How far a member's log is known to be ours; 0 where we do not lead, or know nothing of it.
  std::uint64_t matched(node_id) const;
  /// Whether it lacks so little that it may vote.
  bool has_caught_up(node_id) const;
  /// Messages that no sound peer sends, dropped.
  std::uint64_t dropped() const { return dropped_; }

private:
  struct pending {
    std::uint64_t number = 0;
    std::uint64_t last = 0; // of its entries; lower when they were cut since
    std::optional<stamp> installed{};
  };

  std::uint64_t moment_of(span now);
  void absorb(const core_effects&, const std::vector<entry>& given, std::uint64_t given_first);
  void keep_ballot();
  void keep_entries(const core_effects&, const std::vector<entry>& given,
                    std::uint64_t given_first);
  void keep_installed(const stamp&);
  void follow_role(const core_effects&);
  void advance();
  void begin_term();
  void serve_reads();
  void ask_round();
  core_effects append(const std::vector<entry>&);
  raft::write& new_write();

  void deliver(node_id from, std::uint64_t term, const say::append&);
  void deliver(node_id from, std::uint64_t term, const say::appended&);
  void deliver(node_id from, std::uint64_t term, const say::ask_vote&);
  void deliver(node_id from, std::uint64_t term, const say::vote&);
  void deliver(node_id from, std::uint64_t term, const say::offer&);
  void deliver(node_id from, std::uint64_t term, const say::stand&);
  void deliver(node_id from, std::uint64_t term, const say::confirm&);
  void deliver(node_id from, std::uint64_t term, const say::confirmed&);
  void answer(node_id to, std::uint64_t term, const say::vote&);
  void vote_as_stranger(node_id from, std::uint64_t term, const say::ask_vote&);
  void hand_over(const core_message&, const std::vector<entry>&);
  bool is_admissible(const message&) const;
  void hand_over_when_level();

  void send(const core_message&);
  void send_entries(const core_message&);
  std::vector<entry> load(std::uint64_t from, std::uint64_t to);
  void pass(node_id to, std::uint64_t term, say::said);

  node_id self_;
  options options_;
  entry_source* source_;
  std::unique_ptr<raft_core, void (*)(raft_core*)> core_;
  log_tail tail_;
  gate gate_;
  read_rounds reads_;
  std::deque<pending> pending_;
  std::map<node_id, std::uint64_t> epochs_;
  struct handing_over {
    node_id to = 0;
    std::uint64_t until = 0; // then it is given up
  };
  std::optional<handing_over> handing_over_; // waits for the other one's log
  std::optional<raft::fetch> fetching_;
  std::optional<stamp> stored_state_; // the newest
  ballot ballot_;
  raft::standing standing_;
  std::uint64_t now_ = 0;
  std::uint64_t numbered_ = 0;
  std::uint64_t written_ = 0;
  std::uint64_t committed_ = 0;
  std::uint64_t configured_ = 0; // index of the newest committed configuration
  std::uint64_t barrier_ = 0;    // with which our term as leader began
  std::uint64_t heard_at_ = 0;   // when a leader last said anything
  std::uint64_t asked_at_ = 0;   // when a round of reads was last sent
  std::uint64_t dropped_ = 0;
  update update_;
};

} // namespace tenon::cluster::raft
