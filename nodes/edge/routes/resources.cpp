// What people make: put, get, list, delete, and apply many at once.
#include "nodes/edge/resources.hpp"
#include "nodes/edge/mistakes.hpp"
#include "nodes/edge/uses.hpp"
#include "protocols/binding.hpp"
#include "protocols/json.hpp"
#include "runtime/tasks/workers.hpp"

#include <algorithm>
#include <charconv>
#include <memory>
#include <mutex>

namespace tenon::nodes::edge::routes {
namespace {

using resource = protocols::resource;

constexpr std::size_t most_applied = 1000;
constexpr std::size_t most_listed = 1000;

failure no_such_kind(std::string_view plural) {
  return {code::not_found,
          "there is no kind of resource called " + std::string{plural},
          {},
          "There are: connectors, credentials, integrations, collections, syncs, schedules, hooks, "
          "triggers; and to look at, quotas and breakers."};
}

response with_etag(const value& v, unsigned status) {
  auto r = response::json(write_json(v), status);
  if (const auto* version = v.find("version"))
    r.headers.emplace_back("ETag", '"' + write_json(*version) + '"');
  return r;
}

void put(const environment& e, request&& q, reply&& r) {
  const auto* kind = find_kind(q.arguments.path("kinds"));
  if (!kind)
    return std::move(r)(no_such_kind(q.arguments.path("kinds")));
  const auto body = read_json(q.body.view());
  if (!body)
    return std::move(r)(body.error());
  auto wanted = read_resource(*body, q.tenant, kind, q.arguments.path("name"));
  if (!wanted)
    return std::move(r)(std::move(wanted).error());
  if (const auto etag = q.headers.find("if-match")) {
    const auto version = read_version(*etag);
    if (!version)
      return std::move(r)(version.error());
    wanted->if_version = *version;
  }
  wanted->if_absent = q.headers.find("if-none-match") == "*";
  wanted->dry_run = q.arguments.query("dry_run") == "true";
  configure(e, *wanted, [shared = std::make_shared<reply>(std::move(r))](result<value> v) {
    if (!v)
      return std::move(*shared)(v.error());
    const auto* outcome = v->find("outcome");
    std::move (*shared)(with_etag(*v, outcome && *outcome == value{"created"} ? 201 : 200));
  });
}

void get(const environment& e, request&& q, reply&& r) {
  const auto* kind = find_kind(q.arguments.path("kinds"));
  if (!kind)
    return std::move(r)(no_such_kind(q.arguments.path("kinds")));
  const identity id{std::string{q.tenant}, std::string{kind->name},
                    std::string{q.arguments.path("name")}};
  e.host->ask(id, kind->describe(),
              runtime::answer_once{[id, kind, r = std::move(r)](result<blob> told) mutable {
                const auto described = told ? protocols::decode<resource::described>(*told)
                                            : result<resource::described>{told.error()};
                if (!described)
                  return std::move(r)(described.error());
                std::move(r)(with_etag(shown(*kind, id, *described), 200));
              }});
}

void remove(const environment& e, request&& q, reply&& r) {
  const auto* kind = find_kind(q.arguments.path("kinds"));
  if (!kind)
    return std::move(r)(no_such_kind(q.arguments.path("kinds")));
  resource::remove command;
  if (const auto etag = q.headers.find("if-match")) {
    const auto version = read_version(*etag);
    if (!version)
      return std::move(r)(version.error());
    command.if_version = *version;
  }
  const identity id{std::string{q.tenant}, std::string{kind->name},
                    std::string{q.arguments.path("name")}};
  const auto waiting = std::make_shared<reply>(std::move(r)); // what is called must be copyable
  const auto remove_it = [host = e.host, id, asked = kind->remove(command), waiting] {
    host->ask(id, asked, runtime::answer_once{[waiting](result<blob> told) {
                if (!told)
                  return std::move(*waiting)(told.error());
                std::move (*waiting)(response{.status = 204});
              }});
  };
  if (id.kind != "collection" || !e.workers)
    return remove_it();
  const auto begun = runtime::start<void>(*e.workers, check_unused(*e.host, id),
                                          [waiting, remove_it](result<void> unused) {
                                            if (!unused)
                                              return std::move(*waiting)(unused.error());
                                            remove_it();
                                          });
  if (!begun)
    std::move (*waiting)(begun.error());
}

/// Many asks, one answer, in the order of the asks.
struct gathering {
  std::mutex guard;
  std::vector<result<value>> answers;
  std::size_t missing = 0;
  std::function<void(std::vector<result<value>>&)> then;

  void put(std::size_t i, result<value> v) {
    {
      const std::lock_guard hold{guard};
      answers[i] = std::move(v);
      if (--missing > 0)
        return;
    }
    then(answers);
  }
};

std::shared_ptr<gathering> gather(std::size_t count,
                                  std::function<void(std::vector<result<value>>&)> then) {
  auto g = std::make_shared<gathering>();
  g->answers.assign(count, result<value>{value{}});
  g->missing = count;
  g->then = std::move(then);
  return g;
}

void list_kind(const environment& e, request&& q, reply&& r) {
  const auto* kind = find_kind(q.arguments.path("kinds"));
  if (!kind)
    return std::move(r)(no_such_kind(q.arguments.path("kinds")));
  std::size_t limit = 100;
  if (const auto said = q.arguments.query("limit"))
    if (std::from_chars(said->data(), said->data() + said->size(), limit).ec != std::errc{} ||
        limit == 0)
      return std::move(r)(failure{code::malformed, "the limit is no number above 0", "limit"});
  limit = std::min(limit, most_listed);
  const auto names =
      e.host->list(q.tenant, kind->name, q.arguments.query("after").value_or(""), limit);
  const value next = names.size() == limit ? value{names.back()} : value{};
  auto shared = std::make_shared<reply>(std::move(r));
  const auto finish = [shared, next](std::vector<result<value>>& answers) {
    list items;
    for (auto& a : answers)
      if (a) // one that was removed since it was listed is no item
        items.push_back(*std::move(a));
    std::move (*shared)(
        response::json(write_json(object{{"items", std::move(items)}, {"next", next}})));
  };
  if (names.empty()) {
    std::vector<result<value>> none;
    return finish(none);
  }
  const auto all = gather(names.size(), finish);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const identity id{std::string{q.tenant}, std::string{kind->name}, names[i]};
    e.host->ask(id, kind->describe(), runtime::answer_once{[all, i, id, kind](result<blob> told) {
                  const auto described = told ? protocols::decode<resource::described>(*told)
                                              : result<resource::described>{told.error()};
                  all->put(i, described ? result<value>{shown(*kind, id, *described)}
                                        : result<value>{described.error()});
                }});
  }
}

value problem_of(const failure& f) {
  object p{{"code", name_of(f.code)}, {"detail", f.why}};
  if (!f.where.empty())
    p["field"] = f.where;
  if (!f.remedy.empty())
    p["remedy"] = f.remedy;
  return p;
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
  const bool dry_run = q.arguments.query("dry_run") == "true";
  auto shared = std::make_shared<reply>(std::move(r));
  const auto wishes = std::make_shared<std::vector<wanted_resource>>(resources->size());
  const auto all =
      gather(resources->size(),
             [e, shared, wishes, documents = *resources](std::vector<result<value>>& answers) {
               list results;
               bool failed = false;
               for (std::size_t i = 0; i < answers.size(); ++i) {
                 object one;
                 for (const auto* key : {"kind", "name"})
                   if (const auto* v = documents[i].find(key))
                     one[key] = *v;
                 if (answers[i]) {
                   one["outcome"] = *answers[i]->find("outcome");
                   one["version"] = *answers[i]->find("version");
                 } else {
                   failed = true;
                   list problems;
                   for (const auto& why : mistakes_in(e, (*wishes)[i], answers[i].error()))
                     problems.push_back(problem_of(why));
                   one["problem"] = problems.front();
                   if (problems.size() > 1)
                     one["problems"] = std::move(problems);
                 }
                 results.emplace_back(std::move(one));
               }
               std::move (*shared)(response::json(
                   write_json(object{{"results", std::move(results)}, {"failed", failed}}), 200));
             });
  for (std::size_t i = 0; i < resources->size(); ++i) {
    auto wanted = read_resource((*resources)[i], q.tenant, nullptr, "");
    if (!wanted) {
      all->put(i, std::move(wanted).error());
      continue;
    }
    wanted->dry_run = dry_run;
    (*wishes)[i] = *wanted;
    configure(e, *wanted, [all, i](result<value> v) { all->put(i, std::move(v)); });
  }
}

value resource_schema() {
  return object{{"type", "object"},
                {"required", list{"spec"}},
                {"properties", object{{"kind", object{{"type", "string"}}},
                                      {"tenant", object{{"type", "string"}}},
                                      {"name", object{{"type", "string"}}},
                                      {"version", object{{"type", "integer"}}},
                                      {"spec", object{{"type", "object"}}},
                                      {"status", object{{"type", "object"}}}}}};
}

parameter query_parameter(std::string name, std::string description) {
  return {.name = std::move(name), .in = place::query, .description = std::move(description)};
}

} // namespace

route_list resources(const environment& e) {
  if (!e.host)
    return {};
  const auto bound = [e](auto handle) {
    return [e, handle](request&& q, reply&& r) { handle(e, std::move(q), std::move(r)); };
  };
  const std::string one = "/api/v1/{tenant}/{kinds}/{name}";
  const std::string many = "/api/v1/{tenant}/{kinds}";
  route_list all;
  all.push_back({.method = method::put,
                 .pattern = one,
                 .summary = "Makes or changes a resource.",
                 .permission = "{kinds}:write",
                 .handle = bound(put),
                 .parameters = {query_parameter("dry_run", "true: check and change nothing."),
                                {.name = "If-Match",
                                 .in = place::header,
                                 .description = "Only this version (an ETag)."}},
                 .request_schema = resource_schema(),
                 .response_schema = resource_schema(),
                 .refusals = {code::conflict, code::stale}});
  all.push_back({.method = method::get,
                 .pattern = one,
                 .summary = "One resource with its status.",
                 .permission = "{kinds}:read",
                 .handle = bound(get),
                 .response_schema = resource_schema(),
                 .refusals = {code::not_found}});
  all.push_back({.method = method::delete_,
                 .pattern = one,
                 .summary = "Removes a resource; a collection, with all its records, once no sync "
                            "feeds or reads it.",
                 .permission = "{kinds}:delete",
                 .handle = bound(remove),
                 .success = 204,
                 .refusals = {code::not_found, code::conflict, code::stale}});
  all.push_back(
      {.method = method::get,
       .pattern = many,
       .summary = "Resources of a kind, by name.",
       .permission = "{kinds}:read",
       .handle = bound(list_kind),
       .parameters = {query_parameter("limit", "At most this many, 1 to 1000."),
                      query_parameter("after", "Those after this name.")},
       .response_schema = object{
           {"type", "object"},
           {"properties", object{{"items", object{{"type", "array"}, {"items", resource_schema()}}},
                                 {"next", object{{"type", list{"string", "null"}}}}}}}});
  all.push_back(
      {.method = method::post,
       .pattern = "/api/v1/{tenant}/apply",
       .summary = "Makes or changes many resources, each on its own.",
       .permission = "resource:write",
       .handle = bound(apply_many),
       .parameters = {query_parameter("dry_run", "true: check and change nothing.")},
       .request_schema =
           object{{"type", "object"},
                  {"required", list{"resources"}},
                  {"properties",
                   object{{"resources", object{{"type", "array"}, {"items", resource_schema()}}}}}},
       .response_schema = object{{"type", "object"}}});
  return all;
}

} // namespace tenon::nodes::edge::routes
