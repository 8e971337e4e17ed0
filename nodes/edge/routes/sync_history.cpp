// What a sync has come to: its account over time, and where its newest run stood.
#include "actors/collection.hpp"
#include "actors/sync.hpp"
#include "nodes/edge/access.hpp"
#include "nodes/edge/environment.hpp"
#include "protocols/json.hpp"

#include <charconv>

namespace tenon::nodes::edge::routes {
namespace {

using wire = protocols::sync;

identity sync_of(const request& q) {
  return {std::string{q.tenant}, "sync", std::string{q.arguments.path("name")}};
}

value shown(const protocols::account_types::rate& r) {
  if (r.runs == 0)
    return {};
  return object{{"runs", r.runs},
                {"records_per_second", r.records_per_second},
                {"bytes_per_second", r.bytes_per_second}};
}

value shown(const std::vector<protocols::account_types::bucket>& all) {
  list buckets;
  for (const auto& b : all)
    buckets.push_back(object{{"from", b.begun_at},
                             {"succeeded", b.succeeded},
                             {"failed", b.failed},
                             {"cancelled", b.cancelled},
                             {"pages", b.pages},
                             {"read", b.read},
                             {"stored", b.stored},
                             {"dead_lettered", b.dead_lettered},
                             {"retries", b.retries},
                             {"bytes", b.bytes},
                             {"busy_ms", b.busy.count()}});
  return buckets;
}

object shown(const protocols::account_types::statistics& s) {
  const auto ended = s.succeeded + s.failed;
  const auto rate = static_cast<double>(s.succeeded) / static_cast<double>(ended);
  return object{{"succeeded", s.succeeded},
                {"failed", s.failed},
                {"success_rate", ended == 0 ? value{} : value{rate}},
                {"under_way", shown(s.under_way)},
                {"newest", shown(s.newest)},
                {"whole_at", s.whole_at ? value{*s.whole_at} : value{}},
                {"lag_ms", s.lag ? value{s.lag->count()} : value{}},
                {"undelivered", value{}},
                {"hours", shown(s.hours)},
                {"days", shown(s.days)}};
}

/// Changes of the collection that this sync has not delivered; null: it still goes through its
/// rows.
value undelivered_in(const std::string& status, const std::string& sync) {
  const auto read = read_json(status);
  const auto* outlets = read ? read->find("outlets") : nullptr;
  if (const auto* all = outlets ? outlets->as<list>() : nullptr)
    for (const auto& one : *all)
      if (const auto* name = one.find("sync"); name && *name == value{sync})
        return *one.find("behind");
  return {};
}

void read_statistics(const environment& e, request&& q, reply&& r) {
  const auto sync = sync_of(q);
  e.host->ask<actors::sync>(
      sync, wire::read_statistics{}, [host = e.host, sync, r = std::move(r)](auto answer) mutable {
        if (!answer)
          return std::move(r)(answer.error());
        auto body = shown(*answer);
        if (answer->from.empty())
          return std::move(r)(response::json(write_json(std::move(body))));
        const identity from{sync.tenant, "collection", answer->from};
        host->ask<actors::collection>(
            from, protocols::resource::describe{},
            [sync, body = std::move(body), r = std::move(r)](auto described) mutable {
              if (described)
                body["undelivered"] = undelivered_in(described->status, sync.name);
              std::move(r)(response::json(write_json(std::move(body))));
            });
      });
}

void read_tuning(const environment& e, request&& q, reply&& r) {
  e.host->ask<actors::sync>(
      sync_of(q), wire::read_tuning{}, [r = std::move(r)](auto answer) mutable {
        if (!answer)
          return std::move(r)(answer.error());
        std::move(r)(
            response::json(write_json(actors::tuning::to_object(answer->state, answer->off))));
      });
}

void list_places(const environment& e, request&& q, reply&& r) {
  const auto text = q.arguments.path("id");
  wire::list_places command;
  if (text != "latest" &&
      (std::from_chars(text.data(), text.data() + text.size(), command.run).ec != std::errc{} ||
       command.run == 0))
    return std::move(r)(failure{code::malformed, "a run is a number, or latest", "id"});
  e.host->ask<actors::sync>(sync_of(q), command, [r = std::move(r)](auto answer) mutable {
    if (!answer)
      return std::move(r)(answer.error());
    list items;
    for (const auto& p : answer->places)
      items.push_back(object{{"page", p.page},
                             {"read", p.read},
                             {"at", p.at},
                             {"position", p.position},
                             {"cursor", p.cursor}});
    std::move(r)(response::json(
        write_json(object{{"run", answer->run}, {"items", std::move(items)}, {"next", value{}}})));
  });
}

} // namespace

route_list sync_history(const environment& e) {
  if (!e.host)
    return {};
  const std::string sync = "/api/v1/{tenant}/syncs/{name}";
  const auto add = [&](route_list& all, std::string pattern, const char* summary, auto handle) {
    all.push_back(
        {.method = method::get,
         .pattern = std::move(pattern),
         .summary = summary,
         .permission = "syncs:read",
         .handle = [e, handle](request&& q, reply&& r) { handle(e, std::move(q), std::move(r)); },
         .response_schema = object{{"type", "object"}},
         .refusals = {code::not_found}});
  };
  route_list all;
  add(all, sync + "/statistics",
      "How it went: success, speed, lag, and the last 48 hours and 30 days.", read_statistics);
  add(all, sync + "/tuning",
      "What was changed about how it is read: why, and what that has brought.", read_tuning);
  add(all, sync + "/runs/{id}/places",
      "Where the newest run stood before its pages: what `rewind` takes.", list_places);
  return all;
}

} // namespace tenon::nodes::edge::routes
