// The next step of one group, without regard to the others: what is safe and useful here and now.
#pragma once

#include "cluster/placement/steps.hpp"

#include <optional>

namespace tenon::cluster::placement {

/// In the order in which they are admitted when not all can be.
enum class urgency : std::uint8_t { drains, finishes, returns, begins };

struct proposal {
  urgency urgent{};
  words::begin_step step{};
};

/// One group, as the planner sees it.
struct scene {
  const state& s;
  const words::assignment& wish;
  const group& now_is;
  const health& h;
  const limits& l;
  moment now{};
  node_id stand_in = 0; // who leads while the preferred leader cannot; 0: whoever does

  const replica* find(node_id) const;
  bool leads_well(node_id) const; // votes, lives, has caught up and is not draining
  std::size_t sound_voters(node_id without = 0) const;
  std::size_t voters() const;
};

/// Whether the group has come to what the step is for.
bool is_done(const words::step&, const group&);

std::optional<proposal> propose(const scene&);

} // namespace tenon::cluster::placement
