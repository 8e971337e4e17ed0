// What a collection's records have in them, how that has changed, and what a person accepts of it.
#include "actors/collection.hpp"
#include "nodes/edge/environment.hpp"
#include "protocols/json.hpp"

namespace tenon::nodes::edge::routes {
namespace {

using wire = protocols::collection;
namespace drift = protocols::drift_types;

identity collection_of(const request& q) {
  return {std::string{q.tenant}, "collection", std::string{q.arguments.path("collection")}};
}

value shown(const drift::field& f) {
  object one{{"name", f.name},
             {"type", name_of(f.type)},
             {"declared", f.declared},
             {"since", f.first_at},
             {"sync", f.feed},
             {"run", f.run},
             {"changed_at", f.changed_at ? value{*f.changed_at} : value{}}};
  if (f.waits != drift::type::absent)
    one["waits"] = object{{"type", name_of(f.waits)},
                          {"since", f.waits_at},
                          {"sync", f.waits_feed},
                          {"run", f.waits_run},
                          {"records", f.waits_records}};
  return one;
}

value shown(const drift::change& c) {
  return object{{"at", c.at},
                {"field", c.name},
                {"outcome", name_of(c.fate)},
                {"from", name_of(c.from)},
                {"found", name_of(c.found)},
                {"to", name_of(c.to)},
                {"records", c.records},
                {"sync", c.feed},
                {"run", c.run}};
}

template <class Shown> list all_of(const std::vector<Shown>& what) {
  list all;
  for (const auto& one : what)
    all.push_back(shown(one));
  return all;
}

void read(const environment& e, request&& q, reply&& r) {
  e.host->ask<actors::collection>(
      collection_of(q), wire::read_schema{}, [r = std::move(r)](auto kept) mutable {
        if (!kept)
          return std::move(r)(kept.error());
        const auto& [schema, history, account] = *kept;
        std::move(r)(response::json(write_json(object{{"fields", all_of(schema.fields)},
                                                      {"changes", all_of(history.changes)},
                                                      {"learnt", account.learnt},
                                                      {"drifts", account.drifts},
                                                      {"waiting", account.waiting},
                                                      {"values_not_kept", schema.unkept}})));
      });
}

/// The names of fields, or all of them.
result<wire::accept_drift> decision_in(const value& body) {
  wire::accept_drift decided;
  const auto* names = body.find("fields");
  const auto* all = body.find("all");
  const bool takes_all = all != nullptr && *all == value{true};
  const auto* written = names ? names->as<list>() : nullptr;
  if (takes_all == (written != nullptr))
    return failure{code::malformed, "either some fields are accepted, or all", "fields",
                   R"(Write {"fields": ["age"]} or {"all": true}.)"};
  if (takes_all)
    return decided;
  for (const auto& name : *written)
    if (const auto* text = name.as<std::string>())
      decided.fields.push_back(*text);
  if (decided.fields.empty() || decided.fields.size() != written->size())
    return failure{code::malformed, "a list of names is expected", "fields",
                   R"(Write {"fields": ["age"]} or {"all": true}.)"};
  return decided;
}

void accept(const environment& e, request&& q, reply&& r) {
  const auto body = read_json(q.body.view());
  if (!body)
    return std::move(r)(body.error());
  const auto decided = decision_in(*body);
  if (!decided)
    return std::move(r)(decided.error());
  e.host->ask<actors::collection>(
      collection_of(q), *decided, [r = std::move(r)](auto done) mutable {
        if (!done)
          return std::move(r)(done.error());
        std::move(r)(response::json(write_json(object{{"items", all_of(done->changes)}})));
      });
}

} // namespace

route_list schema(const environment& e) {
  if (!e.host)
    return {};
  const std::string path = "/api/v1/{tenant}/records/{collection}/schema";
  const object names{{"type", "array"}, {"items", object{{"type", "string"}}}};
  const object properties{{"fields", names}, {"all", object{{"type", "boolean"}}}};
  route_list all;
  all.push_back({.method = method::get,
                 .pattern = path,
                 .summary = "The fields of a collection's records, and how they have changed.",
                 .permission = "records:read",
                 .handle = [e](request&& q, reply&& r) { read(e, std::move(q), std::move(r)); },
                 .response_schema = object{{"type", "object"}}});
  all.push_back({.method = method::post,
                 .pattern = path + "/accept",
                 .summary = "Makes what was refused of fields part of the schema.",
                 .permission = "records:operate",
                 .handle = [e](request&& q, reply&& r) { accept(e, std::move(q), std::move(r)); },
                 .request_schema = object{{"type", "object"}, {"properties", properties}},
                 .response_schema = object{{"type", "object"}},
                 .refusals = {code::not_found, code::conflict}});
  return all;
}

} // namespace tenon::nodes::edge::routes
