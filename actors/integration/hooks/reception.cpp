#include "actors/integration/hooks/reception.hpp"

#include "actors/collection.hpp"
#include "actors/hook.hpp"
#include "actors/integration/hooks/hook.hpp"
#include "actors/trigger.hpp"
#include "protocols/json.hpp"
#include "runtime/tasks/asking.hpp"
#include "runtime/telemetry/log.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

using runtime::task;

failure no_such_hook() {
  return {code::not_found,
          "there is no such hook",
          {},
          "Look at the address: /hooks/{tenant}/{integration}/{hook}."};
}

std::optional<result<hook_answer>> challenged(const hook& h, const inbound& r, const scope& names,
                                              bool verified) {
  for (const auto& one : h.challenges)
    if (one->verified() == verified)
      if (auto answer = one->answer(r, names))
        return answer;
  return std::nullopt;
}

/// Whether a hook of ours asks the platform for these events.
task<result<bool>> is_wanted(platform& p, identity integration, std::string name) {
  constexpr std::size_t page = 100;
  std::string after;
  for (;;) {
    const auto names = p.host().list(integration.tenant, "hook", after, page);
    for (const auto& one : names) {
      const identity id{integration.tenant, "hook", one};
      const protocols::resource::describe describe_it;
      const auto told = co_await runtime::ask<actors::hook>(p.host(), id, describe_it);
      if (!told && told.error().code == code::not_found)
        continue; // it was removed
      if (!told)
        co_return told.error();
      const auto spec = read_json(told->spec);
      const auto* of = spec ? spec->find("integration") : nullptr;
      const auto* which = spec ? spec->find("hook") : nullptr;
      if (of != nullptr && which != nullptr && *of == value{integration.name} &&
          *which == value{name})
        co_return true;
    }
    if (names.size() < page)
      co_return false;
    after = names.back();
  }
}

bool has_to_know(const hook& h, const inbound& r) {
  return std::ranges::any_of(h.challenges,
                             [&](const auto& one) { return one->needs_hook() && one->asks(r); });
}

} // namespace

task<result<received>> receive(platform& p, identity integration, std::string name, inbound r) {
  const auto session = co_await p.enter_without_token(integration);
  if (!session) {
    if (session.error().code == code::not_found)
      co_return no_such_hook();
    // What is wrong here is for the owner's eyes; the sender only has to try again.
    runtime::log::warn(
        "hook.not_served",
        {{"integration", to_string(integration)}, {"hook", name}, {"why", session.error().why}});
    co_return failure{code::unavailable, "this hook cannot be served now"};
  }
  const auto* h = session->connector->find_hook(name);
  if (h == nullptr)
    co_return no_such_hook();
  scope names;
  names.bind("conn", session->connection.settings)
      .bind_secret("secret", session->connection.secrets);
  value wanted;
  if (has_to_know(*h, r)) {
    const auto known = co_await is_wanted(p, integration, name);
    if (!known)
      co_return known.error();
    wanted = wanted_words(*known);
    names.bind("hook", wanted);
  }
  if (const auto first = challenged(*h, r, names, false)) {
    if (!*first)
      co_return first->error();
    received done{**first, reception::challenged};
    co_return done;
  }
  if (auto genuine = h->verify->verify(r, names, p.now()); !genuine)
    co_return std::move(genuine).error();
  if (const auto second = challenged(*h, r, names, true)) {
    if (!*second)
      co_return second->error();
    received done{**second, reception::challenged};
    co_return done;
  }
  const auto events = read_events(*h, r, session->connection.settings, p.now());
  if (!events)
    co_return events.error();
  auto answer = acknowledge(*h, r, session->connection.settings);
  if (!answer)
    co_return std::move(answer).error();
  received done{};
  done.answer = *std::move(answer);
  if (events->empty())
    co_return done;
  protocols::collection::put put{.feed = "hook " + integration.name + '/' + name};
  for (const auto& one : *events)
    put.records.push_back({.key = one.key, .content = blob::copy_of(one.content)});
  const identity into{integration.tenant, "collection", integration.name + '_' + name};
  const auto stored = co_await runtime::ask<actors::collection>(p.host(), into, put);
  if (!stored)
    co_return stored.error();
  // Before it is acknowledged, and again when it is repeated: a node may have ended in between.
  const identity listens{integration.tenant, "trigger", integration.name + ':' + name};
  const protocols::trigger::hear news;
  const auto told = co_await runtime::ask<actors::trigger>(p.host(), listens, news);
  if (!told)
    co_return told.error();
  done.how = stored->stored > 0 ? reception::stored : reception::repeated;
  co_return done;
}

} // namespace tenon::actors::connectors
