#include "actors/integration/calling.hpp"

#include "actors/integration/writer.hpp"

#include <array>

namespace tenon::actors::connectors {
namespace {

using runtime::task;

constexpr patience of_people{.quota = std::chrono::seconds{10}, .answer = std::chrono::seconds{60}};

item_outcome unknown(const std::string& how) {
  return {.why = {code::unavailable,
                  how + ", so it may have been written or not",
                  {},
                  "Look there before you call it again."},
          .unknown = true};
}

called told_of(item_outcome one) {
  const auto came_of_it = one.written   ? fate::written
                          : one.unknown ? fate::uncertain
                                        : fate::refused;
  return {came_of_it, std::move(one.why), std::move(one.returned)};
}

failure no_such_action(const manifest& m, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& one : m.actions)
    names.push_back(one.name);
  return {code::not_found, "the connector has no action " + name, "action",
          names.empty() ? "This connector writes nothing." : "Use " + listed(names) + "."};
}

/// What a call cannot promise.
result<void> check_call(const operation& a, const action_call& c) {
  if (a.job)
    return failure{code::conflict, a.name + " is done by a job that takes the platform its time",
                   "action", "Use a sync that writes with it."};
  if (!c.key.empty() && !a.idempotency.repeats())
    return failure{code::conflict, "the platform does not know a call of " + a.name + " again",
                   "Idempotency-Key",
                   "Leave the key out; when an answer is lost, look there before calling again."};
  return {};
}

} // namespace

std::string_view name_of(fate f) {
  constexpr std::array<std::string_view, 4> names{"written", "refused", "uncertain", "untried"};
  return names[static_cast<std::size_t>(f)];
}

task<result<std::vector<called>>> call_action(platform& p, identity integration,
                                              action_call asked) {
  const asker person;
  auto entered = co_await p.enter(integration, person);
  if (!entered)
    co_return std::move(entered).error();
  const auto* action = entered->connector->find_action(asked.action);
  if (action == nullptr)
    co_return no_such_action(*entered->connector, asked.action);
  if (auto possible = check_call(*action, asked); !possible)
    co_return std::move(possible).error();
  const auto call = asked.key.empty() ? p.random_text() : asked.key;
  for (std::size_t i = 0; i < asked.records.size(); ++i)
    asked.records[i].effect = i == 0 ? call : call + '-' + std::to_string(i);
  entered->patience = of_people;
  const auto connector = entered->connector; // the same while the writer lives
  const auto count = asked.records.size();
  writer one{p, *std::move(entered), *connector, *action, {.unknown = unknown}};
  const position untried;
  const std::string no_doubt;
  auto made = co_await one.write(std::move(asked.records), untried, no_doubt);
  if (made.stop && made.done.empty())
    co_return std::move(made.stop->why);
  std::vector<called> told;
  for (auto& record : made.done)
    told.push_back(told_of(std::move(record)));
  if (made.stop)
    told.resize(count, called{fate::untried, std::move(made.stop->why), {}});
  co_return told;
}

} // namespace tenon::actors::connectors
