// Whether the process lives, and whether the node wants requests.
#include "nodes/edge/environment.hpp"
#include "protocols/json.hpp"

#include <algorithm>

namespace tenon::nodes::edge::routes {
namespace {

value condition_schema() {
  return object{{"type", "object"},
                {"required", list{"name", "holds"}},
                {"properties", object{{"name", object{{"type", "string"}}},
                                      {"holds", object{{"type", "boolean"}}},
                                      {"why", object{{"type", "string"}}}}}};
}

value status_schema() {
  return object{
      {"type", "object"},
      {"required", list{"status"}},
      {"properties",
       object{{"status", object{{"type", "string"}, {"enum", list{"ready", "not_ready"}}}},
              {"conditions", object{{"type", "array"}, {"items", condition_schema()}}}}}};
}

response tell(const std::vector<condition>& conditions, bool verbose) {
  const bool ready = std::ranges::all_of(conditions, &condition::holds);
  object status{{"status", ready ? "ready" : "not_ready"}};
  if (verbose) {
    list each;
    for (const auto& c : conditions) {
      object one{{"name", c.name}, {"holds", c.holds}};
      if (!c.why.empty())
        one.append("why", c.why);
      each.emplace_back(std::move(one));
    }
    status.append("conditions", std::move(each));
  }
  return response::json(write_json(std::move(status)), ready ? 200 : 503);
}

} // namespace

route_list health(const environment& e) {
  route live{
      .method = method::get,
      .pattern = "/livez",
      .summary = "Whether the process answers at all.",
      .permission = "",
      .handle = [](request&&, reply&& r) { std::move(r)(response::json(R"({"status":"live"})")); }};
  live.response_schema =
      object{{"type", "object"}, {"properties", object{{"status", object{{"type", "string"}}}}}};
  route ready{.method = method::get,
              .pattern = "/readyz",
              .summary = "Whether the node wants requests, and with ?verbose why not.",
              .permission = "",
              .handle = [&readiness = e.readiness](request&& q, reply&& r) {
                std::move(r)(
                    tell(readiness.conditions(), q.arguments.query("verbose").has_value()));
              }};
  ready.parameters = {
      {.name = "verbose", .in = place::query, .description = "Names every condition."}};
  ready.response_schema = status_schema();
  ready.refusals = {code::unavailable};
  return {std::move(live), std::move(ready)};
}

} // namespace tenon::nodes::edge::routes
