// How a platform says no: with the answers that `tests.errors` has, chosen by what the connector
// makes of them; in the usual way only when there is none.
#include "actors/integration/pagination/steps.hpp"
#include "actors/integration/twin/parts.hpp"
#include "protocols/json.hpp"

#include <algorithm>
#include <utility>

namespace tenon::actors::connectors {
namespace {

/// What the connector makes of an answer; null: nothing.
const rule* judged(const manifest& m, const error_sample& sample) {
  const http_response came{sample.status, sample.sent, blob::copy_of(sample.body)};
  const auto text = json_text::check(came.body.view());
  return first_match(m.rules, came, text ? &*text : nullptr);
}

bool means(meaning m, unsigned status) {
  switch (status) {
  case 400:
  case 422:
    return m == meaning::invalid;
  case 401:
    return m == meaning::auth_expired || m == meaning::auth_dead;
  case 403:
    return m == meaning::forbidden;
  case 404:
    return m == meaning::not_found;
  case 409:
    return m == meaning::conflict;
  case 429:
    return m == meaning::throttled;
  default:
    return false;
  }
}

bool is_told(const pause::step& s) {
  return s.what == pause::step::kind::header;
}

/// The first text that contains it, in what people are told.
std::string* text_with(value& any, std::string_view part) {
  if (auto* text = any.as<std::string>())
    return text->find(part) == text->npos ? nullptr : text;
  std::string* found = nullptr;
  if (auto* members = any.as<object>())
    for (auto& [name, content] : *members)
      found = found ? found : text_with(content, part);
  if (auto* items = any.as<list>())
    for (auto& item : *items)
      found = found ? found : text_with(item, part);
  return found;
}

/// The sample with what is wrong now in place of what was wrong then, as long as that means the
/// same to the connector.
error_sample reworded(const manifest& m, error_sample sample, const std::string& why) {
  auto body = read_json(sample.body);
  auto* text = body && !sample.says.empty() ? text_with(*body, sample.says) : nullptr;
  if (text == nullptr)
    return sample;
  const auto* meant = judged(m, sample);
  const auto before = std::exchange(sample.body, "");
  *text = why;
  sample.body = write_json(*body);
  if (judged(m, sample) != meant)
    sample.body = before;
  return sample;
}

http_response answer_of(const error_sample& sample, const headers& more) {
  auto sent = sample.sent;
  for (const auto& [name, content] : more)
    set_header(sent, name, content);
  if (!find_header(sent, "content-type"))
    set_header(sent, "Content-Type", "application/json");
  return {sample.status, std::move(sent), blob::copy_of(sample.body)};
}

} // namespace

/// One with the status and the meaning; otherwise with the meaning, as platforms have it that
/// answer 200 to all; otherwise with the status.
const error_sample* twin::parts::sample_for(unsigned status) const {
  const error_sample* found = nullptr;
  int best = 0;
  for (const auto& sample : samples.errors) {
    const auto* made = judged(*connector, sample);
    const bool meant = made != nullptr && means(made->classify, status);
    const int fits = (meant ? 2 : 0) + (sample.status == status ? 1 : 0);
    if (fits > best) {
      best = fits;
      found = &sample;
    }
  }
  return found;
}

http_response twin::parts::refuse(const refusal& why) const {
  const auto* sample = sample_for(why.status);
  const bool asked_wrongly = why.status == 400 || why.status == 422;
  if (sample != nullptr)
    return answer_of(asked_wrongly ? reworded(*connector, *sample, why.why) : *sample, why.sent);
  return json_answer(object{{"error", object{{"message", why.why}}}}, why.status, why.sent);
}

/// Of the answers to which the connector waits, the first to end of those that tell how long; of
/// points, one that comes as an answer like any other. When there will be more is said where the
/// connector looks for it.
http_response twin::parts::throttle(span wait, bool points, moment now) {
  ++ledger.throttled;
  const error_sample* chosen = nullptr;
  const rule* by = nullptr;
  auto least = 2 * longest_wait + span{1};
  for (const auto& sample : samples.errors) {
    const auto* made = judged(*connector, sample);
    if (made == nullptr || made->then != action::wait || made->classify != meaning::throttled)
      continue;
    const bool tells = std::ranges::any_of(made->wait.steps, is_told);
    const auto after = points && sample.status == 200 ? span{-1}
                                                      : made->wait.after(1, sample.sent, now, 0) +
                                                            (tells ? span{} : longest_wait);
    if (after < least) {
      least = after;
      chosen = &sample;
      by = made;
    }
  }
  if (chosen == nullptr)
    return refuse(
        {429, "too many requests", {{"Retry-After", written_as(clock::delta_s, now + wait, now)}}});
  headers told;
  for (const auto& step : by->wait.steps)
    if (is_told(step)) {
      told.emplace_back(step.header, written_as(step.as.value_or(clock::delta_s), now + wait, now));
      quiet_until = std::max(quiet_until, now + wait);
    }
  return answer_of(*chosen, told);
}

/// Whether so many are asked at once, or in vain again, that one more is too many.
std::optional<http_response> twin::parts::take_turn(const asked& r, moment now) {
  constexpr span patience = std::chrono::seconds{7};
  if (options.refuse_every > 0) {
    if (now < quiet_until)
      ++ledger.impatient;
    if (turns++ % options.refuse_every == 0)
      return throttle(patience, false, now);
  }
  const auto uses = options.takes > span{0} && options.limits
                        ? buckets_for(*connector, connection, r.whole)
                        : result<std::vector<bucket_use>>{failure{}};
  if (!uses)
    return std::nullopt;
  for (const auto& use : *uses) {
    const auto& rule = connector->buckets[use.bucket];
    if (rule.kind != bucket_kind::concurrency)
      continue;
    auto& ends = busy[{use.bucket, use.key}];
    std::erase_if(ends, [&](moment end) { return end <= now; });
    if (std::cmp_greater_equal(ends.size(), rule.count))
      return throttle(options.takes, false, now);
    ends.push_back(now + options.takes);
  }
  return std::nullopt;
}

bool twin::parts::is_marked(const value& item) const {
  return !options.marked.empty() && write_json(item).find(options.marked) != std::string::npos;
}

/// Asked of the connector's own, it is answered with what `tests.check` has.
std::optional<http_response> twin::parts::serve_check(const asked& r) const {
  const auto& check = connector->check;
  if (!check || samples.checked.is_null() || !fits(check->request, r))
    return std::nullopt;
  const auto says = [](const request_pattern& p, const std::string& name) {
    return std::ranges::any_of(p.query, [&](const auto& one) { return one.first == name; });
  };
  for (const auto& [name, content] : r.query) {
    if (says(check->request, name))
      continue; // others may be its proof, or show that it is about something else
    for (const auto& s : connector->streams)
      if (says(s.request, name) && fits_path(s.request.path, r))
        return std::nullopt;
    for (const auto& o : connector->actions)
      if (const auto& probe = o.idempotency.probe;
          probe && says(*probe, name) && fits_path(probe->path, r))
        return std::nullopt;
  }
  return json_answer(samples.checked);
}

/// Whether something has been written, as the connector asks for it before it writes it again: the
/// newest first. Several actions may ask in the same words.
std::optional<http_response> twin::parts::serve_probe(const asked& r) const {
  std::optional<http_response> nothing;
  for (const auto& o : connector->actions) {
    const auto how = samples.actions.find(o.name);
    if (how == samples.actions.end() || !how->second.probe || !o.idempotency.probe ||
        !fits(*o.idempotency.probe, r))
      continue;
    const auto& rule = *how->second.probe;
    std::string said;
    for (const auto& [at, text] : texts_in(r))
      said += text + '\n';
    for (const auto& [name, path] : decoded_form("path=" + r.target.target))
      said += path + '\n';
    list found;
    const auto there = written.find(o.name);
    for (std::size_t i = there == written.end() ? 0 : there->second.size(); i-- > 0;) {
      const auto& item = there->second[i];
      if (rule.by && said.find(text_at(item, *rule.by)) == std::string::npos)
        continue;
      scope names;
      names.bind("conn", connection.settings).bind("item", item);
      if (auto made = rule.as ? rule.as->evaluate(names) : result<value>{item})
        found.push_back(*std::move(made));
    }
    const bool none = found.empty();
    if (none && nothing)
      continue;
    value body;
    if (!rule.items)
      body = none ? value{} : found.front();
    else if (rule.items->steps.empty())
      body = std::move(found);
    else
      set_member(body, *rule.items, std::move(found));
    auto made = none && !rule.items ? refuse({404, "there is no such record"}) : json_answer(body);
    if (!none)
      return made;
    nothing = std::move(made);
  }
  return nothing;
}

} // namespace tenon::actors::connectors
