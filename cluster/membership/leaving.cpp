// How a node goes: for an upgrade, for good, or dead.
#include "cluster/membership/deciding.hpp"

#include <algorithm>

namespace tenon::cluster::membership {

namespace {

bool is_only_one(const state& s, const words::node& n, bool (*takes)(const words::node&)) {
  return n.worker && std::ranges::none_of(s.nodes, [&](const words::node& other) {
           return other.id != n.id && takes(other);
         });
}

answer stands(const words::node& n, words::standing standing, bool for_good, moment now) {
  return happened(words::stood{n.id, standing, for_good, now}, n.id);
}

} // namespace

answer on(const state& s, const words::drain& c, const sight&, moment now) {
  const auto found = member(s, c.node);
  if (!found)
    return found.error();
  const auto& n = **found;
  if (n.standing == words::standing::draining)
    return as_it_is(n.id); // also for good, which is more
  if (n.standing == words::standing::joining)
    return refuse(code::conflict, called(n) + " has not started yet", "node",
                  "There is nothing to drain.");
  if (is_only_one(s, n, takes_leaders))
    return refuse(code::conflict, called(n) + " is the only worker: nobody else can lead", "node",
                  "Stop it as it is; its partitions are back when it is.");
  return stands(n, words::standing::draining, false, now);
}

answer on(const state& s, const words::resume& c, const sight&, moment now) {
  const auto found = member(s, c.node);
  if (!found)
    return found.error();
  if ((*found)->standing != words::standing::draining)
    return as_it_is(c.node);
  return stands(**found, words::standing::up, false, now);
}

answer on(const state& s, const words::leave& c, const sight&, moment now) {
  const auto found = member(s, c.node);
  if (!found)
    return found.error();
  const auto& n = **found;
  if (n.standing == words::standing::draining && n.for_good)
    return as_it_is(n.id);
  if (is_only_one(s, n, takes_replicas))
    return refuse(code::conflict, called(n) + " is the last worker: all partitions are on it",
                  "node", "Let another worker join first.");
  return stands(n, words::standing::draining, true, now);
}

answer on(const state& s, const words::depart& c, const sight&, moment now) {
  const auto* n = find(s, c.node);
  if (n != nullptr && n->standing == words::standing::left)
    return as_it_is(n->id);
  const auto found = member(s, c.node);
  if (!found)
    return found.error();
  if (n->standing != words::standing::draining || !n->for_good)
    return refuse(code::conflict, called(*n) + " is not leaving", "node",
                  "Begin with `tenon cluster leave`.");
  for (const auto& a : s.assignments)
    if (contains(a.voters, c.node) || contains(a.learners, c.node) || contains(a.wanted, c.node))
      return refuse(code::conflict,
                    called(*n) + " still holds a replica of " + partition_text(a.partition), "node",
                    "Wait until it is moved; `tenon cluster status` shows how far it is.");
  return stands(*n, words::standing::left, true, now);
}

answer on(const state& s, const words::remove& c, const sight& seen, moment now) {
  const auto* n = find(s, c.node);
  if (n != nullptr && n->standing == words::standing::removed)
    return as_it_is(n->id);
  const auto found = member(s, c.node);
  if (!found)
    return found.error();
  if (c.node == seen.self)
    return refuse(code::conflict, called(*n) + " leads the cluster and cannot remove itself",
                  "node", "Use `tenon cluster leave`: it hands its leadership over first.");
  if (seen.hears(c.node))
    return refuse(code::conflict, called(*n) + " is alive", "node",
                  "Use `tenon cluster leave`, which loses nothing; or stop it first.");
  if (const int lost = needs(s, c.node, seen); lost >= 0)
    return refuse(code::conflict,
                  partition_text(static_cast<std::uint16_t>(lost)) + " has no majority without " +
                      called(*n),
                  "node",
                  "Bring this node or another one of that partition back; what only they hold "
                  "would be lost.");
  return stands(*n, words::standing::removed, true, now);
}

} // namespace tenon::cluster::membership
