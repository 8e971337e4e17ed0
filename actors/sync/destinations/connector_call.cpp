#include "actors/sync/destinations/connector_call.hpp"

#include "actors/sync/outcome.hpp"
#include "protocols/json.hpp"

#include <algorithm>

namespace tenon::actors {

using namespace connectors;
using runtime::task;

namespace {

constexpr std::string_view doubt_member{"in_doubt"};

calls in_trouble_with(failure why) {
  calls none;
  none.trouble = trouble_from(std::move(why));
  return none;
}

void append(calls& to, calls more) {
  std::ranges::move(more.done, std::back_inserter(to.done));
  to.trouble = std::move(more.trouble);
}

} // namespace

std::string doubtful(const std::string& attempt) {
  const auto written = attempt.empty() ? result<value>{value{object{}}} : read_json(attempt);
  auto members = written && written->is<object>() ? *written->as<object>() : object{};
  members[doubt_member] = true;
  return write_json(members);
}

bool is_doubtful(const std::string& attempt) {
  const auto written = attempt.empty() ? result<value>{value{}} : read_json(attempt);
  const auto* said = written ? written->find(doubt_member) : nullptr;
  return said && *said == value{true};
}

task<calls> connector_call::write(writing what, records batch, position tries,
                                  std::string in_doubt) {
  const writing own{what.connector, what.action, session_.connection}; // which a new token changes
  if (!in_doubt.empty() && !what.action.idempotency.repeats()) {
    auto asked = co_await ask_what_happened(own, std::move(batch), std::move(in_doubt));
    co_return asked;
  }
  auto made = co_await call(own, std::move(batch), std::move(tries), doubt::settle);
  co_return made;
}

task<calls> connector_call::call(writing what, records batch, position tries, doubt d) {
  for (bool with_new_token = false;; with_new_token = true) {
    auto request = write_request(what, batch, platform_.now());
    if (!request) {
      auto halves = co_await refuse_or_split(what, std::move(batch), request.error(), d);
      co_return halves;
    }
    const auto answer = co_await platform_.send(session_, *request);
    if (!answer) {
      auto trouble = trouble_from(covered(answer.error(), session_));
      if (!may_have_acted(answer.error()) || what.action.idempotency.repeats())
        co_return calls{.trouble = std::move(trouble)};
      trouble.why.why = "the answer was lost (" + trouble.why.why + ")";
      auto settled = co_await left_in_doubt(what, std::move(batch), std::move(trouble), d);
      co_return settled;
    }
    auto outcome = read_write(what, *request, *answer, batch, tries, platform_.now());
    if (auto* items = std::get_if<item_outcomes>(&outcome))
      co_return calls{.done = std::move(*items)};
    auto& said = std::get<verdict>(outcome);
    said.why = covered(std::move(said.why), session_);
    if (said.then == action::refresh_auth && !with_new_token) {
      platform_.reject_token(session_);
      auto again = co_await platform_.enter(session_.integration, session_.asker);
      if (!again)
        co_return in_trouble_with(again.error());
      session_ = *std::move(again);
      continue;
    }
    if (said.then == action::split_batch) {
      auto halves = co_await split(what, std::move(batch), d);
      co_return halves;
    }
    if (answer->status >= 500 && !what.action.idempotency.repeats()) {
      said.why.why = "the platform failed (" + said.why.why + ")";
      auto trouble = trouble_of(std::move(said));
      auto settled = co_await left_in_doubt(what, std::move(batch), std::move(trouble), d);
      co_return settled;
    }
    if (said.then == action::reconnect)
      platform_.reconnect(session_, said.why);
    if (said.classify == meaning::throttled && said.delay > span{0})
      platform_.throttled(session_, said.delay);
    co_return calls{.trouble = trouble_of(std::move(said))};
  }
}

/// The call had no end that anybody knows.
task<calls> connector_call::left_in_doubt(writing what, records batch, source_trouble why,
                                          doubt d) {
  if (d == doubt::settle) {
    auto asked = co_await ask_what_happened(what, std::move(batch), why.why.why);
    co_return asked;
  }
  why.transient = true;
  why.attempt = doubtful(why.attempt);
  co_return calls{.trouble = std::move(why)};
}

task<calls> connector_call::refuse_or_split(writing what, records batch, failure why, doubt d) {
  if (batch.size() == 1) {
    calls one;
    one.done.push_back({.why = std::move(why)});
    co_return one;
  }
  auto halves = co_await split(what, std::move(batch), d);
  co_return halves;
}

/// Half by half, until the record at fault stands alone.
task<calls> connector_call::split(writing what, records batch, doubt d) {
  const auto middle = batch.begin() + static_cast<std::ptrdiff_t>((batch.size() + 1) / 2);
  records first{batch.begin(), middle}, second{middle, batch.end()};
  position untried;
  auto all = co_await call(what, std::move(first), untried, d);
  if (all.trouble || second.empty())
    co_return all;
  auto rest = co_await call(what, std::move(second), untried, d);
  append(all, std::move(rest));
  co_return all;
}

/// By the action's probe; without one, a person has to say.
task<calls> connector_call::ask_what_happened(writing what, records batch, std::string how) {
  calls all;
  for (const auto& one : batch) {
    if (!what.action.idempotency.probe) {
      all.done.push_back(nobody_knows(how));
      continue;
    }
    auto request = probe_request(what, one, platform_.now());
    if (!request) {
      all.done.push_back({.why = std::move(request).error()});
      continue;
    }
    const auto answer = co_await platform_.send(session_, *request);
    const auto happened =
        answer ? read_probe(what, *answer, one, platform_.now()) : result<bool>{answer.error()};
    if (!happened) { // nobody can be asked now, and it is as doubtful as before
      all.trouble = trouble_from(covered(happened.error(), session_));
      all.trouble->transient = true;
      all.trouble->attempt = doubtful({});
      co_return all;
    }
    if (*happened) {
      all.done.push_back({.written = true});
      continue;
    }
    records alone{one};
    position untried;
    auto again = co_await call(what, std::move(alone), untried, doubt::leave);
    append(all, std::move(again));
    if (all.trouble)
      co_return all;
  }
  co_return all;
}

} // namespace tenon::actors
