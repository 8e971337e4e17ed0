#include "actors/integration/operation.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

const std::vector<std::string> mode_names{"insert", "update", "upsert", "delete", "call"};

vocabulary item_words() {
  return {{"record", "key", "effect", "conn", "returned"}, "record"};
}

/// A batch's request is the same for all of its records.
vocabulary request_words(bool batched) {
  if (batched)
    return {{"conn", "effect"}};
  return {{"conn", "effect", "record", "key", "item", "returned"}, "record"};
}

vocabulary result_words() {
  return {{"result", "body", "record", "key", "conn", "status", "header"}, "result"};
}

void take_batch(const value& said, const std::string& where, batch_rule& into, problems& found) {
  form fields{said, where, found};
  fields.require("max", "how many records at once, max: 100");
  into.max = static_cast<std::size_t>(fields.number("max", 1, 10'000).value_or(1));
  into.max_bytes =
      static_cast<std::size_t>(fields.number("max_bytes", 1'000, 32 << 20).value_or(4 << 20));
  into.body = take_path(fields, "body").value_or(json_path{});
  into.as_lines = fields.choice("as", {"list", "jsonl"}).value_or(0) == 1;
  into.results = take_path(fields, "results");
  into.item_key = take_path(fields, "item_key");
  into.result_key = take_path(fields, "result_key");
  into.errors = take_path(fields, "errors");
  if (const auto failed = fields.text("failed"))
    into.failed = compile_bare(*failed, fields.at("failed"), result_words(), found);
  if (const auto say = fields.text("say"))
    into.say = compile_text(*say, fields.at("say"), result_words(), found);
  if (into.as_lines && !into.body.steps.empty())
    fields.note("as", "JSON Lines are the whole body", "Leave `body` out.");
  if (into.errors && !into.item_key)
    fields.note("errors", "which item an entry of `errors` is about is not said",
                "Add item_key: <path in the item>, and result_key where the entry's is another.");
  if (into.failed && !into.results)
    fields.note("failed", "`failed` looks at the entries of `results`", "Add results: <path>.");
  fields.finish();
}

void take_returns(form& fields, const vocabulary& words, std::optional<pattern>& into,
                  problems& found) {
  const auto* returns = fields.take("returns");
  if (returns == nullptr)
    return;
  if (!returns->is<object>())
    fields.note("returns", "a map of fields and expressions is expected");
  into = pattern::compile(*returns, fields.at("returns"), words, found);
}

void take_probe(const value& said, const std::string& where, idempotency_rule& into,
                problems& found) {
  form fields{said, where, found};
  into.what = idempotency_rule::kind::probe;
  into.probe = take_request(fields, request_words(false));
  const vocabulary of_answer{{"body", "status", "record", "key", "effect", "conn"}, "body"};
  if (fields.require("matches", "when it has happened, matches: body.total > 0"))
    if (const auto text = fields.text("matches"))
      into.matches = compile_bare(*text, fields.at("matches"), of_answer, found);
  take_returns(fields, of_answer, into.returns, found);
  fields.finish();
}

void take_idempotency(form& fields, operation& into) {
  using kind = idempotency_rule::kind;
  auto& rule = into.idempotency;
  const bool named = into.mode != write_mode::insert && into.mode != write_mode::call;
  rule.what = named ? kind::by_mode : kind::none;
  const auto* said = fields.take("idempotency");
  if (said == nullptr)
    return;
  const auto where = fields.at("idempotency");
  if (said->is<std::string>()) {
    const auto chosen = fields.choice("idempotency", {"natural_key", "external_id", "custom_id"});
    rule.what = chosen ? static_cast<kind>(static_cast<std::size_t>(kind::natural_key) + *chosen)
                       : rule.what;
    return;
  }
  form inner{*said, where, fields.found()};
  const auto header = inner.text("header");
  const auto* probe = inner.take("probe");
  inner.finish();
  if (header.has_value() == (probe != nullptr) && inner.is_object())
    fields.note("idempotency", "it is not said how a second call is known",
                "Write {header: Idempotency-Key} or {probe: {get: …, matches: …}}.");
  if (header) {
    rule.what = kind::header;
    rule.header = *header;
  } else if (probe != nullptr) {
    take_probe(*probe, where + ".probe", rule, fields.found());
  }
}

/// An action whose effect is a job.
void take_job(form& fields, const jobs& known, operation& into) {
  const auto name = fields.text("job");
  if (!name)
    return;
  std::vector<std::string> names;
  for (const auto& one : known)
    names.push_back(one->name);
  const auto there = std::ranges::find(names, *name);
  if (there == names.end())
    return fields.note("job", "there is no job `" + *name + "`",
                       names.empty() ? "Describe it in `jobs`." : "Use " + listed(names) + ".");
  into.job = known[static_cast<std::size_t>(there - names.begin())];
}

} // namespace

std::string_view name_of(write_mode m) {
  return mode_names[static_cast<std::size_t>(m)];
}

operation compile_operation(const std::string& name, const value& said, const std::string& where,
                            const jobs& known, problems& found) {
  form fields{said, where, found};
  operation made;
  made.name = name;
  fields.require("mode", "what it does, mode: upsert");
  made.mode = static_cast<write_mode>(fields.choice("mode", mode_names).value_or(4));
  const auto* batch = fields.take("batch");
  if (batch != nullptr)
    take_batch(*batch, fields.at("batch"), made.batch, found);
  take_job(fields, known, made);
  if (made.job != nullptr) {
    const auto& rule = made.batch;
    if (!rule.item_key || fields.take("request") != nullptr)
      fields.note("job", "records go into a job, and are found again by a key",
                  "Write batch: {max: …, item_key: <path in the item>}, and no request.");
    if (!rule.results)
      made.batch.results = json_path{};
  } else if (const auto* request =
                 fields.require("request", "what to call, request: {post: /contacts}")) {
    form asked{*request, fields.at("request"), found};
    made.request = take_request(asked, request_words(batch != nullptr));
    asked.finish();
    made.has_body = made.request.body.has_value() && batch == nullptr;
    if (made.request.method == "GET")
      found.add(fields.at("request"), "an action changes something, and get does not",
                "Use post, put, patch or delete.");
  }
  if (const auto* map = fields.take("map"))
    made.map = pattern::compile(*map, fields.at("map"), item_words(), found);
  take_idempotency(fields, made);
  take_returns(fields, result_words(), made.returns, found);
  fields.text("title");
  fields.text("docs");
  fields.finish();
  return made;
}

} // namespace tenon::actors::connectors
