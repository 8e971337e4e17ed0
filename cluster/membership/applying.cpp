#include "cluster/membership/membership.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>
#include <variant>

namespace tenon::cluster::membership {

namespace {

words::node& node_of(state& s, node_id id) {
  return *std::ranges::lower_bound(s.nodes, id, {}, &words::node::id);
}

void stand(words::node& n, words::standing standing, bool for_good, moment at) {
  if (n.standing != standing || n.for_good != for_good)
    n.stood_at = at;
  n.standing = standing;
  n.for_good = for_good;
}

/// Nothing is wanted on it any more; where it alone was wanted, the others that vote are.
void unwant(state& s, node_id id) {
  for (auto& a : s.assignments) {
    if (std::erase(a.wanted, id) == 0)
      continue;
    if (a.wanted.empty())
      std::ranges::copy_if(a.voters, std::back_inserter(a.wanted), [&](node_id v) {
        const auto* n = find(s, v);
        return v != id && n != nullptr && is_member(*n) && n->worker;
      });
    if (a.preferred_leader == id)
      a.preferred_leader = a.wanted.front();
    a.pinned = false;
  }
}

void want_instead(state& s, node_id old, node_id fresh) {
  for (auto& a : s.assignments)
    if (std::erase(a.wanted, old) != 0) {
      a.wanted.push_back(fresh); // no number is higher than the newest
      if (a.preferred_leader == old)
        a.preferred_leader = fresh;
    }
}

void forget_departed(state& s) {
  auto gone = static_cast<std::size_t>(
      std::ranges::count_if(s.nodes, [](const words::node& n) { return !is_member(n); }));
  std::erase_if(s.nodes, [&](const words::node& n) {
    return !is_member(n) && gone > kept_departed && gone-- > 0;
  });
}

void apply(state& s, const words::initialised& e) {
  s.id = e.id;
  s.name = e.name;
  s.factor = e.factor;
  s.feature_level = e.feature_level;
  s.made_at = e.at;
  s.next_node = e.node.id + 1;
  s.nodes = {e.node};
  s.assignments.resize(e.partitions);
  for (std::uint16_t p = 0; p < e.partitions; ++p) {
    auto& a = s.assignments[p];
    a.partition = p;
    a.voters = a.wanted = {e.node.id};
    a.preferred_leader = e.node.id;
  }
}

void apply(state& s, const words::token_issued& e) {
  std::erase_if(s.tokens,
                [&](const words::token& t) { return t.expires_at + longest_token <= e.at; });
  s.tokens.push_back(e.token);
}

void apply(state& s, const words::joined& e) {
  s.next_node = e.node.id + 1;
  s.nodes.push_back(e.node);
  for (auto& t : s.tokens)
    if (t.hash == e.token_hash) {
      t.used_by = e.node.id;
      t.used_at = e.at;
    }
  if (e.replaced != 0) {
    want_instead(s, e.replaced, e.node.id);
    stand(node_of(s, e.replaced), words::standing::removed, true, e.at);
    forget_departed(s);
  }
}

void apply(state& s, const words::started& e) {
  auto& n = node_of(s, e.node);
  // A drain was for a restart, and this is it; leaving goes on over any number of them.
  const bool back = n.standing == words::standing::joining ||
                    (n.standing == words::standing::draining && n.boot_id != e.boot_id);
  if (back && !n.for_good)
    stand(n, words::standing::up, false, e.at);
  n.boot_id = e.boot_id;
  n.addresses = e.addresses;
  n.version = e.version;
  n.speaks_from = e.speaks_from;
  n.speaks_to = e.speaks_to;
}

void apply(state& s, const words::stood& e) {
  stand(node_of(s, e.node), e.standing, e.for_good, e.at);
  if (is_member(node_of(s, e.node)))
    return;
  unwant(s, e.node);
  forget_departed(s);
}

void apply(state& s, const words::factor_set& e) {
  s.factor = e.factor;
}
void apply(state& s, const words::zone_set& e) {
  node_of(s, e.node).zone = e.zone;
}
void apply(state& s, const words::raised& e) {
  s.feature_level = e.level;
}

void apply(state& s, const words::placed& e) {
  for (const auto& w : e.wishes) {
    auto& a = s.assignments[w.partition];
    a.wanted = w.wanted;
    a.preferred_leader = w.preferred_leader;
    a.pinned = e.pinned;
  }
}
void apply(state& s, const words::unpinned& e) {
  s.assignments[e.partition].pinned = false;
}

void apply(state& s, const words::step_begun& e) {
  s.assignments[e.partition].step = e.step;
}
void apply(state& s, const words::step_ended& e) {
  auto& a = s.assignments[e.partition];
  a.step.reset();
  a.voters = e.voters;
  a.learners = e.learners;
  a.failures = e.failures;
  a.retry_at = e.retry_at;
}
void apply(state& s, const words::observed& e) {
  auto& a = s.assignments[e.partition];
  a.voters = e.voters;
  a.learners = e.learners;
}

std::string_view broken_in_nodes(const state& s) {
  std::set<std::string_view> names;
  node_id before = 0;
  for (const auto& n : s.nodes) {
    if (n.id <= before)
      return "nodes are listed by ascending numbers";
    if (n.id >= s.next_node)
      return "a number is not given before its turn";
    before = n.id;
    if (!is_member(n))
      continue;
    if (!names.insert(n.name).second)
      return "members have different names";
    if (n.speaks_from > s.feature_level || n.speaks_to < s.feature_level)
      return "every member speaks the feature level";
    if (!n.worker && !n.edge)
      return "every member has a role";
  }
  return names.empty() ? "a cluster has a member" : "";
}

bool ascends(const node_ids& ids) {
  return std::ranges::adjacent_find(ids, std::greater_equal{}) == ids.end();
}

std::string_view broken_in(const state& s, const words::assignment& a) {
  if (a.voters.empty() || !ascends(a.voters) || !ascends(a.learners))
    return "voters and learners are listed in order, and somebody votes";
  if (std::ranges::any_of(a.learners, [&](node_id id) { return contains(a.voters, id); }))
    return "who votes does not learn";
  if (a.wanted.empty() || a.wanted.size() > 5 || !ascends(a.wanted))
    return "each partition is wanted on 1 to 5 nodes, in order";
  if (!contains(a.wanted, a.preferred_leader))
    return "a preferred leader is one of the replicas";
  for (const auto id : a.wanted)
    if (const auto* n = find(s, id); n == nullptr || !is_member(*n) || !n->worker)
      return "replicas are wanted on workers that are members";
  return "";
}

} // namespace

void apply(state& s, const event& e) {
  std::visit([&](const auto& what) { apply(s, what); }, e);
}

std::string_view broken_in(const state& s) {
  if (s.id.empty())
    return s == state{} ? "" : "before init there is nothing";
  if (s.factor != 1 && s.factor != 3 && s.factor != 5)
    return "the factor is 1, 3 or 5";
  if (const auto broken = broken_in_nodes(s); !broken.empty())
    return broken;
  for (std::size_t p = 0; p < s.assignments.size(); ++p) {
    if (s.assignments[p].partition != p)
      return "assignments are listed by partition";
    if (const auto broken = broken_in(s, s.assignments[p]); !broken.empty())
      return broken;
  }
  return s.assignments.empty() ? "a cluster has partitions" : "";
}

} // namespace tenon::cluster::membership
