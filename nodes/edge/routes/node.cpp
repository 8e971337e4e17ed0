// What concerns the node as a whole: a backup while it runs.
#include "nodes/edge/environment.hpp"
#include "protocols/json.hpp"

namespace tenon::nodes::edge::routes {

route_list node(const environment& e) {
  if (!e.backup)
    return {};
  route backup{
      .method = method::post,
      .pattern = "/api/v1/node/backup",
      .summary = "Copies the node's data into a new directory of its machine.",
      .permission = "node:administer",
      .handle = [e](request&& q, reply&& r) {
        const auto body = read_json(q.body.view());
        const auto* to = body ? body->find("to") : nullptr;
        if (!to || !to->is<std::string>() || !to->as<std::string>()->starts_with('/'))
          return std::move(r)(failure{code::malformed, "no absolute path to copy to", "to"});
        auto shared = std::make_shared<reply>(std::move(r));
        const auto begun = e.aside([e, shared, where = *to->as<std::string>()] {
          if (auto done = e.backup(where); !done)
            return std::move(*shared)(std::move(done).error());
          std::move (*shared)(response::json(write_json(object{{"to", where}})));
        });
        if (!begun)
          std::move (*shared)(begun.error());
      }};
  backup.request_schema = object{{"type", "object"},
                                 {"required", list{"to"}},
                                 {"properties", object{{"to", object{{"type", "string"}}}}}};
  backup.response_schema = object{{"type", "object"}};
  return {std::move(backup)};
}

} // namespace tenon::nodes::edge::routes
