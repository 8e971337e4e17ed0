// Where a group gets entries that it no longer remembers: the log on disk.
#pragma once

#include "cluster/raft/update.hpp"

namespace tenon::cluster::raft {

class entry_source {
public:
  virtual ~entry_source() = default;

  /// The entries [from, to) in order, fewer when they would be more than so many bytes, but at
  /// least one. A failure, or nothing, when the first is not there: the follower is tried again
  /// later.
  virtual result<std::vector<entry>> read(std::uint64_t from, std::uint64_t to,
                                          std::size_t bytes) = 0;
};

} // namespace tenon::cluster::raft
