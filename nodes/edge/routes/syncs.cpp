// Runs of a sync: start, watch, and the verbs on one that is under way.
#include "actors/sync.hpp"
#include "nodes/edge/access.hpp"
#include "nodes/edge/environment.hpp"
#include "protocols/binding.hpp"
#include "protocols/json.hpp"

#include <charconv>

namespace tenon::nodes::edge::routes {
namespace {

using wire = protocols::sync;

identity sync_of(const request& q) {
  return {std::string{q.tenant}, "sync", std::string{q.arguments.path("name")}};
}

value problem_of(const wire::run& r) {
  object p{{"detail", r.why}};
  if (!r.place.empty())
    p["field"] = r.place;
  if (!r.remedy.empty())
    p["remedy"] = r.remedy;
  return p;
}

value shown(const wire::run& r) {
  object o{{"run", r.number},
           {"state", name_of(r.outcome)},
           {"full", r.full},
           {"by", r.by},
           {"read", r.read},
           {"stored", r.stored},
           {"unchanged", r.unchanged},
           {"filtered", r.filtered},
           {"dead_lettered", r.dead_lettered},
           {"deleted", r.deleted},
           {"pages", r.pages},
           {"bytes", r.bytes},
           {"conflicts", r.conflicts},
           {"retries", r.retries},
           {"restarts", r.restarts},
           {"restarted_for", r.restarted_for.empty() ? value{} : value{r.restarted_for}},
           {"started_at", r.started_at},
           {"ended_at", r.ended_at ? value{*r.ended_at} : value{}},
           {"expected", r.expected ? value{r.expected} : value{}},
           {"failure", r.why.empty() ? value{} : problem_of(r)}};
  return o;
}

result<bool> wants_full(const request& q) {
  if (q.body.empty())
    return false;
  const auto body = read_json(q.body.view());
  if (!body)
    return body.error();
  const auto* full = body->find("full");
  if (full && !full->is<bool>())
    return failure{code::malformed, "expected true or false", "full"};
  return full && *full->as<bool>();
}

std::string asker(const request& q) {
  return q.who ? "key " + q.who->key : "";
}

void start(const environment& e, request&& q, reply&& r) {
  const auto full = wants_full(q);
  if (!full)
    return std::move(r)(full.error());
  const wire::start command{.full = *full, .by = asker(q)};
  e.host->ask<actors::sync>(sync_of(q), command, [r = std::move(r)](auto answer) mutable {
    if (!answer)
      return std::move(r)(answer.error());
    std::move(r)(
        response::json(write_json(object{{"run", answer->run}, {"joined", answer->joined}}), 202));
  });
}

void list_runs(const environment& e, request&& q, reply&& r) {
  e.host->ask<actors::sync>(sync_of(q), wire::list_runs{}, [r = std::move(r)](auto answer) mutable {
    if (!answer)
      return std::move(r)(answer.error());
    list items;
    for (const auto& run : answer->runs)
      items.push_back(shown(run));
    std::move(r)(
        response::json(write_json(object{{"items", std::move(items)}, {"next", value{}}})));
  });
}

void read_run(const environment& e, request&& q, reply&& r) {
  const auto text = q.arguments.path("id");
  wire::read_run command;
  if (text != "latest" &&
      (std::from_chars(text.data(), text.data() + text.size(), command.number).ec != std::errc{} ||
       command.number == 0))
    return std::move(r)(failure{code::malformed, "a run is a number, or latest", "id"});
  e.host->ask<actors::sync>(sync_of(q), command, [r = std::move(r)](auto answer) mutable {
    if (!answer)
      return std::move(r)(answer.error());
    std::move(r)(response::json(write_json(shown(*answer))));
  });
}

/// {"cursor": …} or {"page": 12, "run": 7}; nothing: to the beginning.
result<wire::rewind> read_rewind(const request& q) {
  wire::rewind command;
  if (q.body.empty())
    return command;
  const auto body = read_json(q.body.view());
  if (!body)
    return body.error();
  if (const auto* cursor = body->find("cursor"); cursor && !cursor->is_null())
    command.cursor = cursor->is<std::string>() ? *cursor->as<std::string>() : write_json(*cursor);
  for (const auto& [name, into] :
       {std::pair{"page", &command.page}, std::pair{"run", &command.run}}) {
    const auto* number = body->find(name);
    if (!number)
      continue;
    const auto* whole = number->as<std::int64_t>();
    if (!whole || *whole < 0)
      return failure{code::malformed, "expected a number", name};
    *into = static_cast<std::uint64_t>(*whole);
  }
  command.to_page = body->find("page") != nullptr;
  if (command.to_page && !command.cursor.empty())
    return failure{code::malformed, "it is either a page or a cursor", "cursor"};
  return command;
}

template <class Command> result<Command> read_verb(const request& q) {
  if constexpr (std::is_same_v<Command, wire::rewind>) {
    return read_rewind(q);
  } else if constexpr (std::is_same_v<Command, wire::step>) {
    const auto full = wants_full(q);
    if (!full)
      return full.error();
    return wire::step{.full = *full, .by = asker(q)};
  } else {
    return Command{};
  }
}

template <class Command> handler verb(const environment& e) {
  return [e](request&& q, reply&& r) {
    const auto command = read_verb<Command>(q);
    if (!command)
      return std::move(r)(command.error());
    e.host->ask<actors::sync>(sync_of(q), *command, [r = std::move(r)](auto answer) mutable {
      if (!answer)
        return std::move(r)(answer.error());
      std::move(r)(response::json(
          write_json(object{{"phase", name_of(answer->phase)}, {"run", answer->run}})));
    });
  };
}

template <class Handle> handler bound(const environment& e, Handle handle) {
  return [e, handle](request&& q, reply&& r) { handle(e, std::move(q), std::move(r)); };
}

value run_schema() {
  object properties{{"state", object{{"type", "string"}}}};
  for (const auto* number : {"run", "read", "stored", "unchanged", "filtered", "dead_lettered",
                             "deleted", "pages", "bytes", "conflicts", "retries"})
    properties[number] = object{{"type", "integer"}};
  return object{{"type", "object"}, {"properties", std::move(properties)}};
}

} // namespace

route_list syncs(const environment& e) {
  if (!e.host)
    return {};
  const std::string sync = "/api/v1/{tenant}/syncs/{name}";
  const std::vector not_there{code::not_found, code::conflict};
  route_list all;
  all.push_back(
      {.method = method::post,
       .pattern = sync + "/runs",
       .summary = "Starts a run, or joins the one under way.",
       .permission = "syncs:operate",
       .handle = bound(e, start),
       .request_schema = object{{"type", "object"},
                                {"properties", object{{"full", object{{"type", "boolean"}}}}}},
       .response_schema = object{{"type", "object"}},
       .success = 202,
       .refusals = not_there});
  all.push_back({.method = method::get,
                 .pattern = sync + "/runs",
                 .summary = "Runs, newest first.",
                 .permission = "syncs:read",
                 .handle = bound(e, list_runs),
                 .response_schema = object{{"type", "object"}},
                 .refusals = not_there});
  all.push_back({.method = method::get,
                 .pattern = sync + "/runs/{id}",
                 .summary = "One run with its counts; `latest` is the newest.",
                 .permission = "syncs:read",
                 .handle = bound(e, read_run),
                 .response_schema = run_schema(),
                 .refusals = not_there});
  const auto add = [&](const char* name, const char* summary, handler handle) {
    all.push_back({.method = method::post,
                   .pattern = sync + '/' + name,
                   .summary = summary,
                   .permission = "syncs:operate",
                   .handle = std::move(handle),
                   .response_schema = object{{"type", "object"}},
                   .refusals = not_there});
  };
  add("pause", "Pauses the run after the page that is under way.", verb<wire::pause>(e));
  add("resume", "Goes on with a paused run.", verb<wire::resume>(e));
  add("cancel", "Ends the run; what it stored stays.", verb<wire::cancel>(e));
  add("step", "Reads one page of the paused run, or of a new one, and pauses it again.",
      verb<wire::step>(e));
  add("rewind",
      "Sets where the next run begins: at a cursor, or at a page of the newest run; at the "
      "beginning "
      "without either.",
      verb<wire::rewind>(e));
  return all;
}

} // namespace tenon::nodes::edge::routes
