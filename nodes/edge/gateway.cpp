#include "nodes/edge/gateway.hpp"

#include "nodes/edge/openapi.hpp"
#include "nodes/edge/problem.hpp"
#include "protocols/json.hpp"
#include "runtime/telemetry/log.hpp"

#include <exception>

namespace tenon::nodes::edge {
namespace {

/// The description of all routes, and of itself.
route describing_route(route_list& routes) {
  route r{.method = method::get,
          .pattern = "/openapi.json",
          .summary = "This description of the API.",
          .permission = "",
          .handle = [](request&&, reply&&) {}};
  r.response_schema = object{{"type", "object"}};
  routes.push_back(r);
  auto text = blob::from(write_json(describe(routes)));
  routes.pop_back();
  r.handle = [text = std::move(text)](request&&, reply&& answer) {
    std::move(answer)(response{200, media::json, text});
  };
  return r;
}

result<void> check_permission(const route& r) {
  const auto colon = r.permission.find(':');
  if (r.permission.empty() ||
      (colon != std::string::npos && colon != 0 && colon + 1 != r.permission.size()))
    return {};
  return failure{code::malformed, "'" + r.permission + "' is not a permission", r.pattern,
                 "Write kind:verb, or nothing for a route that is open to anybody."};
}

} // namespace

result<std::unique_ptr<gateway>> gateway::make(route_list routes, gateway_ports ports,
                                               allowance for_each_tenant, unsigned lanes) {
  for (const auto& r : routes)
    if (auto ok = check_permission(r); !ok)
      return std::move(ok).error();
  routes.push_back(describing_route(routes));
  auto compiled = router::compile(std::move(routes));
  if (!compiled)
    return std::move(compiled).error();
  return std::unique_ptr<gateway>{new gateway{std::move(*compiled), ports, for_each_tenant, lanes}};
}

gateway::gateway(router routes, gateway_ports ports, allowance for_each_tenant, unsigned lanes)
    : ports_{ports}, router_{std::move(routes)}, access_{ports.keys}, admission_{for_each_tenant},
      tally_{router_, ports.meters, lanes}, refused_{ports.meters.count(
                                                "tenon_edge_overload_refusals_total",
                                                "Requests refused by a tenant's limits")} {
  for (const auto& r : router_.routes()) {
    permission p;
    if (const std::string& text = r.route.permission; !text.empty()) {
      const auto colon = text.find(':');
      p.kind = text.substr(0, colon);
      p.verb = text.substr(colon + 1);
      p.of_path = p.kind.starts_with('{');
      if (p.of_path)
        p.kind = p.kind.substr(1, p.kind.size() - 2);
    }
    permissions_.push_back(std::move(p));
  }
}

std::optional<response> gateway::screen(const head& h, request& q, account& who) {
  std::string allow;
  const auto found = router_.find(q.method, q.path, h.query, q.arguments, allow);
  if (!found) {
    if (q.method == method::options && (q.target == "*" || !allow.empty()))
      return response{204, media::json, {}, {{"Allow", allow.empty() ? "OPTIONS" : allow}}};
    if (allow.empty())
      return problem_of(found.error(), q.id, q.trace);
    auto r = problem_of(405, found.error().why, q.id, q.trace);
    r.headers.emplace_back("Allow", std::move(allow));
    return r;
  }
  who.route = *found;
  q.route = &(*found)->route;
  q.tenant = q.arguments.path("tenant");
  const auto& needed = permissions_[(*found)->index];
  if (needed.verb.empty())
    return std::nullopt;
  if (auto ok = let_in(h, q, needed, who.begun); !ok)
    return problem_of(ok.error(), q.id, q.trace);
  return std::nullopt;
}

result<void> gateway::let_in(const head& h, request& q, const permission& needed,
                             gate::time begun) {
  auto who = access_.identify(h.authorization, q.peer, ports_.clock.now());
  if (!who)
    return std::move(who).error();
  q.who = std::move(*who);
  const auto kind = needed.of_path ? q.arguments.path(needed.kind) : std::string_view{needed.kind};
  if (auto ok = authorize(*q.who, q.tenant, kind, needed.verb); !ok)
    return ok;
  if (q.tenant.empty())
    q.tenant = q.who->tenant;
  // The key's tenant pays, whichever tenant it asks about.
  auto place = admission_.of(q.who->tenant)->enter(begun);
  if (!place) {
    refused_.Increment();
    return std::move(place).error();
  }
  q.admitted = std::move(*place);
  return {};
}

void gateway::serve(request&& q, reply&& r) {
  r.hold(std::move(q.admitted));
  const auto& route = *q.route;
  const runtime::trace_scope working{q.trace};
  // A route's bug must not end the io thread, on which everybody else's connections live. The
  // reply, destroyed by the exception, answers `internal`.
  try {
    reply mine{std::move(r)};
    route.handle(std::move(q), std::move(mine));
  } catch (const std::exception& e) {
    runtime::log::error("edge.route_broke", {{"route", route.pattern}, {"why", e.what()}});
  }
}

void gateway::finished(unsigned lane, const account& who, unsigned status,
                       std::chrono::steady_clock::time_point now) {
  tally_.count(lane, who.route, status, now - who.begun);
  if (!runtime::log::writes(runtime::log::level::debug))
    return;
  const auto took = std::chrono::duration<double>(now - who.begun).count();
  runtime::log::debug(
      "edge.request",
      {{"method", name_of(who.method)},
       {"route", who.route != nullptr ? std::string_view{who.route->route.pattern} : "none"},
       {"status", status},
       {"seconds", took},
       {"request", who.id.text()},
       {"trace", runtime::trace_id(who.trace)}});
}

void gateway::turn_ended(unsigned lane) {
  tally_.turn_ended(lane);
}

} // namespace tenon::nodes::edge
