// What a group remembers of its log: the newest entries, at least those that are not yet durable,
// and of all the others in which term they were made and where the configurations are. It never
// grows with the length of the log.
#pragma once

#include "cluster/raft/update.hpp"

#include <deque>
#include <map>

namespace tenon::cluster::raft {

class log_tail {
public:
  struct placed_configuration {
    std::uint64_t index = 0;
    raft::configuration configuration;
  };

  explicit log_tail(const durable&);

  /// These and nothing after them: what was there from this index on is gone.
  void append(std::uint64_t first, const std::vector<entry>&);

  /// The log is this state and nothing more.
  void reset(const stamp&);

  /// Entries up to here are in a stored state and no longer in the log.
  void forget(std::uint64_t through);

  /// Lets go of the oldest entries beyond so many bytes, but of none after `durable`.
  void shrink(std::size_t bytes, std::uint64_t durable);

  const entry* find(std::uint64_t index) const;
  std::uint64_t last() const { return last_; }
  std::size_t bytes() const { return bytes_; }

  /// 0: forgotten, or not there.
  std::uint64_t term_of(std::uint64_t index) const;

  /// The last configuration at or before the index; nullptr: none known.
  const placed_configuration* configuration_at(std::uint64_t index) const;
  /// The first one after the index.
  const placed_configuration* configuration_after(std::uint64_t index) const;
  const placed_configuration* newest_configuration() const;

private:
  void cut(std::uint64_t first);
  void note(std::uint64_t index, const entry&);

  std::deque<entry> recent_; // the last of them is last_
  std::size_t bytes_ = 0;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, std::uint64_t> terms_; // from this index on
  std::map<std::uint64_t, placed_configuration> configurations_;
};

} // namespace tenon::cluster::raft
