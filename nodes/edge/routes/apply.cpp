// Many resources at once, each on its own. Connectors come first, so that whoever uses one may
// stand before it, and may be tried out beside it.
#include "actors/integration/manifest.hpp"
#include "nodes/edge/gathering.hpp"
#include "nodes/edge/resources.hpp"
#include "protocols/json.hpp"

#include <algorithm>
#include <memory>

namespace tenon::nodes::edge::routes {
namespace {

using connector = std::shared_ptr<const actors::connectors::manifest>;

constexpr std::size_t most_applied = 1000;

value problem_of(const failure& f) {
  object p{{"code", name_of(f.code)}, {"detail", f.why}};
  if (!f.where.empty())
    p["field"] = f.where;
  if (!f.remedy.empty())
    p["remedy"] = f.remedy;
  return p;
}

value result_of(const value& document, const configuring& c) {
  object one;
  for (const auto* key : {"kind", "name"})
    if (const auto* v = document.find(key))
      one[key] = *v;
  if (c.refused.empty()) {
    one["outcome"] = *c.resource.find("outcome");
    one["version"] = *c.resource.find("version");
    return one;
  }
  list problems;
  for (const auto& why : c.refused)
    problems.push_back(problem_of(why));
  one["problem"] = problems.front();
  if (problems.size() > 1)
    one["problems"] = std::move(problems);
  return one;
}

struct wish {
  std::size_t place = 0; // in the request
  wanted_resource wanted;
};

/// What a dry run has not stored, and others of the same request may name.
connector tried(const wanted_resource& w, const configuring& came) {
  if (!w.dry_run || !came.refused.empty())
    return nullptr;
  auto made = actors::connectors::compile_manifest(w.spec);
  return made ? std::make_shared<const actors::connectors::manifest>(*std::move(made)) : nullptr;
}

/// The connector that an integration names, of those that were tried beside it.
connector named_by(const wanted_resource& w, const std::vector<wish>& connectors,
                   const std::vector<connector>& made) {
  const auto* name = w.spec.find("connector");
  for (std::size_t i = 0; i < connectors.size(); ++i)
    if (w.kind->name == "integration" && name && *name == value{connectors[i].wanted.id.name})
      return made[i];
  return nullptr;
}

using answers = std::shared_ptr<gathering<configuring>>;

void configure_all(const environment& e, const answers& all, std::vector<wish> connectors,
                   std::vector<wish> others) {
  const auto rest = [e, all, connectors, others = std::move(others)](std::vector<connector>& made) {
    for (auto [place, wanted] : others) {
      wanted.connector = named_by(wanted, connectors, made);
      configure(e, wanted, [all, place](configuring c) { all->put(place, std::move(c)); });
    }
  };
  if (connectors.empty()) {
    std::vector<connector> none;
    return rest(none);
  }
  const auto first = gather<connector>(connectors.size(), rest);
  for (std::size_t i = 0; i < connectors.size(); ++i)
    configure(e, connectors[i].wanted, [all, first, i, w = connectors[i]](configuring c) {
      auto made = tried(w.wanted, c);
      all->put(w.place, std::move(c));
      first->put(i, std::move(made));
    });
}

void apply_many(const environment& e, request&& q, reply&& r) {
  const auto body = read_json(q.body.view());
  if (!body)
    return std::move(r)(body.error());
  const auto* named = body->find("resources");
  const auto* resources = named ? named->as<list>() : nullptr;
  if (!resources || resources->empty() || resources->size() > most_applied)
    return std::move(r)(failure{code::malformed, "no list of 1 to 1000 resources", "resources",
                                "Send {\"resources\": [{kind, name, spec}, …]}."});
  const auto shared = std::make_shared<reply>(std::move(r)); // what is called must be copyable
  const auto all = gather<configuring>(
      resources->size(), [shared, documents = *resources](std::vector<configuring>& came) {
        list results;
        for (std::size_t i = 0; i < came.size(); ++i)
          results.push_back(result_of(documents[i], came[i]));
        const bool failed =
            std::ranges::any_of(came, [](const configuring& c) { return !c.refused.empty(); });
        std::move (*shared)(response::json(
            write_json(object{{"results", std::move(results)}, {"failed", failed}}), 200));
      });
  std::vector<wish> connectors, others;
  for (std::size_t i = 0; i < resources->size(); ++i) {
    auto wanted = read_resource((*resources)[i], q.tenant, nullptr, "");
    if (!wanted) {
      all->put(i, {.refused = {std::move(wanted).error()}});
      continue;
    }
    wanted->dry_run = q.arguments.query("dry_run") == "true";
    auto& wave = wanted->kind->name == "connector" ? connectors : others;
    wave.push_back({i, *std::move(wanted)});
  }
  configure_all(e, all, std::move(connectors), std::move(others));
}

} // namespace

route_list apply(const environment& e) {
  if (!e.host)
    return {};
  route many{.method = method::post,
             .pattern = "/api/v1/{tenant}/apply",
             .summary = "Makes or changes many resources, each on its own.",
             .permission = "resource:write",
             .handle = [e](request&& q, reply&& r) { apply_many(e, std::move(q), std::move(r)); },
             .parameters = {{.name = "dry_run",
                             .in = place::query,
                             .description = "true: check and change nothing."}}};
  many.request_schema =
      object{{"type", "object"},
             {"required", list{"resources"}},
             {"properties",
              object{{"resources", object{{"type", "array"}, {"items", resource_schema()}}}}}};
  many.response_schema = object{{"type", "object"}};
  return {std::move(many)};
}

} // namespace tenon::nodes::edge::routes
