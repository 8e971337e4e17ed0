#include "actors/integration/hooks/hook.hpp"

#include "actors/integration/web/header_words.hpp"
#include "protocols/json.hpp"
#include "runtime/signing/signing.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

namespace signing = runtime::signing;

constexpr std::size_t longest_key = 250;

vocabulary event_words() {
  return {{"event", "header", "query", "conn"}, "event"};
}

/// `id: "{{eventId}}"`, or bare: `type: subscriptionType`.
std::optional<program> take_expression(form& fields, std::string_view name) {
  const auto text = fields.text(name);
  if (!text)
    return std::nullopt;
  if (text->find("{{") != text->npos)
    return compile_text(*text, fields.at(name), event_words(), fields.found());
  return compile_bare(*text, fields.at(name), event_words(), fields.found());
}

struct reading_events {
  const hook& rules;
  const inbound& request;
  const value& settings;
  moment now;
  value headers{object{}};
  value query{object{}};
  object kept_headers;

  scope words(std::string_view event) const {
    scope names;
    names.bind_json("event", event).bind("header", headers);
    names.bind("query", query).bind("conn", settings).set_now(now);
    return names;
  }

  result<std::string> text(const std::optional<program>& from, const scope& names) const {
    return from ? runtime::expression::evaluate_text(*from, names) : result<std::string>{""};
  }

  /// Nothing when the event is let go.
  result<std::optional<hook_event>> read(std::string_view event) const {
    const auto names = words(event);
    if (rules.match) {
      const auto mine = text(rules.match, names);
      const auto whose = text(rules.with, names);
      if (!mine || !whose)
        return mine ? whose.error() : mine.error();
      if (*mine != *whose)
        return std::optional<hook_event>{};
    }
    if (rules.keep) {
      const auto wanted = runtime::expression::evaluate_condition(*rules.keep, names);
      if (!wanted)
        return wanted.error();
      if (!*wanted)
        return std::optional<hook_event>{};
    }
    auto id = text(rules.id, names);
    const auto type = text(rules.type, names);
    if (!id || !type)
      return id ? type.error() : id.error();
    std::string rest = R"(,"event":)" + std::string{event};
    if (!type->empty())
      rest += R"(,"type":)" + write_json(*type);
    if (!kept_headers.empty())
      rest += R"(,"headers":)" + write_json(kept_headers);
    if (id->empty())
      *id = signing::to_hex(signing::hash(signing::digest::sha256, rest));
    auto key = *id;
    if (key.size() > longest_key || key.find('\0') != key.npos)
      key = signing::to_hex(signing::hash(signing::digest::sha256, key));
    return std::optional{hook_event{std::move(key), R"({"id":)" + write_json(*id) + rest + '}'}};
  }
};

acknowledgement take_answer(const value& said, const std::string& where, problems& found) {
  form fields{said, where, found};
  acknowledgement made;
  made.status = static_cast<unsigned>(fields.number("status", 200, 299).value_or(200));
  const std::vector<std::string> types{"text/plain", "text/xml", "application/json"};
  const auto type = fields.choice("type", types);
  made.type = type && *type > 0 ? types[*type] : made.type;
  if (const auto body = fields.text("body"))
    made.body = compile_text(*body, fields.at("body"), {{"header", "query", "conn"}}, found);
  fields.finish();
  return made;
}

} // namespace

hook compile_hook(const std::string& name, const value& said, const std::string& where,
                  const std::vector<std::string>& secrets, problems& found) {
  form fields{said, where, found};
  hook made;
  made.name = name;
  if (const auto* verify = fields.require("verify", "how the sender proves who it is, verify: {…}"))
    made.verify = compile_verification(*verify, fields.at("verify"), secrets, found);
  if (const auto* challenge = fields.take("challenge"))
    made.challenges =
        compile_challenges(*challenge, fields.at("challenge"), secrets, made.verify, found);
  if (const auto each = fields.text("each")) {
    auto path = compile_path(*each);
    if (path)
      made.each = *std::move(path);
    else
      found.add(fields.at("each"), std::move(path).error());
  }
  made.id = take_expression(fields, "id");
  made.type = take_expression(fields, "type");
  if (const auto keep = fields.text("keep"))
    made.keep = compile_bare(*keep, fields.at("keep"), event_words(), found);
  made.headers = fields.texts("headers");
  if (const auto* connection = fields.take("connection")) {
    form inner{*connection, fields.at("connection"), found};
    inner.require("match", "match: conn.account_id");
    inner.require("with", "with: accountId");
    made.match = take_expression(inner, "match");
    made.with = take_expression(inner, "with");
    inner.finish();
  }
  if (const auto* decode = fields.take("decode"))
    made.decode = compile_body(*decode, fields.at("decode"), found);
  const bool told_apart = made.decode.envelope || (made.decode.written != nullptr &&
                                                   !made.decode.written->name.starts_with("csv"));
  if (!told_apart && std::ranges::any_of(made.challenges, [](const auto& one) {
        return one != nullptr && one->signs();
      }))
    fields.note("challenge",
                "strangers are given signatures of texts, and any text may be an event here",
                "Say what events are written in, decode: json.");
  if (const auto* answer = fields.take("answer"))
    made.answer = take_answer(*answer, fields.at("answer"), found);
  if (const auto* subscribe = fields.take("subscribe"))
    made.subscribe = compile_subscription(*subscribe, fields.at("subscribe"), found);
  fields.text("docs");
  fields.finish();
  return made;
}

result<hook_answer> acknowledge(const hook& h, const inbound& r, const value& settings) {
  hook_answer made{.status = h.answer.status, .type = h.answer.type};
  if (!h.answer.body)
    return made;
  const auto sent = header_words(r.headers);
  const auto query = query_words(r);
  scope names;
  names.bind("header", sent).bind("query", query).bind("conn", settings);
  auto text = runtime::expression::evaluate_text(*h.answer.body, names);
  if (!text)
    return std::move(text).error();
  made.body = *std::move(text);
  return made;
}

result<std::vector<hook_event>> read_events(const hook& h, const inbound& r, const value& settings,
                                            moment now) {
  reading_events reading{h, r, settings, now, header_words(r.headers), query_words(r), {}};
  for (const auto& name : h.headers)
    if (const auto content = find_header(r.headers, name))
      reading.kept_headers[header_word(name)] = std::string{*content};
  const auto text = body_as_json(h.decode, r);
  if (!text)
    return text.error();
  const auto body = json_text::check(*text);
  if (!body)
    return body.error();
  std::vector<hook_event> all;
  result<void> wrong;
  const auto take = [&](std::string_view event) {
    if (!wrong)
      return;
    auto one = all.size() < max_events
                   ? reading.read(event)
                   : result<std::optional<hook_event>>{
                         failure{code::too_large, "one request brings more than " +
                                                      std::to_string(max_events) + " events"}};
    if (!one)
      wrong = std::move(one).error();
    else if (*one)
      all.push_back(**std::move(one));
  };
  if (h.each)
    find_all(*body, body->root(), *h.each, take);
  else
    take(body->root());
  if (!wrong)
    return std::move(wrong).error();
  return all;
}

} // namespace tenon::actors::connectors
