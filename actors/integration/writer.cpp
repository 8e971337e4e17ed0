#include "actors/integration/writer.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

using runtime::task;

write_progress stopped(write_stop s) {
  write_progress none;
  none.stop = std::move(s);
  return none;
}

void append(write_progress& to, write_progress more) {
  std::ranges::move(more.done, std::back_inserter(to.done));
  to.stop = std::move(more.stop);
}

} // namespace

void heed(platform& p, const session& s, const verdict& said) {
  if (said.then == action::reconnect)
    p.reconnect(s, said.why);
  if (said.classify == meaning::throttled && said.delay > span{0})
    p.throttled(s, said.delay);
}

task<write_progress> writer::write(records all, position tries, std::string in_doubt) {
  write_progress so_far;
  if (!in_doubt.empty() && !action_.idempotency.repeats()) {
    so_far = co_await ask_what_happened(std::move(all), std::move(in_doubt));
    co_return so_far;
  }
  while (so_far.done.size() < all.size() && !so_far.stop) {
    const auto rest = std::span{all}.subspan(so_far.done.size());
    const auto most = batch_size(words(), rest);
    records batch(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(most));
    auto known = std::exchange(tries, position{});
    auto some = co_await call(std::move(batch), std::move(known), doubt::settle);
    append(so_far, std::move(some));
  }
  co_return so_far;
}

/// As many as a batch has.
task<write_progress> writer::call(records batch, position tries, doubt d) {
  for (bool with_new_token = false;; with_new_token = true) {
    const auto request = write_request(words(), batch, platform_.now());
    if (!request && batch.size() == 1) {
      write_progress one;
      one.done.push_back({.why = covered(request.error(), session_)});
      co_return one;
    }
    if (!request) {
      auto halves = co_await split(std::move(batch), d);
      co_return halves;
    }
    const auto answer = co_await platform_.send(session_, *request);
    if (!answer) {
      auto left = co_await unanswered(std::move(batch), answer.error(), d);
      co_return left;
    }
    auto outcome = read_write(words(), *request, *answer, batch, tries, platform_.now());
    if (auto* items = std::get_if<item_outcomes>(&outcome)) {
      for (auto& one : *items)
        if (!one.written)
          one.why = covered(std::move(one.why), session_);
      co_return write_progress{.done = std::move(*items)};
    }
    auto& said = std::get<verdict>(outcome);
    if (said.then != action::refresh_auth || with_new_token) {
      auto left = co_await refused(std::move(batch), std::move(said), answer->status, d);
      co_return left;
    }
    const auto again = co_await enter_again();
    if (!again)
      co_return stopped({.why = again.error()});
  }
}

task<result<void>> writer::enter_again() {
  platform_.reject_token(session_);
  auto again = co_await platform_.enter(session_.integration, session_.asker);
  if (!again)
    co_return again.error();
  again->patience = session_.patience;
  session_ = *std::move(again);
  co_return result<void>{};
}

task<write_progress> writer::unanswered(records batch, failure why, doubt d) {
  write_stop stop{.why = covered(std::move(why), session_)};
  const bool later = conduct_.comes_again && action_.idempotency.repeats();
  if (later || !may_have_acted(stop.why))
    co_return stopped(std::move(stop));
  stop.why.why = "the answer was lost (" + stop.why.why + ")";
  auto left = co_await left_in_doubt(std::move(batch), std::move(stop), d);
  co_return left;
}

task<write_progress> writer::refused(records batch, verdict said, unsigned status, doubt d) {
  if (said.then == action::split_batch) {
    auto halves = co_await split(std::move(batch), d);
    co_return halves;
  }
  said.why = covered(std::move(said.why), session_);
  heed(platform_, session_, said);
  const bool unknown = status >= 500 && !action_.idempotency.repeats();
  if (unknown)
    said.why.why = "the platform failed (" + said.why.why + ")";
  write_stop stop{.why = said.why, .said = std::move(said)};
  if (!unknown)
    co_return stopped(std::move(stop));
  auto left = co_await left_in_doubt(std::move(batch), std::move(stop), d);
  co_return left;
}

/// The call had no end that anybody knows.
task<write_progress> writer::left_in_doubt(records batch, write_stop stop, doubt d) {
  if (d == doubt::leave) {
    stop.doubtful = true;
    co_return stopped(std::move(stop));
  }
  auto asked = co_await ask_what_happened(std::move(batch), std::move(stop.why.why));
  co_return asked;
}

/// Half by half, until the record at fault stands alone.
task<write_progress> writer::split(records batch, doubt d) {
  const auto middle = batch.begin() + static_cast<std::ptrdiff_t>((batch.size() + 1) / 2);
  records first{batch.begin(), middle};
  records second{middle, batch.end()};
  position untried;
  auto all = co_await call(std::move(first), untried, d);
  if (all.stop)
    co_return all;
  auto rest = co_await call(std::move(second), untried, d);
  append(all, std::move(rest));
  co_return all;
}

/// By the action's probe; without one, a person has to say.
task<write_progress> writer::ask_what_happened(records batch, std::string how) {
  write_progress all;
  for (const auto& one : batch) {
    const auto alone = std::span{&one, 1};
    if (!action_.idempotency.probe) {
      all.done.push_back(conduct_.unknown(how));
      continue;
    }
    const auto request = probe_request(words(), one, platform_.now());
    if (!request) { // what could not be sent either has not happened
      const auto sent = write_request(words(), alone, platform_.now());
      all.done.push_back(sent ? conduct_.unknown(how)
                              : item_outcome{.why = covered(sent.error(), session_)});
      continue;
    }
    const auto answer = co_await platform_.send(session_, *request);
    auto happened = answer ? read_probe(words(), *answer, one, platform_.now())
                           : result<item_outcome>{answer.error()};
    if (happened && happened->written) {
      all.done.push_back(*std::move(happened));
    } else if (happened && conduct_.comes_again) {
      records once_more(alone.begin(), alone.end());
      position untried;
      auto again = co_await call(std::move(once_more), untried, doubt::leave);
      append(all, std::move(again));
    } else if (happened) {
      all.done.push_back(
          {.why = {code::unavailable, how + ", and it has not happened", {}, "Call it again."}});
    } else if (conduct_.comes_again) { // it is as doubtful as before
      all.stop = write_stop{.why = covered(happened.error(), session_), .doubtful = true};
    } else {
      all.done.push_back(conduct_.unknown(how));
    }
    if (all.stop)
      co_return all;
  }
  co_return all;
}

} // namespace tenon::actors::connectors
