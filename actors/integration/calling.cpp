#include "actors/integration/calling.hpp"

#include "actors/integration/verdict.hpp"

#include <algorithm>
#include <array>

namespace tenon::actors::connectors {
namespace {

using runtime::task;
using records = std::vector<outgoing_record>;

constexpr patience of_people{.quota = std::chrono::seconds{10}, .answer = std::chrono::seconds{60}};

called unknown(const std::string& how) {
  return {fate::uncertain,
          {code::unavailable,
           how + ", so it may have been written or not",
           {},
           "Look there before you call it again."},
          {}};
}

/// One call after another, until the records are through or something stands in the way of all.
class caller {
public:
  caller(platform& p, session s, const operation& a)
      : platform_{p}, session_{std::move(s)}, connector_{session_.connector}, action_{a} {}

  task<result<std::vector<called>>> call_all(records all) {
    std::vector<called> told;
    for (std::size_t from = 0; from < all.size() && !trouble_;) {
      records batch{all.begin() + static_cast<std::ptrdiff_t>(from), all.end()};
      batch.resize(batch_size(words(), batch));
      from += batch.size();
      auto some = co_await call(std::move(batch));
      std::ranges::move(some, std::back_inserter(told));
    }
    const bool none =
        std::ranges::all_of(told, [](const called& one) { return one.fate == fate::untried; });
    if (trouble_ && none)
      co_return *trouble_;
    if (trouble_)
      told.resize(all.size(), called{fate::untried, *trouble_, {}});
    co_return told;
  }

private:
  writing words() const { return {*connector_, action_, session_.connection}; }

  /// As many as the batch has.
  task<std::vector<called>> call(records batch) {
    for (bool with_new_token = false;; with_new_token = true) {
      const auto request = write_request(words(), batch, platform_.now());
      if (!request) {
        auto some = co_await refuse_or_split(std::move(batch), request.error());
        co_return some;
      }
      const auto answer = co_await platform_.send(session_, *request);
      if (!answer) {
        auto some = co_await unanswered(std::move(batch), answer.error());
        co_return some;
      }
      auto outcome = read_write(words(), *request, *answer, batch, {}, platform_.now());
      if (auto* items = std::get_if<item_outcomes>(&outcome))
        co_return told_of(std::move(*items));
      auto& said = std::get<verdict>(outcome);
      if (said.then == action::refresh_auth && !with_new_token) {
        const auto again = co_await enter_again();
        if (again)
          continue;
        co_return stopped(batch, again.error());
      }
      if (said.then == action::split_batch && batch.size() > 1) {
        auto some = co_await split(std::move(batch));
        co_return some;
      }
      if (said.then == action::reconnect)
        platform_.reconnect(session_, covered(said.why, session_));
      if (said.classify == meaning::throttled && said.delay > span{0})
        platform_.throttled(session_, said.delay);
      if (answer->status >= 500 && !action_.idempotency.repeats()) {
        const auto how = "the platform failed (" + covered(said.why, session_).why + ")";
        auto some = co_await ask_what_happened(std::move(batch), how);
        co_return some;
      }
      auto why = covered(std::move(said.why), session_);
      if (said.delay > span{0})
        why.retry_after = said.delay;
      co_return stopped(batch, std::move(why));
    }
  }

  task<result<void>> enter_again() {
    platform_.reject_token(session_);
    auto again = co_await platform_.enter(session_.integration, session_.asker);
    if (!again)
      co_return again.error();
    again->patience = session_.patience;
    session_ = *std::move(again);
    co_return result<void>{};
  }

  std::vector<called> told_of(item_outcomes items) const {
    std::vector<called> told;
    for (auto& one : items)
      told.push_back({one.written ? fate::written : fate::refused,
                      one.written ? failure{} : covered(std::move(one.why), session_),
                      std::move(one.returned)});
    return told;
  }

  /// Nobody else's turn comes.
  std::vector<called> stopped(const records& batch, failure why) {
    trouble_ = why;
    return std::vector<called>(batch.size(), called{fate::untried, std::move(why), {}});
  }

  task<std::vector<called>> unanswered(records batch, failure why) {
    why = covered(std::move(why), session_);
    if (!may_have_acted(why))
      co_return stopped(batch, std::move(why));
    const auto how = "the answer was lost (" + why.why + ")";
    auto some = co_await ask_what_happened(std::move(batch), how);
    co_return some;
  }

  task<std::vector<called>> refuse_or_split(records batch, failure why) {
    if (batch.size() == 1) {
      std::vector<called> one;
      one.push_back({fate::refused, covered(std::move(why), session_), {}});
      co_return one;
    }
    auto some = co_await split(std::move(batch));
    co_return some;
  }

  /// Half by half, until the record at fault stands alone.
  task<std::vector<called>> split(records batch) {
    const auto middle = batch.begin() + static_cast<std::ptrdiff_t>((batch.size() + 1) / 2);
    records first{batch.begin(), middle};
    records second{middle, batch.end()};
    auto told = co_await call(std::move(first));
    if (trouble_) {
      auto rest = stopped(second, *trouble_);
      std::ranges::move(rest, std::back_inserter(told));
      co_return told;
    }
    auto rest = co_await call(std::move(second));
    std::ranges::move(rest, std::back_inserter(told));
    co_return told;
  }

  /// By the action's probe, where it has one. What has not happened is not done now: that is for
  /// whoever asks to say.
  task<std::vector<called>> ask_what_happened(records batch, std::string how) {
    std::vector<called> told;
    for (const auto& one : batch) {
      told.push_back(unknown(how));
      if (!action_.idempotency.probe)
        continue;
      const auto request = probe_request(words(), one, platform_.now());
      if (!request)
        continue;
      const auto answer = co_await platform_.send(session_, *request);
      if (!answer)
        continue;
      const auto happened = read_probe(words(), *answer, one, platform_.now());
      if (happened && *happened)
        told.back() = {fate::written, {}, {}};
      else if (happened)
        told.back() = {fate::refused,
                       {code::unavailable, how + ", and it has not happened", {}, "Call it again."},
                       {}};
    }
    co_return told;
  }

  platform& platform_;
  session session_;
  std::shared_ptr<const manifest> connector_; // the same while this lives
  const operation& action_;
  std::optional<failure> trouble_{};
};

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
  caller one{p, *std::move(entered), *action};
  auto told = co_await one.call_all(std::move(asked.records));
  co_return told;
}

} // namespace tenon::actors::connectors
