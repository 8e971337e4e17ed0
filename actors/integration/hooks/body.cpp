#include "actors/integration/hooks/body.hpp"

#include "actors/integration/form/place.hpp"
#include "protocols/base64.hpp"
#include "protocols/json.hpp"
#include "protocols/utf8.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

object members_of(const parameters& all) {
  object members;
  for (const auto& [name, content] : all)
    members[name] = content;
  return members;
}

/// Bytes that are no JSON, inside of JSON.
value as_text(std::string_view bytes) {
  const bool is_text = is_utf8(bytes);
  return object{{is_text ? "text" : "base64", is_text ? std::string{bytes} : to_base64(bytes)}};
}

std::string as_it_looks(const inbound& r) {
  const auto body = r.body.view();
  if (const auto form = form_in(r)) {
    const auto members = members_of(*form);
    const auto* payload = members.find("payload"); // Slack puts JSON into a form
    const auto* text = payload ? payload->as<std::string>() : nullptr;
    return text && members.size() == 1 && json_text::check(*text) ? *text : write_json(members);
  }
  return json_text::check(body) ? std::string{body} : write_json(as_text(body));
}

result<std::string> out_of_form(const body_rule& rule, const inbound& r) {
  const auto form = form_in(r);
  if (!form)
    return failure{code::malformed, "the body is not a form"};
  if (rule.field.empty())
    return write_json(members_of(*form));
  const auto there = std::ranges::find(*form, rule.field, &parameters::value_type::first);
  if (there == form->end() || !json_text::check(there->second))
    return failure{code::malformed, "the form has no JSON in its field " + rule.field};
  return there->second;
}

result<std::string> out_of_envelope(const json_path& path, std::string_view body) {
  auto document = read_json(body);
  if (!document)
    return std::move(document).error();
  const auto checked = json_text::check(body);
  const auto raw = checked ? find(*checked, checked->root(), path) : std::nullopt;
  const auto text = raw ? scalar_text(*raw) : std::nullopt;
  const auto bytes = text ? read_base64(*text) : std::nullopt;
  if (!bytes)
    return failure{code::malformed, "there is no base64 at `" + path.text + "`"};
  const auto inner = read_json(*bytes);
  if (!set_member(*document, path, inner ? *inner : as_text(*bytes)))
    return failure{code::malformed, "there is no member at `" + path.text + "`"};
  return write_json(*document);
}

} // namespace

body_rule compile_body(const value& said, const std::string& where, problems& found) {
  body_rule made;
  std::vector<std::string> names{"form"};
  for (const auto& one : all_decoders())
    names.emplace_back(one.name);
  if (const auto* name = said.as<std::string>()) {
    made.as_form = *name == "form";
    const auto& all = all_decoders();
    const auto one = std::ranges::find(all, *name, &decoder::name);
    made.written = one == all.end() ? nullptr : &*one;
    if (!made.as_form && made.written == nullptr)
      found.add(where, "'" + *name + "' is nothing that a body is written in",
                "Use " + listed(names) + ", {form: FIELD} or {base64: PATH}.");
    return made;
  }
  form fields{said, where, found};
  made.field = fields.text("form").value_or("");
  made.as_form = !made.field.empty();
  made.envelope = take_path(fields, "base64");
  if (made.as_form == made.envelope.has_value() && fields.is_object())
    found.add(where, "it is not said what the body is written in",
              "Use " + listed(names) + ", {form: FIELD} or {base64: PATH}.");
  fields.finish();
  return made;
}

result<std::string> body_as_json(const body_rule& rule, const inbound& r) {
  const auto body = r.body.view();
  if (rule.as_form)
    return out_of_form(rule, r);
  if (rule.envelope)
    return out_of_envelope(*rule.envelope, body);
  if (body.find_first_not_of(" \t\r\n") == body.npos)
    return std::string{"{}"};
  if (rule.written == nullptr)
    return as_it_looks(r);
  auto made = rule.written->decode(r.body);
  if (!made)
    return std::move(made).error();
  if (!made->malformed.empty()) // what is acknowledged is not sent again: all of it, or nothing
    return failure{code::malformed,
                   made->malformed.front().place + ": " + made->malformed.front().reason};
  return std::string{made->json.view()};
}

} // namespace tenon::actors::connectors
