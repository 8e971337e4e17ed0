// What a group asks of its host, as values: what to write, what to send, how far to apply. The
// words that replicas say to each other and keep on disk are those of protocols/raft.capnp.
#pragma once

#include "protocols/failure.hpp"
#include "protocols/raft.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace tenon::cluster::raft {

using node_id = std::uint64_t; // never 0

using protocols::raft_types::configuration;
using protocols::raft_types::entry;
using protocols::raft_types::kind;
using protocols::raft_types::member;
using protocols::raft_types::role;
using protocols::raft_types::stamp;

namespace say = protocols::raft_types; // say::append, say::vote, …

/// A message of one group; which group it is of knows the host.
struct message {
  std::uint64_t term = 0;
  say::said said;

  bool operator==(const message&) const = default;
};

struct outgoing {
  node_id to = 0;
  raft::message message;
};

/// What a node has promised: the term it is in, and for whom it voted in it (0: nobody).
struct ballot {
  std::uint64_t term = 0;
  node_id vote = 0;

  bool operator==(const ballot&) const = default;
};

/// One thing to make durable, whole or not at all. Writes become durable in the order of their
/// numbers; then the group is told the number (`group::written`).
struct write {
  std::uint64_t number = 0;
  std::optional<raft::ballot> ballot{};
  std::uint64_t from = 0; // with entries: the first one's index; all that is there from it on goes
  std::vector<entry> entries{};
  std::optional<stamp> installed{}; // the fetched state takes the place of the state and the log
};

enum class part : std::uint8_t { follower, candidate, leader };

struct standing {
  raft::part part = raft::part::follower;
  std::uint64_t term = 0;
  node_id leader = 0; // 0: nobody known

  bool operator==(const standing&) const = default;
};

/// A read may be answered from a state in which everything up to `index` is applied.
struct allowed_read {
  std::uint64_t token = 0;
  std::uint64_t index = 0;
};

/// `from` has forgotten the entries that are missing here: its state is to be fetched, one that
/// stands at this stamp or later (`group::fetched`).
struct fetch {
  node_id from = 0;
  raft::stamp stamp;
};

struct update {
  std::vector<write> writes{};
  std::vector<outgoing> messages{}; // may leave now: what they promise is durable
  std::uint64_t committed = 0;      // entries up to here are to be applied; they are durable here
  std::optional<raft::standing> standing{};           // when it has changed
  std::optional<raft::configuration> configuration{}; // the newest committed, when there is one
  std::vector<allowed_read> reads{};
  std::vector<std::uint64_t> refused_reads{}; // tokens: not the leader any more, ask again
  std::optional<raft::fetch> fetch{};
  std::optional<std::uint64_t> forgotten{}; // entries up to here are not needed any more
};

/// What a node kept. Nothing at all is a node that waits to be made a member.
struct durable {
  raft::ballot ballot{};
  std::optional<stamp> state{}; // of the state that is stored
  std::uint64_t first = 1;      // index of the first entry
  std::vector<entry> entries{}; // of other than configurations only term and kind are looked at
};

/// What every member of a new group begins with.
durable founding(const configuration&);

} // namespace tenon::cluster::raft
