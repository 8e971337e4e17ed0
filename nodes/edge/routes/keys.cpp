// API keys of a tenant: made (and shown once), listed, revoked.
#include "nodes/edge/environment.hpp"
#include "protocols/json.hpp"

namespace tenon::nodes::edge::routes {
namespace {

constexpr std::size_t most_title_bytes = 200;

value shown(const stored_key& k) {
  return object{{"id", k.id},
                {"tenant", k.tenant},
                {"role", name_of(k.role)},
                {"title", k.title},
                {"expires_at", k.expires ? value{to_text(*k.expires)} : value{}}};
}

struct wish {
  role as = role::viewer;
  std::string title;
  std::optional<moment> expires;
};

result<wish> read_wish(const request& q) {
  const auto body = read_json(q.body.view());
  if (!body)
    return body.error();
  const auto* members = body->as<object>();
  if (!members)
    return failure{code::malformed, "expected an object", {}, "Send {\"role\": \"developer\"}."};
  wish w;
  for (const auto& [name, v] : *members) {
    const auto* text = v.as<std::string>();
    if (name != "role" && name != "title" && name != "expires_at")
      return failure{code::malformed, "it is not known", std::string{name},
                     "There are role, title and expires_at."};
    if (!text)
      return failure{code::malformed, "expected a text", std::string{name}};
    if (name == "title")
      w.title = *text;
    if (name == "role") {
      const auto found = role_of(*text);
      if (!found)
        return failure{code::malformed, *text + " is no role", "role",
                       "There are viewer, operator, developer, admin, auditor and owner."};
      w.as = *found;
    }
    if (name == "expires_at") {
      const auto at = parse_moment(*text);
      if (!at)
        return failure{code::malformed, at.error().why, "expires_at", at.error().remedy};
      w.expires = *at;
    }
  }
  if (!body->find("role"))
    return failure{code::malformed, "it is missing", "role",
                   "Say what the key may do: viewer, operator, developer, admin or auditor."};
  if (w.title.size() > most_title_bytes)
    return failure{code::too_large, "it is too long", "title", "Use at most 200 bytes."};
  return w;
}

/// Work on the keys waits for the disk.
template <class Work> void on_disk(const environment& e, reply&& r, Work work) {
  auto shared = std::make_shared<reply>(std::move(r));
  const auto begun = e.aside([shared, work] { work(std::move(*shared)); });
  if (!begun)
    std::move (*shared)(begun.error());
}

void make(const environment& e, request&& q, reply&& r) {
  auto w = read_wish(q);
  if (!w)
    return std::move(r)(std::move(w).error());
  if (w->as == role::owner && q.who->role != role::owner)
    return std::move(r)(failure{code::forbidden, "only an owner makes owners", "role"});
  if (w->expires && *w->expires <= e.host->now())
    return std::move(r)(failure{code::malformed, "it would have expired already", "expires_at",
                                "Name a later day."});
  on_disk(e, std::move(r), [e, tenant = std::string{q.tenant}, w = *w](reply&& answer) {
    auto made = e.keys->issue(tenant, w.as, w.title, w.expires);
    if (!made)
      return std::move(answer)(std::move(made).error());
    auto o = shown(made->kept);
    (*o.as<object>())["key"] = made->text;
    std::move(answer)(response::json(write_json(o), 201));
  });
}

void list_them(const environment& e, request&& q, reply&& r) {
  list items;
  for (const auto& k : e.keys->of(q.tenant))
    items.push_back(shown(k));
  std::move(r)(response::json(write_json(object{{"items", std::move(items)}, {"next", value{}}})));
}

void revoke(const environment& e, request&& q, reply&& r) {
  on_disk(e, std::move(r),
          [e, tenant = std::string{q.tenant},
           id = std::string{q.arguments.path("id")}](reply&& answer) {
            if (auto done = e.keys->revoke(tenant, id); !done)
              return std::move(answer)(std::move(done).error());
            std::move(answer)(response::json(write_json(object{{"id", id}})));
          });
}

template <class Handle> handler bound(const environment& e, Handle handle) {
  return [e, handle](request&& q, reply&& r) { handle(e, std::move(q), std::move(r)); };
}

} // namespace

route_list keys(const environment& e) {
  if (!e.keys || !e.host)
    return {};
  const std::string all = "/api/v1/{tenant}/keys";
  const value text = object{{"type", "string"}};
  const value any = object{{"type", "object"}};
  route_list routes;
  routes.push_back({.method = method::get,
                    .pattern = all,
                    .summary = "The tenant's API keys, without what proves them.",
                    .permission = "key:read",
                    .handle = bound(e, list_them),
                    .response_schema = any});
  route making{.method = method::post,
               .pattern = all,
               .summary =
                   "Makes an API key for a role in this tenant; its text is shown this once.",
               .permission = "key:write",
               .handle = bound(e, make),
               .response_schema = any,
               .refusals = {code::forbidden}};
  making.request_schema =
      object{{"type", "object"},
             {"required", list{"role"}},
             {"properties", object{{"role", text}, {"title", text}, {"expires_at", text}}}};
  routes.push_back(std::move(making));
  routes.push_back({.method = method::delete_,
                    .pattern = all + "/{id}",
                    .summary = "Revokes a key at once.",
                    .permission = "key:delete",
                    .handle = bound(e, revoke),
                    .response_schema = any,
                    .refusals = {code::not_found, code::conflict}});
  return routes;
}

} // namespace tenon::nodes::edge::routes
