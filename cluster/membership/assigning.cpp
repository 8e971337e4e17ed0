// Where replicas are wanted, and the steps that bring them there. The order of steps is planned in
// cluster/placement; here is only checked that each makes sense in the present state, so that two
// planners, or one that looks at yesterday, cannot contradict each other.
#include "cluster/membership/deciding.hpp"

#include <algorithm>
#include <functional>

namespace tenon::cluster::membership {

namespace {

bool ascends(const node_ids& ids) {
  return std::ranges::adjacent_find(ids, std::greater_equal{}) == ids.end();
}

result<const words::assignment*> assignment(const state& s, std::uint16_t partition) {
  if (const auto* a = find_assignment(s, partition))
    return a;
  return refuse(code::not_found, "there is no " + partition_text(partition), "partition",
                "The cluster has the partitions 0 to " + std::to_string(s.assignments.size() - 1) +
                    ".");
}

result<void> check_holder(const state& s, node_id id) {
  const auto found = member(s, id);
  if (!found)
    return found.error();
  if (!(*found)->worker)
    return refuse(code::conflict, called(**found) + " is an edge and holds no partitions", "node",
                  "Choose a worker.");
  if ((*found)->for_good)
    return refuse(code::conflict, called(**found) + " is leaving", "node",
                  "Choose a worker that stays.");
  return {};
}

result<void> check_wish(const state& s, const words::wish& w) {
  if (w.wanted.empty() || w.wanted.size() > s.factor || !ascends(w.wanted))
    return refuse(code::malformed,
                  partition_text(w.partition) + " needs 1 to " + std::to_string(s.factor) +
                      " nodes, each once and in order",
                  "wishes", "Plan again.");
  if (!contains(w.wanted, w.preferred_leader))
    return refuse(code::malformed,
                  "the preferred leader of " + partition_text(w.partition) +
                      " is none of its replicas",
                  "wishes", "Plan again.");
  for (const auto id : w.wanted)
    if (auto checked = check_holder(s, id); !checked)
      return checked;
  return {};
}

result<void> check_members(const state& s, const node_ids& voters, const node_ids& learners) {
  const auto known = [&](node_id id) { return id != 0 && id < s.next_node; };
  const bool apart =
      std::ranges::none_of(learners, [&](node_id id) { return contains(voters, id); });
  if (!voters.empty() && ascends(voters) && ascends(learners) && apart &&
      std::ranges::all_of(voters, known) && std::ranges::all_of(learners, known))
    return {};
  return refuse(code::malformed, "these cannot be the members of a group", "voters",
                "Report what the group's log says, in order.");
}

bool makes_sense(const words::assignment& a, words::act act, node_id node) {
  const bool votes = contains(a.voters, node);
  const bool learns = contains(a.learners, node);
  switch (act) {
  case words::act::add_learner:
    return !votes && !learns;
  case words::act::promote:
  case words::act::remove_learner:
    return learns;
  case words::act::transfer:
    return votes;
  case words::act::remove_voter:
    return votes && a.voters.size() > 1;
  }
  return false;
}

} // namespace

answer on(const state& s, const words::place& c, const sight&, moment) {
  words::placed news;
  std::vector<bool> named(s.assignments.size());
  for (const auto& w : c.wishes) {
    const auto a = assignment(s, w.partition);
    if (!a)
      return a.error();
    if (named[w.partition])
      return refuse(code::malformed, partition_text(w.partition) + " is planned twice", "wishes",
                    "Plan again.");
    named[w.partition] = true;
    if ((*a)->wanted == w.wanted && (*a)->preferred_leader == w.preferred_leader)
      continue;
    if (auto checked = check_wish(s, w); !checked)
      return checked.error();
    news.wishes.push_back(w);
  }
  return news.wishes.empty() ? as_it_is() : happened(std::move(news));
}

answer on(const state& s, const words::move& c, const sight&, moment) {
  const auto a = assignment(s, c.partition);
  if (!a)
    return a.error();
  if (auto holder = check_holder(s, c.to); !holder)
    return holder.error();
  if (!takes_replicas(*find(s, c.to)))
    return refuse(code::conflict, called(*find(s, c.to)) + " has not started yet", "to",
                  "Start it first.");
  auto wanted = (*a)->wanted;
  if (!contains(wanted, c.from))
    return refuse(code::conflict,
                  partition_text(c.partition) + " has no replica on node " + std::to_string(c.from),
                  "from", "`tenon cluster status` shows where it is.");
  if (contains(wanted, c.to))
    return refuse(code::conflict,
                  partition_text(c.partition) + " has a replica on node " + std::to_string(c.to) +
                      " already",
                  "to", "Choose another node.");
  std::erase(wanted, c.from);
  wanted.insert(std::ranges::lower_bound(wanted, c.to), c.to);
  const auto leader = (*a)->preferred_leader == c.from ? c.to : (*a)->preferred_leader;
  words::placed news;
  news.wishes.push_back({c.partition, std::move(wanted), leader});
  news.pinned = true;
  return happened(std::move(news));
}

answer on(const state& s, const words::unpin& c, const sight&, moment) {
  const auto a = assignment(s, c.partition);
  if (!a)
    return a.error();
  return (*a)->pinned ? happened(words::unpinned{c.partition}) : as_it_is();
}

answer on(const state& s, const words::begin_step& c, const sight&, moment now) {
  const auto found = assignment(s, c.partition);
  if (!found)
    return found.error();
  const auto& a = **found;
  if (a.step)
    return refuse(code::conflict,
                  partition_text(c.partition) +
                      " is changing already: " + std::string{name_of(a.step->act)} + " of node " +
                      std::to_string(a.step->node),
                  "partition", "Wait until that has ended.");
  if (a.retry_at > now)
    return failure{code::unavailable,
                   partition_text(c.partition) + " rests after " + std::to_string(a.failures) +
                       " steps that did not succeed",
                   "partition", "Wait.", a.retry_at - now};
  if (c.act == words::act::add_learner)
    if (auto holder = check_holder(s, c.node); !holder)
      return holder.error();
  if (!makes_sense(a, c.act, c.node))
    return refuse(code::conflict,
                  std::string{name_of(c.act)} + " of node " + std::to_string(c.node) +
                      " does not fit the members of " + partition_text(c.partition),
                  "act", "Look at its members again, then plan.");
  return happened(words::step_begun{c.partition, {c.act, c.node, now}});
}

answer on(const state& s, const words::end_step& c, const sight&, moment now) {
  const auto a = assignment(s, c.partition);
  if (!a)
    return a.error();
  if (!(*a)->step)
    return as_it_is();
  if (auto members = check_members(s, c.voters, c.learners); !members)
    return members.error();
  const auto failures = c.succeeded ? 0 : (*a)->failures + 1;
  return happened(words::step_ended{c.partition, c.voters, c.learners, failures,
                                    c.succeeded ? moment{} : now + pause_after(failures)});
}

answer on(const state& s, const words::observe& c, const sight&, moment) {
  const auto a = assignment(s, c.partition);
  if (!a)
    return a.error();
  if (auto members = check_members(s, c.voters, c.learners); !members)
    return members.error();
  if ((*a)->voters == c.voters && (*a)->learners == c.learners)
    return as_it_is();
  return happened(words::observed{c.partition, c.voters, c.learners});
}

} // namespace tenon::cluster::membership
