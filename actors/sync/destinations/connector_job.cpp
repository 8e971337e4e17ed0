#include "actors/sync/destinations/connector_job.hpp"

#include "actors/integration/verdict.hpp"
#include "actors/integration/writer.hpp"
#include "actors/integration/writing_job.hpp"
#include "actors/sync/outcome.hpp"
#include "protocols/json.hpp"

#include <algorithm>

namespace tenon::actors {
namespace {

using namespace connectors;
using runtime::task;

constexpr std::size_t most_others = 50; // jobs that look like ours and are not

/// Asks on, with what is known so far.
class job_carrier {
public:
  job_carrier(platform& p, session& s, writing w, std::vector<outgoing_record> batch, position at,
              bool repeated)
      : platform_{p}, session_{s}, writing_{w}, job_{*w.action.job}, batch_{std::move(batch)},
        at_{std::move(at)}, lost_{repeated} {
    read_kept();
  }

  task<calls> go_on() {
    if (auto wrong = without_items())
      co_return *std::move(wrong);
    calls made;
    if (at_.job)
      made = co_await look();
    else if (lost_)
      made = co_await search();
    else
      made = co_await make();
    co_return made;
  }

private:
  /// The place is that of this page only if it begins with the same record.
  void read_kept() {
    if (at_.job) {
      const auto* first = at_.job->kept.find("first");
      const auto* count = at_.job->kept.find("records");
      const auto* number = count ? count->as<std::int64_t>() : nullptr;
      if (first == nullptr || *first != value{effect_of_job(batch_)})
        at_.job.reset();
      else if (number != nullptr && *number > 0)
        batch_.resize(std::min(batch_.size(), static_cast<std::size_t>(*number)));
    }
    if (!at_.more)
      return;
    lost_ = lost_ || at_.more->find("lost") != nullptr;
    if (const auto* others = at_.more->find("others"); others && others->is<list>())
      for (const auto& one : *others->as<list>())
        if (const auto* id = one.as<std::string>())
          others_.push_back(*id);
  }

  /// A record that cannot be written as the platform wants it stands alone.
  std::optional<calls> without_items() {
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      auto item = item_of(writing_, batch_[i], platform_.now());
      if (item)
        continue;
      if (i == 0)
        return calls{.done = {{.why = std::move(item).error()}}};
      batch_.resize(i);
    }
    return std::nullopt;
  }

  calls wait(std::string why, span pause) const {
    position kept{.job = at_.job};
    object more;
    if (lost_ && !at_.job)
      more["lost"] = true;
    list others;
    for (const auto& one : others_)
      others.emplace_back(one);
    if (!others.empty())
      more["others"] = std::move(others);
    if (!more.empty())
      kept.more = std::move(more);
    return {.trouble = source_trouble{.why = {code::unavailable, std::move(why)},
                                      .transient = true,
                                      .retry_after = pause,
                                      .attempt = write_json(to_object(kept)),
                                      .counted = true}};
  }

  /// The platform refused: what is known of the job stays known.
  calls refused(verdict said) const {
    said.position.job = at_.job;
    said.position.more = at_.more;
    said.why = covered(std::move(said.why), session_);
    heed(platform_, session_, said);
    if (said.then == action::refresh_auth) {
      platform_.reject_token(session_);
      said.then = action::retry;
    }
    return {.trouble = trouble_of(std::move(said))};
  }

  calls unanswered(const failure& f) const {
    auto trouble = trouble_from(covered(f, session_));
    trouble.attempt = write_json(to_object(position{.more = at_.more, .job = at_.job}));
    return {.trouble = std::move(trouble)};
  }

  calls every_record(const failure& why) const {
    calls all;
    all.done.resize(batch_.size(), {.why = why});
    return all;
  }

  task<calls> make() {
    std::string upload;
    if (job_.upload) {
      const auto request = job_upload_request(writing_, batch_, platform_.now());
      if (!request)
        co_return every_record(request.error());
      const auto answer = co_await platform_.send(session_, *request);
      if (!answer)
        co_return unanswered(answer.error()); // a file that nobody asks for does nothing
      auto came = read_job_upload(writing_, *request, *answer, at_, platform_.now());
      if (auto* said = std::get_if<verdict>(&came))
        co_return refused(std::move(*said));
      upload = std::get<std::string>(std::move(came));
    }
    const auto request = job_create_request(writing_, batch_, upload, platform_.now());
    if (!request)
      co_return every_record(request.error());
    const auto answer = co_await platform_.send(session_, *request);
    if (!answer && !may_have_acted(answer.error()))
      co_return unanswered(answer.error());
    if (!answer || answer->status >= 500)
      co_return perhaps_made(answer ? "the platform failed"
                                    : "the answer was lost (" + answer.error().why + ")");
    auto came = read_job_created(writing_, *request, *answer, at_, platform_.now());
    if (auto* said = std::get_if<verdict>(&came))
      co_return refused(std::move(*said));
    know(std::get<job_place>(std::move(came)), false);
    co_return wait("the job " + at_.job->id + " was made", job_.soonest);
  }

  void know(job_place place, bool found) {
    place.kept["first"] = effect_of_job(batch_);
    place.kept["records"] = static_cast<std::int64_t>(batch_.size());
    if (found)
      place.kept["found"] = true;
    at_.job = std::move(place);
  }

  calls perhaps_made(const std::string& how) {
    lost_ = true;
    if (job_.find)
      return wait("a job may have been made: " + how + "; it is looked for", job_.soonest);
    calls all;
    all.done.resize(batch_.size(), nobody_knows(how));
    return all;
  }

  task<calls> search() {
    if (!job_.find)
      co_return perhaps_made("the node ended while it was being written");
    const auto request = job_find_request(writing_, batch_, platform_.now());
    if (!request)
      co_return every_record(request.error());
    const auto answer = co_await platform_.send(session_, *request);
    if (!answer)
      co_return unanswered(answer.error());
    auto came = read_job_found(writing_, batch_, others_, *request, *answer, at_, platform_.now());
    if (auto* said = std::get_if<verdict>(&came))
      co_return refused(std::move(*said));
    auto& found = std::get<std::optional<job_place>>(came);
    if (!found) {
      lost_ = false;
      auto made = co_await make();
      co_return made;
    }
    know(*std::move(found), true);
    co_return wait("the job " + at_.job->id + " was found", job_.soonest);
  }

  task<calls> look() {
    const auto request = job_state_request(writing_, *at_.job, platform_.now());
    if (!request)
      co_return every_record(request.error());
    const auto answer = co_await platform_.send(session_, *request);
    if (!answer)
      co_return unanswered(answer.error());
    auto came = read_job_state(writing_, *at_.job, *request, *answer, at_, platform_.now());
    if (auto* said = std::get_if<verdict>(&came)) {
      const bool gone = said->classify == meaning::not_found || said->classify == meaning::gone;
      if (!gone)
        co_return refused(std::move(*said));
      co_return every_record(
          {code::unavailable,
           "uncertain: the platform does not know the job " + at_.job->id + " any more",
           {},
           "Look there: replay the letter if it was not written."});
    }
    auto& state = std::get<job_state>(came);
    if (state.failed)
      co_return every_record(covered(*std::move(state.failed), session_));
    if (state.done) {
      at_.job = std::move(state.place);
      auto made = co_await read_results();
      co_return made;
    }
    const auto since = platform_.now() - at_.job->since;
    if (since > job_.timeout) {
      auto made = co_await give_up_waiting(std::move(state.shown));
      co_return made;
    }
    co_return wait(std::move(state.shown), job_.pause(since));
  }

  task<calls> give_up_waiting(std::string shown) {
    const auto request = job_abort_request(writing_, *at_.job, platform_.now());
    if (request && *request) // whatever comes of it
      static_cast<void>(co_await platform_.send(session_, **request));
    co_return every_record({code::unavailable,
                            shown + " after " + to_text(job_.timeout) + ", and was given up",
                            {},
                            "Look there: replay the letter if it was not written."});
  }

  task<calls> read_results() {
    const auto requests = job_result_requests(writing_, *at_.job, platform_.now());
    if (!requests)
      co_return every_record(requests.error());
    calls all;
    all.done.resize(batch_.size());
    std::size_t found = 0;
    for (const auto& one : *requests) {
      result<http_response> answer = failure{};
      if (one.shows_proof)
        answer = co_await platform_.send(session_, one.request);
      else
        answer = co_await platform_.send_plainly(session_, one.request);
      if (!answer)
        co_return unanswered(answer.error());
      auto refusal = read_job_results(writing_, one.request, *answer, batch_, at_, platform_.now(),
                                      all.done, found);
      if (refusal)
        co_return refused(*std::move(refusal));
    }
    const bool guessed = at_.job->kept.find("found") != nullptr;
    if (guessed && found == 0 && others_.size() < most_others) { // it was somebody else's
      others_.push_back(at_.job->id);
      at_.job.reset();
      lost_ = true;
      co_return wait("a job that looked like ours is not", span{100});
    }
    for (auto& one : all.done)
      if (!one.written && one.why.why.empty())
        one.why = {code::unavailable,
                   "the job " + at_.job->id + " has ended without it",
                   {},
                   "Replay the letter."};
    co_return all;
  }

  platform& platform_;
  session& session_;
  writing writing_;
  const connectors::job& job_;
  std::vector<outgoing_record> batch_;
  position at_;
  bool lost_;
  std::vector<std::string> others_{};
};

} // namespace

item_outcome nobody_knows(const std::string& how) {
  return {.why = {code::unavailable,
                  "uncertain: " + how + ", so it may have been written or not",
                  {},
                  "Look there: replay the letter if it was not, discard it if it was."},
          .unknown = true};
}

source_trouble trouble_of(verdict said) {
  const bool transient = said.then == action::retry || said.then == action::wait;
  return {.why = std::move(said.why),
          .transient = transient,
          .retry_after = said.delay,
          .attempt = transient ? write_json(to_object(said.position)) : "",
          .counted = said.bounded};
}

task<calls> carry_by_job(platform& p, session& s, writing w, std::vector<outgoing_record> batch,
                         position kept, bool repeated) {
  job_carrier one{p, s, w, std::move(batch), std::move(kept), repeated};
  auto made = co_await one.go_on();
  co_return made;
}

} // namespace tenon::actors
