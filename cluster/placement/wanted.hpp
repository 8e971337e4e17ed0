// Where each partition's replicas should be, and who should lead it, from the members alone: even
// by count, over as many zones as there are, each node leading its share. What is wanted today is
// the starting point, so that a member more or less moves its own share and nothing else, and
// asking again moves nothing. The same state gives the same answer everywhere.
#pragma once

#include "cluster/membership/membership.hpp"

#include <vector>

namespace tenon::cluster::placement {

using membership::node_id;
using membership::node_ids;
using membership::state;
using membership::words;

struct circumstances {
  node_ids gone{};             // dead for longer than the grace time; ascending
  std::vector<double> rates{}; // decisions a second by partition; empty: no matter
};

/// One wish for each partition, in their order.
std::vector<words::wish> wanted(const state&, const circumstances& = {});

} // namespace tenon::cluster::placement
