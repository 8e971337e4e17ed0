// Who should lead which partition, when it is settled who holds them: every node its share, by as
// few changes as possible, and the busiest partitions apart.
#pragma once

#include "cluster/placement/layout.hpp"

#include <vector>

namespace tenon::cluster::placement {

struct leadership {
  std::vector<std::vector<seat_number>> may; // by partition: who can lead it
  std::vector<seat_number> leads;            // by partition; nobody where nobody can
};

/// Gives each partition a leader among those that can, keeping the present one where possible, and
/// moves as few as it takes until no seat leads two more than one to which it could pass one on,
/// over others in between if need be.
void share_out(leadership&, std::size_t seats);

/// Exchanges leaders until the busiest seat would gain less than a tenth of what is usual; counts
/// stay as they are.
void keep_apart(leadership&, std::size_t seats, const std::vector<double>& rates);

} // namespace tenon::cluster::placement
