#include "cluster/raft/change.hpp"

#include <algorithm>
#include <set>
#include <string>

namespace tenon::cluster::raft {

namespace {

constexpr std::size_t most_members = 32;
constexpr span until_caught_up{200};

failure refusal(std::string why, std::string remedy) {
  return {.code = code::conflict, .why = std::move(why), .remedy = std::move(remedy)};
}

} // namespace

std::size_t voters_of(const configuration& c) {
  return static_cast<std::size_t>(std::ranges::count(c.members, role::voter, &member::role));
}

const member* find_member(const configuration& c, node_id node) {
  const auto at = std::ranges::find(c.members, node, &member::node);
  return at == c.members.end() ? nullptr : &*at;
}

bool is_sound(const configuration& c) {
  std::set<node_id> seen{0};
  return !c.members.empty() && c.members.size() <= most_members &&
         std::ranges::all_of(c.members,
                             [&](const member& m) { return seen.insert(m.node).second; });
}

result<configuration> changed(const configuration& now, const wanted_change& wanted, node_id leader,
                              std::uint64_t behind, std::uint64_t allowed_behind) {
  const auto name = "node " + std::to_string(wanted.node);
  const auto* present = find_member(now, wanted.node);
  if (wanted.node == 0)
    return failure{.code = code::malformed, .why = "no node has the number 0"};
  if (wanted.role ? present && present->role == *wanted.role : !present)
    return now;
  if (wanted.node == leader)
    return refusal(name + " leads the partition and cannot change its own part in it",
                   "transfer the leadership to another node first");
  auto next = now;
  if (!wanted.role) {
    std::erase_if(next.members, [&](const member& m) { return m.node == wanted.node; });
    return next;
  }
  if (*wanted.role == role::voter) {
    if (!present || present->role != role::learner)
      return refusal(name + " cannot vote before it has the log", "make it a learner first");
    if (behind > allowed_behind)
      return failure{.code = code::unavailable,
                     .why = name + " still lacks " + std::to_string(behind) + " entries",
                     .remedy = "wait until it has caught up",
                     .retry_after = until_caught_up};
  }
  if (present)
    std::ranges::find(next.members, wanted.node, &member::node)->role = *wanted.role;
  else if (next.members.size() == most_members)
    return failure{.code = code::too_large,
                   .why = "a partition has at most " + std::to_string(most_members) + " members"};
  else
    next.members.push_back({.node = wanted.node, .role = *wanted.role});
  return next;
}

} // namespace tenon::cluster::raft
