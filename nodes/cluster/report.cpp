#include "nodes/cluster/report.hpp"

#include <algorithm>
#include <charconv>

namespace tenon::nodes::cluster {
namespace {

namespace placement = tenon::cluster::placement;
using words = protocols::cluster;

std::string_view standing_of(const words::node& n) {
  if (n.standing == words::standing::draining && n.for_good)
    return "leaving";
  return protocols::cluster_types::name_of(n.standing);
}

value member(const words::node& n, const survey& s) {
  const auto holds = [&](const auto& in) {
    return static_cast<std::int64_t>(std::ranges::count_if(
        s.state->assignments, [&](const auto& a) { return membership::contains(in(a), n.id); }));
  };
  const auto leads =
      std::ranges::count_if(s.groups, [&](const auto& g) { return g.leader == n.id; });
  list roles;
  if (n.worker)
    roles.emplace_back("worker");
  if (n.edge)
    roles.emplace_back("edge");
  object o{{"node", n.id},
           {"name", n.name},
           {"zone", n.zone},
           {"roles", std::move(roles)},
           {"standing", standing_of(n)},
           {"since", to_text(n.stood_at)},
           {"alive", n.id == s.self || membership::contains(s.alive, n.id)},
           {"address", n.addresses.empty() ? "" : n.addresses.front()},
           {"version", n.version},
           {"leads", static_cast<std::int64_t>(leads)},
           {"holds", holds([](const auto& a) -> const auto& { return a.voters; })},
           {"wanted", holds([](const auto& a) -> const auto& { return a.wanted; })}};
  if (n.standing == words::standing::draining)
    o["may_be_stopped"] = placement::drained(*s.state, s.groups, n.id);
  return o;
}

std::string name_of(const membership::state& s, membership::node_id id) {
  const auto* n = membership::find(s, id);
  return n == nullptr ? std::to_string(id) : n->name;
}

} // namespace

value report_of(const survey& s) {
  list members, short_of, moving;
  for (const auto& n : s.state->nodes)
    if (membership::is_member(n))
      members.push_back(member(n, s));
  for (const auto& f : membership::under_replicated(*s.state))
    short_of.push_back(object{{"partition", f.partition},
                              {"replicas", static_cast<std::int64_t>(f.replicas)},
                              {"zones", static_cast<std::int64_t>(f.zones)}});
  for (const auto& a : s.state->assignments)
    if (a.step)
      moving.push_back(object{{"partition", a.partition},
                              {"act", protocols::cluster_types::name_of(a.step->act)},
                              {"node", name_of(*s.state, a.step->node)},
                              {"since", to_text(a.step->begun_at)}});
  return object{{"name", s.state->name},
                {"id", s.state->id},
                {"asked", name_of(*s.state, s.self)},
                {"partitions", static_cast<std::int64_t>(s.state->assignments.size())},
                {"factor", s.state->factor},
                {"feature_level", s.state->feature_level},
                {"made_at", to_text(s.state->made_at)},
                {"members", std::move(members)},
                {"under_replicated", std::move(short_of)},
                {"moving", std::move(moving)}};
}

value report_of(const placement::plan& p, const membership::state& s) {
  list rows;
  for (const auto& r : p.rows)
    rows.push_back(object{{"partition", r.partition},
                          {"what", r.leads ? "leader" : "replica"},
                          {"from", r.from == 0 ? "" : name_of(s, r.from)},
                          {"to", r.to == 0 ? "" : name_of(s, r.to)},
                          {"why", r.why}});
  return object{{"rows", std::move(rows)}, {"text", placement::to_text(p, s)}};
}

result<membership::node_id> find_node(const membership::state& s, std::string_view said) {
  if (const auto* named = membership::find_member(s, said))
    return named->id;
  membership::node_id id = 0;
  const auto* const end = said.data() + said.size();
  const auto [read, wrong] = std::from_chars(said.data(), end, id);
  if (wrong == std::errc{} && read == end && membership::find(s, id) != nullptr)
    return id;
  std::string names;
  for (const auto& n : s.nodes)
    if (membership::is_member(n))
      names += (names.empty() ? "" : ", ") + n.name;
  return failure{code::not_found, "no member is called " + std::string{said}, "node",
                 "There are: " + names + "."};
}

} // namespace tenon::nodes::cluster
