// The supervision tree of this node, one actor in detail, and what an operator may do to it.
#include "nodes/edge/environment.hpp"
#include "protocols/json.hpp"

#include <algorithm>
#include <map>

namespace tenon::nodes::edge::routes {
namespace {

constexpr std::size_t most_shown = 10'000;

value leaf(const runtime::actor_view& a) {
  return object{{"name", a.id.kind + ' ' + a.id.name},
                {"identity", to_string(a.id)},
                {"state", a.phase},
                {"mailbox", a.waiting},
                {"commands", a.commands},
                {"crashes", a.crashes},
                {"restarts_left", a.restarts_left}};
}

object branch(std::string name, list children) {
  return object{{"name", std::move(name)}, {"state", "running"}, {"children", std::move(children)}};
}

/// node → partition → tenant → integration, with what has its name below it → the others.
value tree_of(const std::vector<runtime::actor_view>& actors) {
  using by_name = std::map<std::string, std::vector<runtime::actor_view>>;
  std::map<runtime::partition_number, std::map<std::string, by_name>> sorted;
  for (const auto& a : actors)
    sorted[a.partition][a.id.tenant][a.id.name.substr(0, a.id.name.find(':'))].push_back(a);
  list partitions;
  for (auto& [number, tenants] : sorted) {
    list tenant_list;
    for (auto& [tenant, groups] : tenants) {
      list below;
      for (auto& [name, members] : groups) {
        const auto head = std::ranges::find(members, std::string_view{"integration"},
                                            [](const auto& m) { return m.id.kind; });
        if (head == members.end()) {
          for (const auto& m : members)
            below.push_back(leaf(m));
          continue;
        }
        auto integration = leaf(*head);
        list own;
        for (const auto& m : members)
          if (&m != &*head)
            own.push_back(leaf(m));
        (*integration.as<object>())["children"] = std::move(own);
        below.push_back(std::move(integration));
      }
      tenant_list.push_back(branch("tenant " + tenant, std::move(below)));
    }
    partitions.push_back(branch("partition " + std::to_string(number), std::move(tenant_list)));
  }
  return branch("node", std::move(partitions));
}

void show_tree(const environment& e, request&& q, reply&& r) {
  const auto of = q.arguments.query("tenant").value_or("");
  std::move(r)(response::json(write_json(tree_of(e.host->loaded(of, most_shown)))));
}

identity actor_of(const request& q) {
  return {std::string{q.tenant}, std::string{q.arguments.path("kind")},
          std::string{q.arguments.path("name")}};
}

void show_one(const environment& e, request&& q, reply&& r) {
  e.host->inspect(actor_of(q),
                  [shared = std::make_shared<reply>(std::move(r))](result<value> shown) {
                    if (!shown)
                      return std::move(*shared)(shown.error());
                    std::move (*shared)(response::json(write_json(*shown)));
                  });
}

void operate(const environment& e, request&& q, reply&& r) {
  using operation = runtime::host::operation;
  const std::map<std::string_view, operation> verbs{{"suspend", operation::suspend},
                                                    {"resume", operation::resume},
                                                    {"restart", operation::restart},
                                                    {"passivate", operation::passivate}};
  const auto verb = verbs.find(q.arguments.path("verb"));
  if (verb == verbs.end())
    return std::move(r)(failure{code::not_found, "an actor has no such operation", "verb",
                                "There are: suspend, resume, restart, passivate."});
  if (auto done = e.host->operate(actor_of(q), verb->second); !done)
    return std::move(r)(std::move(done).error());
  std::move(r)(response::json("{}", 202));
}

} // namespace

route_list actors(const environment& e) {
  if (!e.host)
    return {};
  const auto bound = [e](auto handle) {
    return [e, handle](request&& q, reply&& r) { handle(e, std::move(q), std::move(r)); };
  };
  const std::string one = "/api/v1/{tenant}/actors/{kind}/{name}";
  route_list all;
  all.push_back(
      {.method = method::get,
       .pattern = "/api/v1/actors",
       .summary = "The supervision tree: the actors in memory.",
       .permission = "node:read",
       .handle = bound(show_tree),
       .parameters = {{.name = "tenant", .in = place::query, .description = "Only this tenant's."}},
       .response_schema = object{{"type", "object"}}});
  all.push_back({.method = method::get,
                 .pattern = one,
                 .summary = "One actor: its state with secrets covered, and its statistics.",
                 .permission = "actors:read",
                 .handle = bound(show_one),
                 .response_schema = object{{"type", "object"}},
                 .refusals = {code::not_found}});
  all.push_back({.method = method::post,
                 .pattern = one + "/{verb}",
                 .summary = "suspend, resume, restart or passivate it.",
                 .permission = "actors:operate",
                 .handle = bound(operate),
                 .response_schema = object{{"type", "object"}},
                 .success = 202,
                 .refusals = {code::not_found}});
  return all;
}

} // namespace tenon::nodes::edge::routes
