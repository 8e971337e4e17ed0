// The messages of many groups between two nodes as one frame, and back. An idle leader's heartbeat
// is one row of a table for each group, and so is its answer. Within a group the order is kept.
#pragma once

#include "cluster/raft/update.hpp"

namespace tenon::cluster::raft {

struct addressed {
  std::uint16_t group = 0;
  raft::message message;

  bool operator==(const addressed&) const = default;
};

/// At least the bytes that the message takes in a frame: to stay below a frame's limit.
std::size_t weight_of(const message&);

blob pack(std::vector<addressed>);

/// `malformed` for bytes that are no parcel. That a message is sound for its group is looked at by
/// the group.
result<std::vector<addressed>> unpack(const blob&);

} // namespace tenon::cluster::raft
