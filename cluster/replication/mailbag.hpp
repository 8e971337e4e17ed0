// What the groups of a node say during one round of the loop, by peer, as frames that stay below a
// cap: many groups' messages are one frame. Within a group the order is kept.
#pragma once

#include "cluster/raft/parcel.hpp"

#include <functional>
#include <map>
#include <vector>

namespace tenon::cluster::replication {

class mailbag {
public:
  /// A frame has at most so many bytes, or one message.
  explicit mailbag(std::size_t frame_bytes) : frame_bytes_{frame_bytes} {}

  void put(std::uint16_t group, raft::outgoing);
  /// Empties it.
  void send(const std::function<void(raft::node_id to, blob frame)>&);

private:
  const std::size_t frame_bytes_;
  std::map<raft::node_id, std::vector<raft::addressed>> waiting_;
};

} // namespace tenon::cluster::replication
