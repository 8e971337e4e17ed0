// Who belongs to the cluster, and where each partition's replicas are wanted, as one pure function
// from a command to events. The state is replicated by the group of partition 0; commands are
// decided where its leader is, which also says whom it hears. Promised: a token lets one node in,
// a number is never given twice, the feature level is spoken by every member and never goes down,
// and nobody is taken away whose absence costs a partition its majority. When a group changes its
// members is decided in cluster/placement; doing it is the host's business.
#pragma once

#include "protocols/cluster.hpp"
#include "protocols/failure.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace tenon::cluster::membership {

using words = protocols::cluster;
using command = words::command;
using event = words::event;
using state = words::state;
using node_id = std::uint32_t;
using node_ids = std::vector<node_id>; // ascending, each once

inline constexpr std::size_t most_members = 1000;
inline constexpr std::size_t most_tokens = 64; // unused and not expired
inline constexpr std::size_t kept_departed = 256;
inline constexpr std::uint16_t most_partitions = 4096;
inline constexpr span longest_token = std::chrono::days{7};

/// What the deciding node sees beside the state; it is not replicated, its consequences are.
struct sight {
  node_id self = 0;
  std::vector<node_id> alive{}; // heard from within the last few heartbeats; ascending

  bool hears(node_id) const;
};

struct decided {
  std::vector<event> events{};
  node_id node = 0; // for whom a Member answers
};

/// `malformed`, `forbidden`, `conflict`, `not_found` or `too_large`, with what to do about it. A
/// command that was already obeyed gives no events.
result<decided> decide(const state&, const command&, const sight&, moment now);

void apply(state&, const event&);

/// What must be true after every apply; what is not is named, "" when all is well.
std::string_view broken_in(const state&);
inline bool holds(const state& s) {
  return broken_in(s).empty();
}

/// Reading the state.
const words::node* find(const state&, node_id);
const words::node* find_member(const state&, std::string_view name);
const words::assignment* find_assignment(const state&, std::uint16_t partition);
bool is_member(const words::node&);
/// A started worker, also while it drains for an upgrade: replicas may be wanted on it.
bool takes_replicas(const words::node&);
/// Where leaders may be wanted: as above, and not draining.
bool takes_leaders(const words::node&);
bool contains(std::span<const node_id> sorted, node_id);
/// How many voters make a majority.
constexpr std::size_t majority(std::size_t voters) {
  return voters / 2 + 1;
}
/// How many of them are heard.
std::size_t heard(std::span<const node_id> voters, const sight&);
/// How long a group rests after so many steps in a row that did not succeed: from 1 s to 5 min.
span pause_after(std::uint32_t failures);

struct shortfall {
  std::uint16_t partition = 0;
  std::size_t replicas = 0; // wanted now
  std::size_t zones = 0;    // over which these are spread

  bool operator==(const shortfall&) const = default;
};

/// Partitions that have fewer replicas than the factor asks for, or several of them in one zone:
/// there are not enough workers, or not enough zones.
std::vector<shortfall> under_replicated(const state&);

} // namespace tenon::cluster::membership
