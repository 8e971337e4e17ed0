#include "actors/integration/job/reading.hpp"

#include "actors/integration/job/files.hpp"
#include "actors/integration/query.hpp"
#include "actors/integration/verdict.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

constexpr std::uint64_t most_renewals = 3;
constexpr std::size_t shown_bytes = 60;

std::string named(const job_place& j) {
  return "the job " + j.id.substr(0, shown_bytes);
}

/// Nothing helps this job: a later run makes another.
verdict fails(const reading& r, failure why, const position& at, const progress& so_far) {
  auto made = give_up(at_stream(r, std::move(why)), at);
  made.instead = query_from(r, at, so_far);
  return made;
}

std::string at_job(const reading& r, std::string_view member) {
  return "jobs." + r.stream.job->name + '.' + std::string{member};
}

verdict has_failed(const reading& r, const json_text& text, const std::string& state,
                   const position& at, const progress& so_far, moment now) {
  std::string said;
  if (r.stream.job->say) {
    const auto job = words_of(*at.job);
    scope names;
    names.bind("conn", r.connection.settings).bind("job", job).set_now(now);
    names.bind_json("body", text.root());
    if (auto told = runtime::expression::evaluate_text(*r.stream.job->say, names))
      said = *std::move(told);
  }
  if (said.empty())
    said = message_in(&text);
  return fails(
      r,
      {code::unavailable,
       named(*at.job) + " has failed at the platform: " + (said.empty() ? "it is " + state : said),
       "", "Start again: another job is made."},
      at, so_far);
}

/// Asked after for longer than anybody wants to.
verdict has_lasted(const reading& r, const std::string& state, const position& at,
                   const progress& so_far) {
  auto made =
      fails(r,
            {code::timed_out,
             named(*at.job) + " is still " + state + " after " + to_text(r.stream.job->timeout),
             at_job(r, "poll.timeout"), "Raise it, or read less at once."},
            at, so_far);
  made.aborts = true;
  return made;
}

/// What the last answer says that the download needs.
result<void> keep(const reading& r, const json_text& text, job_place& j) {
  const auto& rule = *r.stream.job;
  std::size_t bytes = 0;
  for (const auto& [name, path] : rule.keep) {
    const auto raw = find(text, text.root(), path);
    auto said = raw ? scalar_text(*raw) : std::nullopt;
    bytes += said ? said->size() : 0;
    j.kept[name] = said ? value{*std::move(said)} : value{};
  }
  bytes += keep_files(text, rule, j);
  if (bytes > max_job_bytes || j.files.size() > max_job_files)
    return failure{code::too_large,
                   named(j) + " has made " + std::to_string(j.files.size()) +
                       " files, whose addresses have " + std::to_string(bytes) + " bytes",
                   at_job(r, "download.url"), "Read less at once, with `cursor`."};
  j.done = true;
  return {};
}

page_outcome is_done(const reading& r, const json_text& text, const position& at,
                     const progress& so_far, moment now) {
  page made;
  made.progress = so_far;
  auto next = at;
  next.tries.clear();
  if (auto ok = keep(r, text, *next.job); !ok)
    return fails(r, std::move(ok).error(), at, so_far);
  const bool nothing = r.stream.job->files && next.job->files.empty();
  if (!nothing) {
    next.job->file = std::min<std::uint64_t>(next.job->file, next.job->files.size());
    made.next = std::move(next);
  } else if (auto ok = end_of_query(r, at, now, made); !ok) {
    return give_up(at_stream(r, std::move(ok).error()), at);
  }
  return made;
}

page_outcome is_worked_on(const reading& r, const json_text& text, const std::string& state,
                          const position& at, const progress& so_far, moment now) {
  const auto& rule = *r.stream.job;
  const auto since = std::max(now - at.job->since, span{0});
  if (since >= rule.timeout)
    return has_lasted(r, state, at, so_far);
  page made;
  made.progress = so_far;
  made.next = at;
  made.next->tries.clear();
  made.patience = std::min(rule.pause(since), rule.timeout - since);
  made.waits_for = named(*at.job) + " is " + state;
  if (const auto raw = rule.progress ? find(text, text.root(), *rule.progress) : std::nullopt)
    if (const auto said = scalar_text(*raw))
      made.waits_for += ", " + said->substr(0, shown_bytes);
  return made;
}

/// The job is known from here on.
page knowing(const reading& r, const std::string& id, const position& at, const progress& so_far,
             moment now) {
  page made;
  made.progress = so_far;
  made.next = query_from(r, at, so_far);
  made.next->job = job_place{.id = id, .since = now};
  made.patience = r.stream.job->soonest;
  made.waits_for = named(*made.next->job) + " was made";
  return made;
}

} // namespace

page_outcome read_created(const reading& r, const json_text& text, const position& at,
                          const progress& so_far, moment now) {
  const auto raw = find(text, text.root(), r.stream.job->id);
  auto id = raw ? scalar_text(*raw) : std::nullopt;
  if (!id || id->empty() || id->size() > max_url_bytes) {
    const auto said = message_in(&text);
    return give_up(
        at_stream(r, {code::malformed,
                      "the platform has made no job: its answer has no id at `" +
                          r.stream.job->id.text + "`" + (said.empty() ? "" : "; it says: " + said),
                      at_job(r, "id"), "Check `create` and `id`."}),
        at);
  }
  return knowing(r, *id, at, so_far, now);
}

std::optional<page_outcome> find_job(const reading& r, const job::listing& rule, scope names,
                                     const http_request& request, const http_response& answer,
                                     const position& at, const progress& so_far, moment now) {
  const auto checked = json_text::check(answer.body.view());
  const auto* text = checked ? &*checked : nullptr;
  const auto& rules = r.connector.rules;
  if (const auto* matched = first_match(rules, answer, text)) {
    const auto number = static_cast<std::uint32_t>(matched - rules.data());
    auto made = judge(r, number, request, answer, text, at, now);
    const bool passes = made.then == action::retry || made.then == action::wait ||
                        made.then == action::refresh_auth || made.then == action::reconnect;
    return passes ? std::optional<page_outcome>{std::move(made)} : std::nullopt;
  }
  if (text == nullptr)
    return std::nullopt;
  std::optional<page_outcome> found;
  const auto look_at = [&](std::string_view item) {
    auto words = names;
    words.bind_json("item", item);
    const auto is_ours = runtime::expression::evaluate_condition(*rule.when, words);
    const auto raw = find(*text, item, rule.id);
    const auto id = raw ? scalar_text(*raw) : std::nullopt;
    if (!found && is_ours && *is_ours && id && !id->empty() && id->size() <= max_url_bytes)
      found = knowing(r, *id, at, so_far, now);
  };
  find_all(*text, text->root(), rule.items, [&](std::string_view raw) {
    if (!is_list(raw))
      return look_at(raw);
    for (json_text::walk items{*text, raw}; items.next();)
      look_at(items.content());
  });
  return found;
}

page_outcome read_state(const reading& r, const json_text& text, const position& at,
                        const progress& so_far, moment now) {
  const auto& rule = *r.stream.job;
  const auto raw = find(text, text.root(), rule.state);
  const auto state = raw ? scalar_text(*raw) : std::nullopt;
  if (!state) {
    const auto said = message_in(&text);
    return fails(r,
                 {code::not_found,
                  "the answer says nothing about " + named(*at.job) + " at `" + rule.state.text +
                      "`" + (said.empty() ? "" : "; it says: " + said),
                  at_job(r, "poll.state"), "Start again: another job is made."},
                 at, so_far);
  }
  if (std::ranges::find(rule.done, *state) != rule.done.end())
    return is_done(r, text, at, so_far, now);
  if (std::ranges::find(rule.failed, *state) != rule.failed.end())
    return has_failed(r, text, *state, at, so_far, now);
  return is_worked_on(r, text, *state, at, so_far, now);
}

page_outcome without_job(const reading& r, const http_response& answer, verdict said,
                         const position& at, const progress& so_far) {
  const bool gone = said.classify == meaning::not_found || said.classify == meaning::gone ||
                    answer.status == 404 || answer.status == 410;
  const bool file = at.job->done && !at.job->files.empty();
  const bool ended = gone || said.classify == meaning::forbidden;
  if (said.then != action::fail || !(file ? ended : gone))
    return said;
  if (file && at.job->renewed < most_renewals) {
    page again;
    again.progress = so_far;
    again.next = at;
    again.next->tries.clear();
    again.next->job->done = false;
    ++again.next->job->renewed;
    return again;
  }
  said.why.why = (file ? "the file of " + named(*at.job) + " is not there: "
                       : "the platform does not know " + named(*at.job) + " any more: ") +
                 said.why.why;
  said.why.remedy = "Start again: another job is made.";
  said.instead = query_from(r, at, so_far);
  return said;
}

} // namespace tenon::actors::connectors
