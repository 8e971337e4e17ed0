#include "cluster/membership/membership.hpp"

#include <algorithm>
#include <set>

namespace tenon::cluster::membership {

bool sight::hears(node_id node) const {
  return node == self || contains(alive, node);
}

const words::node* find(const state& s, node_id id) {
  const auto at = std::ranges::lower_bound(s.nodes, id, {}, &words::node::id);
  return at != s.nodes.end() && at->id == id ? &*at : nullptr;
}

const words::node* find_member(const state& s, std::string_view name) {
  const auto at = std::ranges::find_if(
      s.nodes, [&](const words::node& n) { return is_member(n) && n.name == name; });
  return at == s.nodes.end() ? nullptr : &*at;
}

const words::assignment* find_assignment(const state& s, std::uint16_t partition) {
  return partition < s.assignments.size() ? &s.assignments[partition] : nullptr;
}

bool is_member(const words::node& n) {
  return n.standing != words::standing::left && n.standing != words::standing::removed;
}

bool takes_replicas(const words::node& n) {
  return n.worker && (n.standing == words::standing::up ||
                      (n.standing == words::standing::draining && !n.for_good));
}

bool takes_leaders(const words::node& n) {
  return n.worker && n.standing == words::standing::up;
}

bool contains(std::span<const node_id> sorted, node_id node) {
  return std::ranges::binary_search(sorted, node);
}

std::size_t heard(std::span<const node_id> voters, const sight& seen) {
  return static_cast<std::size_t>(
      std::ranges::count_if(voters, [&](node_id v) { return seen.hears(v); }));
}

span pause_after(std::uint32_t failures) {
  constexpr span longest = std::chrono::minutes{5};
  return failures == 0   ? span{}
         : failures > 10 ? longest
                         : std::min(longest, span{1000} * (1u << (failures - 1)));
}

std::vector<shortfall> under_replicated(const state& s) {
  std::vector<shortfall> found;
  for (const auto& a : s.assignments) {
    std::set<std::string_view> labels;
    std::size_t zones = 0;
    for (const auto id : a.wanted) {
      const auto* n = find(s, id);
      if (n == nullptr || n->zone.empty() || labels.insert(n->zone).second)
        ++zones; // without a label it is one of its own
    }
    if (zones < s.factor)
      found.push_back({a.partition, a.wanted.size(), zones});
  }
  return found;
}

} // namespace tenon::cluster::membership
