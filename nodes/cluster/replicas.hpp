// What a steward does with this node's replicas, as a port, and what it offers them: its network.
#pragma once

#include "cluster/link/mesh.hpp"
#include "cluster/placement/steps.hpp"
#include "protocols/identity.hpp"
#include "runtime/journal.hpp"

namespace tenon::nodes::cluster {

using node_id = tenon::cluster::membership::node_id;
using placement_groups = tenon::cluster::placement::groups;
using runtime::partition_number;

class network {
public:
  virtual ~network() = default;
  /// As `mesh::send`. Any thread.
  virtual result<void> send(node_id to, tenon::cluster::link::channel, tenon::cluster::link::topic,
                            blob) = 0;
};

/// Called by the steward's thread.
class replicas {
public:
  virtual ~replicas() = default;

  /// By partition, as their leaders say.
  virtual placement_groups groups() const = 0;
  /// Does what the step says if this node leads the partition; else, and when it is done already,
  /// nothing. What becomes of it is seen in the groups.
  virtual void perform(partition_number, const protocols::cluster::step&) = 0;
  /// Whether this node leads the partition of the identity.
  virtual bool leads(const identity&) const = 0;

  /// There is a network, until `disconnect` has returned.
  virtual void connect(network&) = 0;
  virtual void disconnect() = 0;
  virtual void up(node_id) = 0;
  virtual void down(node_id) = 0;
  /// It is up, but what was on its way on the bulk channel is lost.
  virtual void bulk_lost(node_id) = 0;
  virtual void arrived(node_id from, tenon::cluster::link::arrival) = 0;
};

} // namespace tenon::nodes::cluster
