// Commands that crashed their actor and were parked: look, replay after a fix, or discard.
#include "actors/dead_letters.hpp"
#include "nodes/edge/environment.hpp"
#include "protocols/json.hpp"

#include <charconv>

namespace tenon::nodes::edge::routes {
namespace {

using wire = protocols::dead_letters;

identity box_of(const request& q) {
  return {std::string{q.tenant}, "dead_letters", "all"};
}

value shown(const wire::letter& l) {
  return object{{"id", std::to_string(l.number)},
                {"actor", l.actor},
                {"command", l.name},
                {"crash", l.crash},
                {"parked_at", l.parked_at}};
}

void list_all(const environment& e, request&& q, reply&& r) {
  wire::list wanted;
  if (const auto after = q.arguments.query("after"))
    std::from_chars(after->data(), after->data() + after->size(), wanted.after);
  if (const auto limit = q.arguments.query("limit"))
    std::from_chars(limit->data(), limit->data() + limit->size(), wanted.limit);
  e.host->ask<tenon::actors::dead_letters>(
      box_of(q), wanted, [r = std::move(r)](auto page) mutable {
        if (!page)
          return std::move(r)(page.error());
        tenon::list items;
        for (const auto& l : page->letters)
          items.push_back(shown(l));
        std::move(r)(response::json(write_json(
            object{{"items", std::move(items)},
                   {"next", page->next ? value{std::to_string(page->next)} : value{}}})));
      });
}

template <class Command> handler verb(const environment& e) {
  return [e](request&& q, reply&& r) {
    Command command;
    const auto id = q.arguments.path("id");
    if (std::from_chars(id.data(), id.data() + id.size(), command.number).ec != std::errc{})
      return std::move(r)(failure{code::malformed, "a dead letter's id is a number", "id"});
    e.host->ask<tenon::actors::dead_letters>(
        box_of(q), command, [r = std::move(r)](auto letter) mutable {
          if (!letter)
            return std::move(r)(letter.error());
          std::move(r)(response::json(write_json(shown(*letter))));
        });
  };
}

} // namespace

route_list dead_letters(const environment& e) {
  if (!e.host)
    return {};
  const std::string all = "/api/v1/{tenant}/dead-letters";
  route_list routes;
  routes.push_back(
      {.method = method::get,
       .pattern = all,
       .summary = "Parked commands, oldest first.",
       .permission = "dead_letters:read",
       .handle = [e](request&& q, reply&& r) { list_all(e, std::move(q), std::move(r)); },
       .response_schema = object{{"type", "object"}}});
  routes.push_back({.method = method::post,
                    .pattern = all + "/{id}/replay",
                    .summary = "Sends it to its actor once more.",
                    .permission = "dead_letters:operate",
                    .handle = verb<wire::replay>(e),
                    .response_schema = object{{"type", "object"}},
                    .refusals = {code::not_found}});
  routes.push_back({.method = method::post,
                    .pattern = all + "/{id}/discard",
                    .summary = "Gives it up for good.",
                    .permission = "dead_letters:operate",
                    .handle = verb<wire::discard>(e),
                    .response_schema = object{{"type", "object"}},
                    .refusals = {code::not_found}});
  return routes;
}

} // namespace tenon::nodes::edge::routes
