#include "actors/integration/twin/samples.hpp"

#include "actors/integration/twin/times.hpp"
#include "protocols/json.hpp"

#include <algorithm>
#include <span>

namespace tenon::actors::connectors {
namespace {

constexpr std::int64_t most_records = 1'000'000;

object take_object(form& fields, std::string_view name) {
  const auto* said = fields.take(name);
  if (said == nullptr)
    return {};
  if (const auto* members = said->as<object>())
    return *members;
  fields.note(name, "a map is expected");
  return {};
}

/// Every member at a path, with numbers for the items of lists and a star for all of them.
template <class Take> void each_member(value& at, std::span<const std::string> steps, Take take) {
  if (steps.empty())
    return take(at);
  const auto rest = steps.subspan(1);
  if (auto* items = at.as<list>()) {
    for (std::size_t i = 0; i < items->size(); ++i)
      if (steps.front() == "*" || steps.front() == std::to_string(i))
        each_member((*items)[i], rest, take);
  } else if (auto* members = at.as<object>()) {
    if (auto* inner = members->find(steps.front()))
      each_member(*inner, rest, take);
  }
}

/// People are known by their addresses: each copy has its own, as in ann+7@example.com.
void make_addresses_distinct(value& any, std::int64_t number) {
  if (auto* text = any.as<std::string>()) {
    const auto sign = text->find('@');
    if (sign != text->npos && sign > 0 && text->find('@', sign + 1) == text->npos &&
        text->find('.', sign) != text->npos && text->find_first_of(" /:<>") == text->npos)
      text->insert(sign, '+' + std::to_string(number));
  } else if (auto* members = any.as<object>()) {
    for (auto& [name, member] : *members)
      make_addresses_distinct(member, number);
  }
}

void add_to_key(value& key, std::int64_t number) {
  if (auto* whole = key.as<std::int64_t>())
    *whole += number;
  else if (auto* text = key.as<std::string>())
    *text += '-' + std::to_string(number);
}

/// A key that only grows, as a number or as its digits.
void count_on(value& key, std::int64_t number) {
  if (auto* text = key.as<std::string>();
      text && !text->empty() && text->find_first_not_of("0123456789") == text->npos)
    *text = std::to_string(std::stoll(*text) + number);
  else
    add_to_key(key, number);
}

list made_records(const stream& s, const stream_samples& of, const list& samples,
                  std::size_t count) {
  list all;
  all.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back(samples[i % samples.size()]);
    if (const auto round = i / samples.size(); round > 0)
      make_distinct(s, of, all.back(), static_cast<std::int64_t>(round * 1'000'000 + i));
  }
  return all;
}

std::optional<pattern> take_pattern(form& fields, std::string_view name, const vocabulary& words) {
  const auto* said = fields.take(name);
  return said == nullptr
             ? std::nullopt
             : std::optional{pattern::compile(*said, fields.at(name), words, fields.found())};
}

stream_samples read_stream(const stream& s, const value& said, const std::string& where,
                           const twin_options& options, problems& found) {
  form fields{said, where, found};
  stream_samples made;
  const auto* records = fields.require("records", "records as the platform sends them");
  const auto* samples = records == nullptr ? nullptr : records->as<list>();
  if (records != nullptr && (samples == nullptr || samples->empty()))
    fields.note("records", "a list of at least one record is expected");
  const auto count = fields.number("count", 1, most_records);
  if (s.cursor && s.cursor->is_time())
    made.changed = s.cursor->field;
  if (auto at = take_path(fields, "changed"))
    made.changed = *std::move(at);
  made.change = take_pattern(fields, "change", {{"record", "conn"}, "record"});
  made.gone = take_pattern(fields, "gone", {{"record", "conn"}, "record"});
  if (samples != nullptr && !samples->empty()) {
    const auto many =
        options.count
            ? *options.count
            : static_cast<std::size_t>(count.value_or(static_cast<std::int64_t>(samples->size())));
    made.given = std::min(many, samples->size());
    made.records = made_records(s, made, *samples, many);
  }
  made.around = take_object(fields, "around");
  fields.finish();
  return made;
}

std::vector<error_sample> read_errors(const value* said, problems& found) {
  std::vector<error_sample> all;
  if (said == nullptr)
    return all;
  const auto* items = said->as<list>();
  if (items == nullptr) {
    found.add("tests.errors", "a list of answers is expected");
    return all;
  }
  for (const auto& one : *items) {
    form fields{one, below("tests.errors", all.size()), found};
    error_sample made;
    fields.require("status", "status: 429");
    made.status = static_cast<unsigned>(fields.number("status", 200, 599).value_or(500));
    for (const auto& [name, content] : take_object(fields, "headers")) {
      const auto* text = content.as<std::string>();
      made.sent.emplace_back(name, text == nullptr ? write_json(content) : *text);
    }
    if (const auto* body = fields.take("body")) {
      const auto* text = body->as<std::string>();
      made.body = text == nullptr ? write_json(*body) : *text;
    }
    made.then = fields.text("then").value_or("");
    made.says = fields.text("says").value_or("");
    fields.finish();
    all.push_back(std::move(made));
  }
  return all;
}

parameters take_texts(form& fields, std::string_view name) {
  parameters all;
  for (const auto& [word, content] : take_object(fields, name)) {
    const auto* text = content.as<std::string>();
    all.emplace_back(word, text == nullptr ? write_json(content) : *text);
  }
  return all;
}

/// `body`, `form`, `headers`, `query` and `method`.
inbound take_inbound(form& fields) {
  inbound made{.method = fields.text("method").value_or("POST")};
  if (const auto* body = fields.take("body")) {
    const auto* text = body->as<std::string>();
    made.body = blob::copy_of(text == nullptr ? write_json(*body) : *text);
    made.headers.emplace_back("Content-Type", text == nullptr ? "application/json" : "text/xml");
  }
  if (const auto members = take_texts(fields, "form"); !members.empty()) {
    made.body = blob::from(form_encoded(members));
    made.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  }
  for (auto& [name, content] : take_texts(fields, "headers"))
    set_header(made.headers, name, std::move(content));
  made.query = take_texts(fields, "query");
  return made;
}

hook_samples read_hook(const value& said, const std::string& where, problems& found) {
  form fields{said, where, found};
  hook_samples made{.event = take_inbound(fields)};
  made.key = fields.text("key").value_or("");
  made.subscribed = take_object(fields, "subscribed");
  if (const auto* asks = fields.take("challenge")) {
    form inner{*asks, fields.at("challenge"), found};
    made.asks = take_inbound(inner);
    if (const auto* answered = inner.require("answer", "what it wants to hear, answer: \"1158\""))
      made.answered = *answered;
    inner.finish();
  }
  fields.finish();
  return made;
}

consent_samples read_consent(const value* said, problems& found) {
  consent_samples made;
  if (said == nullptr)
    return made;
  form fields{*said, "tests.consent", found};
  made.after = take_object(fields, "after");
  made.denied = take_object(fields, "denied");
  if (const auto* refused = fields.take("refused")) {
    form inner{*refused, fields.at("refused"), found};
    made.status = static_cast<unsigned>(inner.number("status", 200, 499).value_or(0));
    if (const auto* body = inner.require("body", "body: {error: \"{{error}}\"}"))
      made.refusal = pattern::compile(*body, inner.at("body"), {{"error", "why"}}, found);
    inner.finish();
  }
  fields.finish();
  return made;
}

action_samples read_action(const value& said, const std::string& where,
                           const std::map<std::string, stream_samples, std::less<>>& streams,
                           problems& found) {
  form fields{said, where, found};
  action_samples made;
  if (const auto* record = fields.take("record"))
    made.record = *record;
  if (const auto* asked = fields.take("asked"))
    made.asked = *asked;
  made.result = take_object(fields, "result");
  made.refused = take_object(fields, "refused");
  made.into = fields.text("into").value_or("");
  made.by = take_path(fields, "by");
  made.named = take_path(fields, "item");
  made.as = take_pattern(fields, "as", {{"item", "conn", "query"}, "item"});
  if (!made.into.empty() && !streams.contains(made.into))
    fields.note("into", "there are no records of a stream of that name");
  if (const auto* probe = fields.take("probe")) {
    form inner{*probe, fields.at("probe"), found};
    made.probe.emplace();
    made.probe->by = take_path(inner, "by");
    made.probe->items = take_path(inner, "items");
    made.probe->as = take_pattern(inner, "as", {{"item", "conn"}, "item"});
    inner.finish();
  }
  fields.finish();
  return made;
}

/// The maps below `name`, by the names of what they are about.
template <class Take>
void each_named(form& fields, std::string_view name, problems& found, Take take) {
  const auto* said = fields.take(name);
  if (said == nullptr)
    return;
  const auto* members = said->as<object>();
  if (members == nullptr)
    return fields.note(name, "a map is expected");
  for (const auto& [inner, content] : *members)
    if (!take(inner, content, below(fields.at(name), inner)))
      found.add(below(fields.at(name), inner), "the manifest has none of that name");
}

} // namespace

void make_distinct(const stream& s, const stream_samples& of, value& record, std::int64_t number) {
  make_addresses_distinct(record, number);
  const bool counted = s.cursor && s.cursor->what == progress_rule::kind::seq;
  bool named = false;
  for (auto key = s.key.rbegin(); key != s.key.rend() && !named; ++key)
    if (*key != of.changed || counted)
      each_member(record, key->steps, [&](value& at) {
        named = true;
        counted ? count_on(at, number) : add_to_key(at, number);
      });
  if (counted)
    return;
  each_member(record, of.changed.steps, [&](value& at) {
    const auto before = of.changed.steps.empty() ? std::nullopt : time_said(at);
    if (!before)
      return;
    const auto units = number % 1'000'000;
    at = time_like(at, !named && says_a_day(at) ? *before + units * std::chrono::days{1}
                                                : *before + units * std::chrono::minutes{1});
  });
}

void set_times(value& record, const stream_samples& of, moment at) {
  if (of.changed.steps.empty())
    return;
  bool found = false;
  each_member(record, of.changed.steps, [&](value& there) {
    found = found || !there.is_null();
    there = there.is_null() ? there : time_like(there, at);
  });
  if (found || of.records.empty())
    return;
  auto like = of.records.front();
  each_member(like, of.changed.steps,
              [&](value& there) { set_member(record, of.changed, time_like(there, at)); });
}

result<samples> read_samples(const manifest& m, const twin_options& options) {
  problems found;
  const value none{object{}};
  form fields{m.tests.is_null() ? none : m.tests, "tests", found};
  samples made;
  made.config = take_object(fields, "config");
  if (!options.auth.empty())
    made.config["auth"] = options.auth;
  made.secrets = take_object(fields, "secrets");
  made.max_page = static_cast<std::size_t>(fields.number("max_page", 1, 1'000'000).value_or(0));
  made.token = take_object(fields, "token");
  made.captured = take_object(fields, "captured");
  made.consent = read_consent(fields.take("consent"), found);
  each_named(fields, "streams", found,
             [&](const std::string& name, const value& said, const std::string& where) {
               const auto* s = m.find_stream(name);
               if (s != nullptr)
                 made.streams[name] = read_stream(*s, said, where, options, found);
               return s != nullptr;
             });
  each_named(fields, "jobs", found,
             [&](const std::string& name, const value& said, const std::string& where) {
               if (std::ranges::find(m.jobs, name, [](const auto& j) { return j->name; }) ==
                   m.jobs.end())
                 return false;
               form inner{said, where, found};
               auto& into = made.jobs[name];
               into.polls = static_cast<std::size_t>(inner.number("polls", 0, 1000).value_or(2));
               into.pending = inner.text("pending").value_or(into.pending);
               into.created = take_object(inner, "created");
               into.status = take_object(inner, "status");
               into.failure = take_object(inner, "failure");
               into.listed = take_object(inner, "listed");
               inner.finish();
               return true;
             });
  each_named(fields, "actions", found,
             [&](const std::string& name, const value& said, const std::string& where) {
               if (m.find_action(name) == nullptr)
                 return false;
               made.actions[name] = read_action(said, where, made.streams, found);
               return true;
             });
  if (const auto* check = fields.take("check")) {
    form inner{*check, fields.at("check"), found};
    if (const auto* answer = inner.take("answer"))
      made.checked = *answer;
    made.checked_name = inner.text("name").value_or("");
    inner.finish();
  }
  each_named(fields, "hooks", found,
             [&](const std::string& name, const value& said, const std::string& where) {
               if (m.find_hook(name) == nullptr)
                 return false;
               made.hooks[name] = read_hook(said, where, found);
               return true;
             });
  made.errors = read_errors(fields.take("errors"), found);
  fields.finish();
  if (found.empty())
    return made;
  return std::move(found).take().front();
}

} // namespace tenon::actors::connectors
