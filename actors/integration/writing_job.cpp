#include "actors/integration/writing_job.hpp"

#include "actors/integration/decode/gzip.hpp"
#include "actors/integration/job/files.hpp"
#include "actors/integration/verdict.hpp"
#include "protocols/json.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

using runtime::expression::evaluate_condition;
using runtime::expression::evaluate_text;

result<http_request> request_of(const writing& w, const request_pattern& pattern,
                                const scope& names) {
  auto made = draft_request(pattern, w.connector.headers, w.connection.base, names);
  if (!made)
    return std::move(made).error();
  return finish_request(*std::move(made), w.connector.hosts);
}

scope words_of_job(const writing& w, const value& job, moment now) {
  scope names;
  names.bind("conn", w.connection.settings).bind("job", job).set_now(now);
  return names;
}

/// What requests say of the records.
struct carried {
  value effect;
  value items;
  value lines;
  value upload;

  scope words(const writing& w, moment now) const {
    scope names;
    names.bind("conn", w.connection.settings).bind("effect", effect).bind("items", items);
    names.bind("lines", lines).bind("upload", upload).set_now(now);
    return names;
  }
};

result<carried> carry(const writing& w, batch_of_records batch, const std::string& upload,
                      moment now) {
  list items;
  std::string lines;
  for (const auto& one : batch) {
    auto item = item_of(w, one, now);
    if (!item)
      return std::move(item).error();
    lines += write_json(*item) + '\n';
    items.push_back(*std::move(item));
  }
  return carried{effect_of_job(batch), std::move(items), std::move(lines), upload};
}

/// An answer, checked: a verdict when a rule of the connector says so.
struct heard {
  std::optional<json_text> text{};
  std::optional<verdict> refused{};
};

heard hear(const writing& w, const http_request& request, const http_response& answer,
           const position& tries, moment now) {
  heard made;
  if (auto checked = json_text::check(answer.body.view()))
    made.text = *std::move(checked);
  const auto* text = made.text ? &*made.text : nullptr;
  const auto& rules = w.connector.rules;
  if (const auto* matched = first_match(rules, answer, text);
      matched && matched->then != action::ok)
    made.refused = judge(w.connector, w.connection, w.action.name,
                         static_cast<std::uint32_t>(matched - rules.data()), request, answer, text,
                         tries, now);
  return made;
}

std::optional<std::string> text_at_path(const heard& h, const json_path& path) {
  const auto raw = h.text ? find(*h.text, h.text->root(), path) : std::nullopt;
  return raw ? scalar_text(*raw) : std::nullopt;
}

std::optional<std::string> id_in(const heard& h, const json_path& path) {
  auto id = text_at_path(h, path);
  return id && !id->empty() && id->size() <= max_url_bytes ? id : std::nullopt;
}

verdict without_id(const writing& w, const heard& h, const json_path& path, const position& tries) {
  const auto said = message_in(h.text ? &*h.text : nullptr);
  return give_up(
      {code::malformed,
       "the answer has no id at `" + path.text + "`" + (said.empty() ? "" : "; it says: " + said),
       w.action.name, "Check the connector's `jobs`."},
      tries);
}

bool is_in(const std::vector<std::string>& all, const std::string& one) {
  return std::ranges::find(all, one) != all.end();
}

} // namespace

const std::string& effect_of_job(batch_of_records batch) {
  return batch.front().effect;
}

result<http_request> job_upload_request(const writing& w, batch_of_records batch, moment now) {
  const auto what = carry(w, batch, {}, now);
  return what ? request_of(w, *w.action.job->upload, what->words(w, now)) : what.error();
}

std::variant<std::string, verdict> read_job_upload(const writing& w, const http_request& request,
                                                   const http_response& answer,
                                                   const position& tries, moment now) {
  auto h = hear(w, request, answer, tries, now);
  if (h.refused)
    return *std::move(h.refused);
  auto id = id_in(h, w.action.job->upload_id);
  if (!id)
    return without_id(w, h, w.action.job->upload_id, tries);
  return *std::move(id);
}

result<http_request> job_create_request(const writing& w, batch_of_records batch,
                                        const std::string& upload, moment now) {
  const auto what = carry(w, batch, upload, now);
  return what ? request_of(w, w.action.job->create, what->words(w, now)) : what.error();
}

std::variant<job_place, verdict> read_job_created(const writing& w, const http_request& request,
                                                  const http_response& answer,
                                                  const position& tries, moment now) {
  auto h = hear(w, request, answer, tries, now);
  if (h.refused)
    return *std::move(h.refused);
  auto id = id_in(h, w.action.job->id);
  if (!id)
    return without_id(w, h, w.action.job->id, tries);
  return job_place{.id = *std::move(id), .since = now};
}

result<http_request> job_find_request(const writing& w, batch_of_records batch, moment now) {
  const auto what = carry(w, batch, {}, now);
  return what ? request_of(w, w.action.job->find->request, what->words(w, now)) : what.error();
}

std::variant<std::optional<job_place>, verdict>
read_job_found(const writing& w, batch_of_records batch, const std::vector<std::string>& others,
               const http_request& request, const http_response& answer, const position& tries,
               moment now) {
  auto h = hear(w, request, answer, tries, now);
  if (h.refused)
    return *std::move(h.refused);
  const auto& rule = *w.action.job->find;
  const auto what = carry(w, batch, {}, now);
  if (!what)
    return give_up(what.error(), tries);
  // What the lost one was made by, but for the upload, which was another.
  const auto made_by =
      draft_request(w.action.job->create, {}, w.connection.base, what->words(w, now));
  const value sent = made_by && made_by->body ? *made_by->body : value{};
  std::optional<job_place> found;
  if (!h.text)
    return found;
  const auto look_at = [&](std::string_view item) {
    auto names = what->words(w, now);
    names.bind("sent", sent).bind_json("item", item);
    const auto is_ours = evaluate_condition(*rule.when, names);
    const auto raw = find(*h.text, item, rule.id);
    const auto id = raw ? scalar_text(*raw) : std::nullopt;
    if (!found && is_ours && *is_ours && id && !id->empty() && !is_in(others, *id))
      found = job_place{.id = *id, .since = now};
  };
  find_all(*h.text, h.text->root(), rule.items, [&](std::string_view raw) {
    if (is_list(raw))
      for (json_text::walk items{*h.text, raw}; items.next();)
        look_at(items.content());
  });
  return found;
}

result<http_request> job_state_request(const writing& w, const job_place& place, moment now) {
  const auto job = words_of(place);
  return request_of(w, w.action.job->poll, words_of_job(w, job, now));
}

std::variant<job_state, verdict> read_job_state(const writing& w, const job_place& place,
                                                const http_request& request,
                                                const http_response& answer, const position& tries,
                                                moment now) {
  auto h = hear(w, request, answer, tries, now);
  if (h.refused)
    return *std::move(h.refused);
  const auto& rule = *w.action.job;
  const auto state = text_at_path(h, rule.state);
  if (!state)
    return without_id(w, h, rule.state, tries);
  job_state made{.place = place, .shown = "the job " + place.id + " is " + *state};
  if (const auto so_far = rule.progress ? text_at_path(h, *rule.progress) : std::nullopt)
    made.shown += ", " + *so_far + " so far";
  if (std::ranges::find(rule.failed, *state) != rule.failed.end()) {
    const auto job = words_of(place);
    auto names = words_of_job(w, job, now);
    names.bind_json("body", h.text->root());
    const auto said = rule.say ? evaluate_text(*rule.say, names) : result<std::string>{""};
    made.failed =
        failure{code::malformed, made.shown + (said && !said->empty() ? ": " + *said : ""),
                w.action.name, "Mend the records, then replay them."};
    return made;
  }
  made.done = std::ranges::find(rule.done, *state) != rule.done.end();
  if (!made.done)
    return made;
  for (const auto& [name, path] : rule.keep) {
    const auto raw = find(*h.text, h.text->root(), path);
    const auto read = raw ? read_json(*raw) : result<value>{value{}};
    made.place.kept[name] = read ? *read : value{};
  }
  if (keep_files(*h.text, rule, made.place) > max_job_bytes ||
      made.place.files.size() > max_job_files)
    made.failed = failure{code::too_large,
                          "the job " + place.id + " has made " +
                              std::to_string(made.place.files.size()) + " files",
                          w.action.name, "Look there: replay the letter if it was not written."};
  return made;
}

result<std::vector<result_request>> job_result_requests(const writing& w, const job_place& place,
                                                        moment now) {
  const auto job = words_of(place);
  const auto names = words_of_job(w, job, now);
  const auto& rule = *w.action.job;
  std::vector<result_request> all;
  if (rule.files) {
    for (auto at = place; at.file < at.files.size(); ++at.file) {
      auto made = draft_for_file(w.connector, w.connection, rule, at);
      auto request = made ? finish_for_file(w.connector, rule, *std::move(made))
                          : result<http_request>{made.error()};
      if (!request)
        return std::move(request).error();
      all.push_back({*std::move(request), shows_proof(w.connector, w.connection, rule, at)});
    }
    return all;
  }
  const auto add = [&](const std::optional<program>& when,
                       const request_pattern& pattern) -> result<void> {
    if (when) {
      const auto wanted = evaluate_condition(*when, names);
      if (!wanted)
        return wanted.error();
      if (!*wanted)
        return {};
    }
    auto made = request_of(w, pattern, names);
    if (!made)
      return std::move(made).error();
    all.push_back({*std::move(made)});
    return {};
  };
  if (auto ok = add(rule.download_when, rule.download->request); !ok)
    return std::move(ok).error();
  if (rule.also)
    if (auto ok = add(rule.also_when, *rule.also); !ok)
      return std::move(ok).error();
  return all;
}

std::optional<verdict> read_job_results(const writing& w, const http_request& request,
                                        const http_response& answer, batch_of_records batch,
                                        const position& tries, moment now, item_outcomes& into,
                                        std::size_t& found) {
  // The body is lines or a table: rules look at the status, and at a body that is JSON.
  if (auto h = hear(w, request, answer, tries, now); h.refused)
    return *std::move(h.refused);
  const auto& read_by = *w.action.job->download;
  const auto plain = read_by.unpack ? unpacked(answer.body) : result<blob>{answer.body};
  const auto decoded =
      plain ? read_by.decode->decode(*plain) : result<connectors::decoded>{plain.error()};
  if (!decoded)
    return give_up(decoded.error(), tries);
  if (decoded->json.view() == "[]")
    return std::nullopt;
  const http_response as_list{200, {}, decoded->json};
  auto outcome = read_write(w, request, as_list, batch, tries, now);
  auto* items = std::get_if<item_outcomes>(&outcome);
  if (items == nullptr)
    return std::get<verdict>(std::move(outcome));
  for (std::size_t i = 0; i < items->size(); ++i)
    if (auto& one = (*items)[i]; one.written || !one.why.why.empty()) {
      into[i] = std::move(one);
      ++found;
    }
  return std::nullopt;
}

result<std::optional<http_request>> job_abort_request(const writing& w, const job_place& place,
                                                      moment now) {
  if (!w.action.job->abort)
    return std::optional<http_request>{};
  const auto job = words_of(place);
  auto made = request_of(w, *w.action.job->abort, words_of_job(w, job, now));
  if (!made)
    return std::move(made).error();
  return std::optional{*std::move(made)};
}

} // namespace tenon::actors::connectors
