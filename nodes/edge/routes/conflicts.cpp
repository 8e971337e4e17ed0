// Conflicts of a collection that wait for a person, and what the person decides.
#include "actors/collection.hpp"
#include "nodes/edge/environment.hpp"
#include "protocols/json.hpp"

#include <charconv>

namespace tenon::nodes::edge::routes {
namespace {

using wire = protocols::collection;
namespace conflict = protocols::conflict_types;

identity collection_of(const request& q) {
  return {std::string{q.tenant}, "collection", std::string{q.arguments.path("collection")}};
}

/// As it is stored, if it is JSON; null for what is deleted or was never there.
value shown(const conflict::side& side) {
  auto read = side.deleted ? result<value>{value{}} : read_json(side.content.view());
  return read ? *std::move(read) : value{side.content.text()};
}

value shown(const wire::waiting& it) {
  const auto& [one, row] = it;
  return object{{"key", one.key},
                {"feed", one.feed},
                {"at", one.at},
                {"local", shown(conflict::side{row.deleted, row.content})},
                {"vendor", shown(one.brought)},
                {"before", shown(one.agreed)},
                {"version", row.version}};
}

void list_all(const environment& e, request&& q, reply&& r) {
  wire::list_conflicts wanted{.after = std::string{q.arguments.query("after").value_or("")}};
  if (const auto said = q.arguments.query("limit"))
    std::from_chars(said->data(), said->data() + said->size(), wanted.limit);
  e.host->ask<actors::collection>(collection_of(q), wanted, [r = std::move(r)](auto page) mutable {
    if (!page)
      return std::move(r)(page.error());
    list items;
    for (const auto& one : page->waiting)
      items.push_back(shown(one));
    const auto next = page->next.empty() ? value{} : value{page->next};
    std::move(r)(response::json(write_json(object{{"items", items}, {"next", next}})));
  });
}

result<wire::resolve> decision_in(const value& body) {
  const auto text = [&](const char* name) {
    const auto* said = body.find(name);
    const auto* held = said ? said->as<std::string>() : nullptr;
    return held ? *held : std::string{};
  };
  wire::resolve decided{.key = text("key"), .feed = text("feed")};
  if (decided.key.empty())
    return failure{code::malformed, "no key is said", "key",
                   "The list of conflicts has the keys of those that wait."};
  const auto* record = body.find("record");
  const auto keep = text("keep");
  if ((record != nullptr) == !keep.empty())
    return failure{code::malformed, "either a side or a record is kept", "keep",
                   "Say keep: local, keep: vendor, or the whole record."};
  if (record != nullptr) {
    decided.keep = conflict::keep::given;
    decided.content = blob::from(write_json(*record));
  } else if (keep == "vendor") {
    decided.keep = conflict::keep::vendor;
  } else if (keep != "local") {
    return failure{code::malformed, keep + " is no side", "keep", "Say local or vendor."};
  }
  return decided;
}

void resolve(const environment& e, request&& q, reply&& r) {
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
        std::move(r)(response::json(write_json(
            object{{"key", done->key}, {"feed", done->feed}, {"version", done->version}})));
      });
}

} // namespace

route_list conflicts(const environment& e) {
  if (!e.host)
    return {};
  const std::string path = "/api/v1/{tenant}/records/{collection}/conflicts";
  const auto query = [](std::string name, std::string description) {
    return parameter{
        .name = std::move(name), .in = place::query, .description = std::move(description)};
  };
  const auto text = [](const char* what) {
    return object{{"type", "string"}, {"description", what}};
  };
  route_list all;
  all.push_back({.method = method::get,
                 .pattern = path,
                 .summary = "Records that both sides changed, which wait for a person.",
                 .permission = "records:read",
                 .handle = [e](request&& q, reply&& r) { list_all(e, std::move(q), std::move(r)); },
                 .parameters = {query("limit", "At most this many, 1 to 1000."),
                                query("after", "The next of an earlier answer.")},
                 .response_schema = object{{"type", "object"}}});
  const object properties{{"key", text("The record's.")},
                          {"feed", text("Whose conflict; may be left out if there is one.")},
                          {"keep", text("local or vendor")},
                          {"record", object{{"type", "object"}}}};
  all.push_back({.method = method::post,
                 .pattern = path + "/resolve",
                 .summary = "Decides what a record is from now on, on both sides.",
                 .permission = "records:operate",
                 .handle = [e](request&& q, reply&& r) { resolve(e, std::move(q), std::move(r)); },
                 .request_schema = object{{"type", "object"}, {"properties", properties}},
                 .response_schema = object{{"type", "object"}},
                 .refusals = {code::not_found, code::conflict}});
  return all;
}

} // namespace tenon::nodes::edge::routes
