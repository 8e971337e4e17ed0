#include "cluster/membership/deciding.hpp"

#include <algorithm>
#include <variant>

namespace tenon::cluster::membership {

result<decided> decide(const state& s, const command& c, const sight& seen, moment now) {
  if (s.id.empty() && !std::holds_alternative<words::init>(c))
    return refuse(code::conflict, "there is no cluster yet", "cluster",
                  "Make one with `tenon cluster init`, or join one with `tenon cluster join`.");
  return std::visit([&](const auto& what) { return on(s, what, seen, now); }, c);
}

result<const words::node*> member(const state& s, node_id id) {
  const auto* found = find(s, id);
  if (found == nullptr)
    return refuse(code::not_found, "the cluster " + s.name + " has no node " + std::to_string(id),
                  "node", "`tenon cluster status` lists its nodes.");
  if (!is_member(*found))
    return refuse(code::conflict,
                  called(*found) + " is no member any more: it " +
                      (found->standing == words::standing::left ? "left" : "was removed") + " at " +
                      to_text(found->stood_at),
                  "node", "Nothing needs to be done about it.");
  return found;
}

int needs(const state& s, node_id node, const sight& seen) {
  const auto stays = [&](node_id id) {
    const auto* n = find(s, id);
    return id != node && n != nullptr && is_member(*n) && n->worker;
  };
  for (const auto& a : s.assignments) {
    const auto others = static_cast<std::size_t>(
        std::ranges::count_if(a.voters, [&](node_id id) { return stays(id) && seen.hears(id); }));
    if (contains(a.voters, node) && others < majority(a.voters.size()))
      return a.partition;
    if (a.wanted == node_ids{node} && std::ranges::none_of(a.voters, stays))
      return a.partition;
  }
  return -1;
}

} // namespace tenon::cluster::membership
