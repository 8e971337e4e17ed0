// The jobs that a twin works on. Each time one is asked after, it is a step further; before it is
// done, there is nothing to read, and of a job that was never made, nobody knows anything.
#include "actors/integration/twin/parts.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

object words_for(const job& j, const std::string& id) {
  object words{{"id", id}};
  for (const auto& [name, path] : j.keep)
    words[name] = "twin-" + name + '-' + id;
  return words;
}

/// Where the file lies that a job has made.
std::string address_of(const job& j, const connection& c, const std::string& id) {
  if (j.hosts.empty())
    return to_text(*join(c.base, "/twin-files/" + id));
  auto host = j.hosts.front();
  if (host.starts_with('*'))
    host.replace(0, 1, "twin");
  return (c.base.tls ? "https://" : "http://") + host + "/twin-files/" + id;
}

bool lies_at(const url& target, const std::string& address) {
  const auto asked = to_text(target);
  return std::string_view{asked}.substr(0, asked.find('?')) == address;
}

} // namespace

/// Whether the request is what the connector would ask about this very job.
bool twin::parts::is_about(const request_pattern& p, const made_job& made, const std::string& id,
                           const asked& r) const {
  const value words{words_for(*made.what, id)};
  scope names;
  names.bind("conn", connection.settings).bind("job", words);
  const auto expected = draft_request(p, {}, connection.base, names);
  if (!expected || expected->method != r.whole.method || expected->target.host != r.target.host ||
      path_of(expected->target) != path_of(r.target))
    return false;
  for (const auto& one : expected->query)
    if (std::ranges::find(r.query, one) == r.query.end())
      return false;
  return !expected->body || expected->as != body_kind::json || *expected->body == r.body;
}

http_response twin::parts::make_job(const stream& s, const asked& r, moment now) {
  const auto id = "twin-job-" + std::to_string(++ledger.jobs);
  made_jobs[id] = {.what = s.job.get(), .of = &s, .wanted = reach_of(s, s.job->create, r, now)};
  const auto* variables = r.body.find("variables");
  if (const auto* sent = (variables ? *variables : r.body).as<object>())
    made_jobs[id].sent = *sent;
  value body;
  if (const auto known = samples.jobs.find(s.job->name); known != samples.jobs.end())
    body = known->second.created;
  set_member(body, s.job->id, id);
  return json_answer(body);
}

/// Those that are worked on, each with what it was asked for.
http_response twin::parts::list_jobs(const job& j) const {
  const auto known = samples.jobs.find(j.name);
  list items;
  for (const auto& [id, made] : made_jobs) {
    const bool over = made.carries == nullptr && made.done; // what was written stays known
    if (made.what != &j || over || made.aborted)
      continue;
    auto item = known == samples.jobs.end() ? object{} : known->second.listed;
    for (const auto& [name, content] : made.sent)
      item[name] = content;
    value whole{std::move(item)};
    set_member(whole, j.find->id, id);
    items.push_back(std::move(whole));
  }
  value body;
  if (j.find->items.steps.empty())
    body = std::move(items);
  else
    set_member(body, j.find->items, std::move(items));
  return json_answer(body);
}

http_response twin::parts::tell_state(made_job& made, const std::string& id) {
  const auto& j = *made.what;
  const auto known = samples.jobs.find(j.name);
  static const job_samples none;
  const auto& said = known == samples.jobs.end() ? none : known->second;
  const bool fails = made.aborted || options.jobs == job_fate::fails;
  const bool lasts = options.jobs == job_fate::lasts || made.times_asked < said.polls;
  ++made.times_asked;
  value body{said.status};
  if (lasts && !made.aborted) {
    set_member(body, j.state, said.pending);
    return json_answer(body);
  }
  if (fails) {
    for (const auto& [name, content] : said.failure)
      set_member(body, {name, {name}}, content);
    set_member(body, j.state, j.failed.empty() ? std::string{"failed"} : j.failed.front());
    return json_answer(body);
  }
  made.done = true;
  set_member(body, j.state, j.done.empty() ? std::string{"done"} : j.done.front());
  const auto words = words_for(j, id);
  for (const auto& [name, path] : j.keep)
    set_member(body, path, *words.find(name));
  // Of nothing, there is no file.
  if (j.files && (made.of == nullptr || !within(*made.of, made.wanted).empty()))
    set_member(body, *j.files, address_of(j, connection, id));
  return json_answer(body);
}

std::optional<http_response> twin::parts::serve_job(const asked& r, moment now) {
  for (auto& [id, made] : made_jobs) {
    const auto& j = *made.what;
    const bool asks_for_result = j.files ? lies_at(r.target, address_of(j, connection, id))
                                         : is_about(j.download->request, made, id, r);
    if (made.carries != nullptr && j.also && made.done && is_about(*j.also, made, id, r))
      return http_response{200, {}, {}};
    if (made.carries != nullptr && asks_for_result && made.done)
      return results_of(made);
    if (asks_for_result && !made.done)
      return refuse({409, "the job " + id + " is not done"});
    if (asks_for_result)
      return page(*made.of, *made.of, r, made.wanted);
    if (j.abort && is_about(*j.abort, made, id, r)) {
      made.aborted = true;
      ++ledger.aborted;
      return json_answer(object{{"ok", true}});
    }
    if (is_about(j.poll, made, id, r))
      return tell_state(made, id);
  }
  for (const auto& o : connector->actions)
    if (o.job)
      if (auto came = serve_carrying_job(o, r, now))
        return came;
  const stream* of = nullptr;
  auto least = SIZE_MAX;
  for (const auto& s : connector->streams) {
    if (s.job && s.job->find && fits(s.job->find->request, r))
      return list_jobs(*s.job);
    if (!s.job || !fits(s.job->create, r))
      continue;
    const auto differs = reach_of(s, s.job->create, r, now).differs;
    if (differs < least) {
      of = &s;
      least = differs;
    }
  }
  if (of != nullptr)
    return make_job(*of, r, now);
  return std::nullopt;
}

/// A file that lies with others, who are to be shown nothing that they could ask the platform with.
std::optional<http_response> twin::parts::serve_file(const asked& r, moment now) {
  const auto says = [](const auto& header, const std::string& secret) {
    return !secret.empty() && header.second.find(secret) != std::string::npos;
  };
  for (const auto& [id, made] : made_jobs) {
    const auto& j = *made.what;
    if (!j.files || (j.hosts.empty() && !j.bare))
      continue;
    if (!lies_at(r.target, address_of(j, connection, id)))
      continue;
    // What the connector puts into a request of the platform's own is not to be in this one.
    const bool shown = std::ranges::any_of(r.whole.headers, [&](const auto& header) {
      return same_ignoring_case(header.first, "authorization") ||
             std::ranges::any_of(held,
                                 [&](const auto& one) { return says(header, one.first.token); }) ||
             std::ranges::any_of(samples.secrets, [&](const auto& one) {
               const auto* secret = one.second.template as<std::string>();
               return secret != nullptr && says(header, *secret);
             });
    });
    if (shown)
      return refuse({403, "a proof was shown to another company"});
    return serve_job(r, now);
  }
  const bool elsewhere = r.target.host != connection.base.host;
  if (elsewhere && path_of(r.target).starts_with("/twin-files/"))
    return refuse({404, "there is no such file"});
  return std::nullopt;
}

} // namespace tenon::actors::connectors
