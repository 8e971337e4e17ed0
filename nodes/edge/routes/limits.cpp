// What holds requests up: how much may still be asked of a platform and who waits for it, and
// which circuits are open. Nobody makes these; they are there once something was asked.
#include "actors/breaker.hpp"
#include "actors/quota.hpp"
#include "nodes/edge/environment.hpp"
#include "nodes/edge/work.hpp"
#include "protocols/json.hpp"
#include "runtime/tasks/asking.hpp"

#include <algorithm>
#include <charconv>

namespace tenon::nodes::edge::routes {
namespace {

using said = std::variant<response, failure>;
using runtime::task;

constexpr std::size_t most_listed = 1000;

value inspected(const value& shown, std::string_view member) {
  const auto* state = shown.find("state");
  const auto* found = state == nullptr ? nullptr : state->find(member);
  return found == nullptr ? value{} : *found;
}

/// What the actor remembers; as operators see it.
task<result<value>> look_into(runtime::host& host, identity id) {
  co_return co_await runtime::callback<value>([&](runtime::completion<value> done) {
    host.inspect(id, [done](auto v) { done(std::move(v)); });
  });
}

value shown(const protocols::quota::standing& s, moment now) {
  list buckets;
  for (const auto& one : s.buckets)
    buckets.push_back(object{{"bucket", one.bucket.name},
                             {"kind", name_of(one.bucket.kind)},
                             {"left", one.left},
                             {"of", one.bucket.amount},
                             {"wait_ms", one.wait.count()}});
  object status{{"state", s.blocked_until_at > now ? "blocked" : "open"}};
  if (s.blocked_until_at > now)
    status["blocked_until"] = s.blocked_until_at;
  if (s.per_mille < 1000)
    status["per_mille"] = s.per_mille;
  const auto emptiest = std::ranges::min_element(s.buckets, {}, [](const auto& b) {
    return static_cast<double>(b.left) / std::max<double>(b.bucket.amount, 1);
  });
  if (emptiest != s.buckets.end()) {
    status["scarcest"] = emptiest->bucket.name;
    status["left"] = emptiest->left;
    status["of"] = emptiest->bucket.amount;
  }
  status["buckets"] = std::move(buckets);
  return status;
}

value document(const identity& id, value status) {
  return object{
      {"kind", id.kind}, {"tenant", id.tenant}, {"name", id.name}, {"status", std::move(status)}};
}

/// Those of its line who still wait.
list waiting_in(const value& line, moment now) {
  list all;
  const auto* askers = line.as<list>();
  if (askers == nullptr)
    return all;
  for (const auto& one : *askers) {
    const auto* until = one.find("waits_until_at");
    const auto at = until == nullptr                 ? std::nullopt
                    : until->as<moment>() != nullptr ? std::optional{*until->as<moment>()}
                                                     : std::nullopt;
    if (!at || *at <= now)
      continue;
    object asker;
    for (const auto* name : {"name", "interactive", "waits_since_at", "waits_until_at"})
      if (const auto* member = one.find(name))
        asker[name] = *member;
    all.push_back(std::move(asker));
  }
  return all;
}

task<result<value>> show_quota(const environment e, identity id) {
  const protocols::quota::read_standing read_it;
  const auto told = co_await runtime::ask<actors::quota>(*e.host, id, read_it);
  if (!told)
    co_return told.error();
  const auto now = e.host->now();
  auto status = shown(*told, now);
  const auto memory = co_await look_into(*e.host, id);
  const auto line = memory ? inspected(*memory, "line") : value{};
  (*status.as<object>())["waiting"] = waiting_in(line, now);
  co_return document(id, std::move(status));
}

task<result<value>> show_breaker(const environment e, identity id) {
  const protocols::breaker::read_standing read_it;
  const auto told = co_await runtime::ask<actors::breaker>(*e.host, id, read_it);
  if (!told)
    co_return told.error();
  object status{{"state", told->open           ? "open"
                          : told->failures > 0 ? "failing"
                                               : "closed"},
                {"failures", told->failures},
                {"failure_limit", told->failure_limit}};
  if (told->open) {
    status["retry_at"] = told->retry_at;
    status["why"] = std::to_string(told->failure_limit) + " requests to " + id.name +
                    " failed in a row; the next is let through at that time";
  }
  co_return document(id, std::move(status));
}

using look = task<result<value>> (*)(const environment, identity);

/// Only what there is: asking an actor would make one.
bool is_there(const environment& e, const identity& id) {
  if (!check(id))
    return false;
  auto before = id.name;
  before.pop_back(); // sorts before it, and nothing is between but its other beginnings
  for (auto after = before;;) {
    const auto names = e.host->list(id.tenant, id.kind, after, most_listed);
    if (std::ranges::find(names, id.name) != names.end())
      return true;
    if (names.size() < most_listed || names.back() > id.name)
      return false;
    after = names.back();
  }
}

void show_one(const environment& e, const char* kind, look at, request&& q, reply&& r) {
  const identity id{std::string{q.tenant}, kind, std::string{q.arguments.path("name")}};
  if (!is_there(e, id))
    return std::move(r)(failure{code::not_found,
                                "there is no " + std::string{kind} + " " + id.name,
                                {},
                                "It is there once something was asked of the platform."});
  answer_by<value>(e, at(e, id), std::move(r), [](result<value> v) -> said {
    if (!v)
      return std::move(v).error();
    return response::json(write_json(*v));
  });
}

task<result<value>> show_all(const environment e, look at, std::vector<identity> all, value next) {
  list items;
  for (const auto& id : all) {
    auto one = co_await at(e, id);
    if (one) // one that was forgotten since it was listed is no item
      items.push_back(*std::move(one));
  }
  value page = object{{"items", std::move(items)}, {"next", std::move(next)}};
  co_return page;
}

void show_list(const environment& e, const char* kind, look at, request&& q, reply&& r) {
  std::size_t limit = 100;
  if (const auto told = q.arguments.query("limit"))
    if (std::from_chars(told->data(), told->data() + told->size(), limit).ec != std::errc{} ||
        limit == 0)
      return std::move(r)(failure{code::malformed, "the limit is no number above 0", "limit"});
  limit = std::min(limit, most_listed);
  const auto names = e.host->list(q.tenant, kind, q.arguments.query("after").value_or(""), limit);
  const value next = names.size() == limit ? value{names.back()} : value{};
  std::vector<identity> all;
  for (const auto& name : names)
    all.push_back({std::string{q.tenant}, kind, name});
  answer_by<value>(e, show_all(e, at, std::move(all), next), std::move(r),
                   [](result<value> v) -> said {
                     if (!v)
                       return std::move(v).error();
                     return response::json(write_json(*v));
                   });
}

} // namespace

route_list limits(const environment& e) {
  if (!e.host || !e.workers)
    return {};
  route_list all;
  const auto add = [&](const char* kind, std::string plural, look at, const char* one,
                       const char* many) {
    all.push_back(
        {.method = method::get,
         .pattern = "/api/v1/{tenant}/" + plural + "/{name}",
         .summary = one,
         .permission = plural + ":read",
         .handle = [e, kind, at](request&& q,
                                 reply&& r) { show_one(e, kind, at, std::move(q), std::move(r)); },
         .response_schema = object{{"type", "object"}},
         .refusals = {code::not_found}});
    all.push_back(
        {.method = method::get,
         .pattern = "/api/v1/{tenant}/" + plural,
         .summary = many,
         .permission = plural + ":read",
         .handle = [e, kind, at](request&& q,
                                 reply&& r) { show_list(e, kind, at, std::move(q), std::move(r)); },
         .parameters = {{.name = "limit", .description = "At most this many, 1 to 1000."},
                        {.name = "after", .description = "Those after this name."}},
         .response_schema = object{{"type", "object"}}});
  };
  add("quota", "quotas", show_quota, "How much may still be asked of a platform, and who waits.",
      "How much may still be asked of each platform.");
  add("breaker", "breakers", show_breaker, "Whether requests are let through, and why not.",
      "Which platforms are asked nothing for now, and why.");
  return all;
}

} // namespace tenon::nodes::edge::routes
