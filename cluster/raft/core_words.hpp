// Our words as the core's, for the length of one event.
#pragma once

#include "cluster/raft/core.h"
#include "cluster/raft/update.hpp"

#include <deque>

namespace tenon::cluster::raft {

inline std::uint8_t core_standing_of(role r) {
  constexpr std::uint8_t standings[]{core_spare, core_learner, core_voter};
  return standings[static_cast<std::size_t>(r)];
}

inline std::vector<core_member> core_members(const configuration& from) {
  std::vector<core_member> members;
  for (const auto& m : from.members)
    members.push_back({m.node, core_standing_of(m.role)});
  return members;
}

class core_entries {
public:
  explicit core_entries(const std::vector<entry>& from) {
    entries_.reserve(from.size());
    for (const auto& e : from) {
      core_entry made{e.term, static_cast<std::uint8_t>(static_cast<int>(e.kind) + 1), nullptr, 0};
      if (e.kind == kind::configuration) {
        const auto read = protocols::decode<configuration>(e.bytes);
        members_.push_back(read ? core_members(*read) : std::vector<core_member>{});
        made.members = members_.back().data();
        made.member_count = static_cast<unsigned>(members_.back().size());
      }
      entries_.push_back(made);
    }
  }

  const core_entry* data() const { return entries_.data(); }
  unsigned size() const { return static_cast<unsigned>(entries_.size()); }

private:
  std::vector<core_entry> entries_;
  std::deque<std::vector<core_member>> members_;
};

class core_state {
public:
  explicit core_state(const stamp& from)
      : members_{core_members(from.configuration)}, stamp_{from.index, from.term,
                                                           from.configuration_index, nullptr, 0} {}

  const core_stamp* get() const {
    stamp_.members = members_.data();
    stamp_.member_count = static_cast<unsigned>(members_.size());
    return &stamp_;
  }

private:
  std::vector<core_member> members_;
  mutable core_stamp stamp_;
};

} // namespace tenon::cluster::raft
