// How an integration is: its health as it is now, and a trial of everything it needs.
#include "actors/integration/health/gathering.hpp"
#include "actors/integration/trial/trial.hpp"
#include "nodes/edge/environment.hpp"
#include "nodes/edge/work.hpp"
#include "protocols/json.hpp"

namespace tenon::nodes::edge::routes {
namespace {

namespace health = actors::connectors::health;
namespace trial = actors::connectors::trial;
using said = std::variant<response, failure>;

identity integration_of(const request& q) {
  return {std::string{q.tenant}, "integration", std::string{q.arguments.path("name")}};
}

void show_health(const environment& e, request&& q, reply&& r) {
  const auto of = integration_of(q);
  answer_by<health::finding>(e, health::find_out(*e.platform, of), std::move(r),
                             [name = of.name](result<health::finding> f) -> said {
                               if (!f)
                                 return f.error();
                               object body{{"integration", name}};
                               for (auto& [member, content] :
                                    health::to_object(f->appraisal, f->standings))
                                 body.append(member, std::move(content));
                               return response::json(write_json(std::move(body)));
                             });
}

void try_out(const environment& e, request&& q, reply&& r) {
  const auto of = integration_of(q);
  answer_by<trial::report>(e, trial::try_out(*e.platform, of), std::move(r),
                           [name = of.name](result<trial::report> all) -> said {
                             if (!all)
                               return all.error();
                             object body{{"integration", name}};
                             for (auto& [member, content] : trial::to_object(*all))
                               body.append(member, std::move(content));
                             return response::json(write_json(std::move(body)));
                           });
}

} // namespace

route_list integrations(const environment& e) {
  if (!e.platform || !e.workers)
    return {};
  const std::string one = "/api/v1/{tenant}/integrations/{name}";
  route look{.method = method::get,
             .pattern = one + "/health",
             .summary = "How it is: seven metrics, a score, and what to do.",
             .permission = "integrations:read",
             .handle = [e](request&& q, reply&& r) { show_health(e, std::move(q), std::move(r)); }};
  look.response_schema =
      object{{"type", "object"},
             {"properties", object{{"score", object{{"type", list{"integer", "null"}}}},
                                   {"state", object{{"type", "string"}}},
                                   {"known", object{{"type", "integer"}}},
                                   {"metrics", object{{"type", "array"}}},
                                   {"advice", object{{"type", "array"}}}}}};
  look.refusals = {code::not_found};
  route test{.method = method::post,
             .pattern = one + "/test",
             .summary = "Tries out address, TLS, credentials, streams, limits and safety; writes "
                        "nothing.",
             .permission = "integrations:operate",
             .handle = [e](request&& q, reply&& r) { try_out(e, std::move(q), std::move(r)); }};
  test.response_schema = object{{"type", "object"},
                                {"properties", object{{"outcome", object{{"type", "string"}}},
                                                      {"checks", object{{"type", "array"}}}}}};
  test.refusals = {code::not_found};
  return {std::move(look), std::move(test)};
}

} // namespace tenon::nodes::edge::routes
