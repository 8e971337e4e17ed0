// A rebalancing as it is shown before it is done: a row for each replica or leadership that moves,
// with the reason, and the command that would begin it.
#pragma once

#include "cluster/placement/wanted.hpp"

#include <string>

namespace tenon::cluster::placement {

struct row {
  std::uint16_t partition = 0;
  bool leads = false; // who should lead changes, and no replica moves
  node_id from = 0;   // 0: one replica more
  node_id to = 0;     // 0: one replica less
  std::string why{};
  std::uint64_t bytes = 0; // that travel; 0 where it is not known
};

struct plan {
  words::place command{}; // only what changes
  std::vector<row> rows{};
};

/// What wanted() would change. `bytes` are those of a replica, by partition; empty: not known.
plan rebalance(const state&, const circumstances&, const std::vector<std::uint64_t>& bytes = {});

/// One move by hand, for which decide() has the last word.
plan by_hand(const state&, const words::move&, const std::vector<std::uint64_t>& bytes = {});

/// A line for each row under a heading, and what it amounts to.
std::string to_text(const plan&, const state&);

} // namespace tenon::cluster::placement
