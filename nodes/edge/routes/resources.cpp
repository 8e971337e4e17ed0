// What people make: put, get, list and delete.
#include "nodes/edge/resources.hpp"
#include "nodes/edge/gathering.hpp"
#include "nodes/edge/uses.hpp"
#include "protocols/binding.hpp"
#include "protocols/json.hpp"
#include "runtime/tasks/workers.hpp"

#include <algorithm>
#include <charconv>
#include <memory>

namespace tenon::nodes::edge::routes {
namespace {

using resource = protocols::resource;

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
  configure(e, *wanted, [shared = std::make_shared<reply>(std::move(r))](configuring c) {
    if (!c.refused.empty())
      return std::move(*shared)(c.refused.front());
    const auto* outcome = c.resource.find("outcome");
    std::move (*shared)(with_etag(c.resource, outcome && *outcome == value{"created"} ? 201 : 200));
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
  const auto finish = [shared, next](std::vector<std::optional<value>>& answers) {
    list items;
    for (auto& a : answers)
      if (a) // one that was removed since it was listed is no item
        items.push_back(*std::move(a));
    std::move (*shared)(
        response::json(write_json(object{{"items", std::move(items)}, {"next", next}})));
  };
  if (names.empty()) {
    std::vector<std::optional<value>> none;
    return finish(none);
  }
  const auto all = gather<std::optional<value>>(names.size(), finish);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const identity id{std::string{q.tenant}, std::string{kind->name}, names[i]};
    e.host->ask(id, kind->describe(), runtime::answer_once{[all, i, id, kind](result<blob> told) {
                  const auto described = told ? protocols::decode<resource::described>(*told)
                                              : result<resource::described>{told.error()};
                  all->put(i,
                           described ? std::optional{shown(*kind, id, *described)} : std::nullopt);
                }});
  }
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
  return all;
}

} // namespace tenon::nodes::edge::routes
