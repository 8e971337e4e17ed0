#include "actors/integration/job/job.hpp"

#include "actors/integration/stream.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

constexpr span usual_soonest = std::chrono::seconds{5};
constexpr span usual_latest = std::chrono::minutes{1};
constexpr span usual_timeout = std::chrono::hours{24};
constexpr span shortest_pause{100};
constexpr span longest_pause = std::chrono::hours{1};
constexpr span longest_job = std::chrono::days{14};
constexpr std::size_t max_kept = 16;

vocabulary words_of_create() {
  return {{"conn", "cursor", "cursor_end", "partition", "effect", "items", "lines", "upload"}};
}

vocabulary words_of_job() {
  return {{"conn", "cursor", "cursor_end", "partition", "job"}};
}

std::optional<request_pattern> take_asking(form& fields, std::string_view name,
                                           const vocabulary& words) {
  const auto* said = fields.take(name);
  if (said == nullptr)
    return std::nullopt;
  form inner{*said, fields.at(name), fields.found()};
  auto made = take_request(inner, words);
  inner.finish();
  return made;
}

/// "5s..1m", or one length of time.
void take_every(form& fields, job& into) {
  into.soonest = usual_soonest;
  into.latest = usual_latest;
  const auto* said = fields.take("every");
  if (said == nullptr)
    return;
  const auto* text = said->as<std::string>();
  const auto dots = text == nullptr ? std::string::npos : text->find("..");
  const auto first = dots == std::string::npos ? span_of(*said) : span_of(text->substr(0, dots));
  const auto last = dots == std::string::npos ? first : span_of(text->substr(dots + 2));
  if (!first || !last || *first < shortest_pause || *first > *last || *last > longest_pause)
    return fields.note("every", "this is not how often something is asked after",
                       "Write every: 5s..1m, or every: 30s, from 100ms to 1h.");
  into.soonest = *first;
  into.latest = *last;
}

void take_poll(form& fields, job& into) {
  const auto* said = fields.require("poll", "how the job is asked after, poll: {request: …}");
  if (said == nullptr)
    return;
  form inner{*said, fields.at("poll"), fields.found()};
  inner.require("request", "request: {get: \"/jobs/{{job.id}}\"}");
  if (auto request = take_asking(inner, "request", words_of_job()))
    into.poll = *std::move(request);
  inner.require("state", "where the answer says how far the job is, state: status");
  into.state = take_path(inner, "state").value_or(json_path{});
  inner.require("done", "the states in which it is done, done: [completed]");
  into.done = inner.texts("done");
  into.failed = inner.texts("failed");
  if (const auto say = inner.text("say"))
    into.say =
        compile_text(*say, inner.at("say"), {{"body", "job", "conn"}, "body"}, inner.found());
  into.progress = take_path(inner, "progress");
  if (const auto* keep = inner.take("keep")) {
    form kept{*keep, inner.at("keep"), inner.found()};
    const auto* members = keep->as<object>();
    if (members != nullptr && members->size() > max_kept)
      inner.note("keep", "more than " + std::to_string(max_kept) + " members are kept");
    if (members != nullptr)
      for (const auto& [name, path] : *members)
        if (auto read = take_path(kept, name))
          into.keep.emplace_back(name, *std::move(read));
    if (members != nullptr && members->find("id") != nullptr)
      kept.note("id", "`job.id` is the job's own id", "Choose another name.");
  }
  take_every(inner, into);
  into.timeout =
      inner.length("timeout", std::chrono::seconds{1}, longest_job).value_or(usual_timeout);
  inner.finish();
}

void take_files(form& fields, job& into) {
  into.files = take_path(fields, "url");
  into.hosts = fields.texts("hosts");
  into.bare = fields.choice("auth", {"none"}).has_value();
  for (const auto& host : into.hosts)
    if (host.empty() || host == "*" || host.find_first_of("/{} @?#") != host.npos)
      fields.note("hosts", "'" + host + "' is not a host",
                  "Write files.example.com or *.example.com, without a scheme.");
  if (!into.files && (!into.hosts.empty() || into.bare))
    fields.note("hosts", "`hosts` and `auth` are about the files at `url`",
                "Write url: <path>, or leave them out.");
}

std::optional<program> take_when(form& fields) {
  const auto when = fields.text("when");
  return when ? compile_bare(*when, fields.at("when"), {{"job", "conn"}}, fields.found())
              : std::nullopt;
}

void take_upload(form& fields, job& into) {
  const auto* said = fields.take("upload");
  if (said == nullptr)
    return;
  form inner{*said, fields.at("upload"), fields.found()};
  inner.require("request", "request: {post: /files, multipart: {…}}");
  into.upload = take_asking(inner, "request", words_of_create());
  inner.require("id", "where the answer has the upload's id, id: id");
  into.upload_id = take_path(inner, "id").value_or(json_path{});
  inner.finish();
}

void take_download(form& fields, job& into) {
  const auto* said =
      fields.require("download", "how the result is read, download: {request: …, records: …}");
  if (said == nullptr)
    return;
  form inner{*said, fields.at("download"), fields.found()};
  stream made;
  take_files(inner, into);
  auto request = take_asking(inner, "request", words_of_job());
  if (inner.is_object() && request.has_value() == into.files.has_value())
    inner.note(request ? "url" : "request",
               request ? "a result is read by a request or from files, not both"
                       : "it is not said where the result is",
               "Write request: {get: …}, or url: <path of the files' addresses>.");
  if (request)
    made.request = *std::move(request);
  into.download_when = take_when(inner);
  if (const auto* also = inner.take("also")) {
    form more{*also, inner.at("also"), inner.found()};
    more.require("request", "request: {get: \"/files/{{job.errors}}/content\"}");
    into.also = take_asking(more, "request", words_of_job());
    into.also_when = take_when(more);
    more.finish();
  }
  take_answer(inner, made);
  inner.finish();
  into.download = std::make_shared<const stream>(std::move(made));
}

void take_find(form& fields, job& into) {
  const auto* said = fields.take("find");
  if (said == nullptr)
    return;
  form inner{*said, fields.at("find"), fields.found()};
  job::listing made;
  inner.require("request", "request: {get: /jobs}");
  if (auto request = take_asking(inner, "request", words_of_create()))
    made.request = *std::move(request);
  made.items = take_path(inner, "items").value_or(json_path{});
  inner.require("id", "where an item has the job's id, id: id");
  made.id = take_path(inner, "id").value_or(json_path{});
  inner.require("when", "which of them is ours, when: \"state == 'running'\"");
  if (const auto when = inner.text("when")) {
    vocabulary words{{"item", "sent", "conn", "cursor", "cursor_end", "partition"}, "item"};
    made.when = compile_bare(*when, inner.at("when"), words, inner.found());
  }
  inner.finish();
  into.find = std::move(made);
}

std::shared_ptr<const job> compile_job(const std::string& name, const value& said,
                                       const std::string& where, problems& found) {
  form fields{said, where, found};
  auto made = std::make_shared<job>();
  made->name = name;
  fields.text("title");
  fields.text("docs");
  fields.require("create", "the request that makes it, create: {post: /jobs, body: {…}}");
  if (auto request = take_asking(fields, "create", words_of_create()))
    made->create = *std::move(request);
  fields.require("id", "where the answer has the job's id, id: id");
  made->id = take_path(fields, "id").value_or(json_path{});
  take_upload(fields, *made);
  take_find(fields, *made);
  take_poll(fields, *made);
  take_download(fields, *made);
  made->abort = take_asking(fields, "abort", words_of_job());
  fields.finish();
  if (!made->download)
    made->download = std::make_shared<const stream>();
  return made;
}

} // namespace

span job::pause(span since) const {
  return std::clamp(since / 2, soonest, latest);
}

jobs compile_jobs(const value* said, const std::string& where, problems& found) {
  jobs made;
  if (said == nullptr)
    return made;
  const auto* members = said->as<object>();
  if (members == nullptr || members->size() > max_jobs) {
    found.add(where, "a map of up to " + std::to_string(max_jobs) + " jobs is expected");
    return made;
  }
  for (const auto& [name, content] : *members)
    made.push_back(compile_job(name, content, below(where, name), found));
  return made;
}

} // namespace tenon::actors::connectors
