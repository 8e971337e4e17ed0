#include "actors/integration/auth/token/call.hpp"

#include "actors/integration/web/url.hpp"
#include "protocols/json.hpp"

#include <algorithm>
#include <array>

namespace tenon::actors::connectors {
namespace {

constexpr std::array<std::pair<const char*, const char*>, 4> verbs{
    {{"get", "GET"}, {"post", "POST"}, {"put", "PUT"}, {"head", "HEAD"}}};

result<parameters> evaluated(const named_programs& from, const scope& names) {
  parameters all;
  for (const auto& [name, content] : from) {
    auto text = runtime::expression::evaluate_text(content, names);
    if (!text)
      return std::move(text).error();
    if (!text->empty())
      all.emplace_back(name, *std::move(text));
  }
  return all;
}

} // namespace

named_programs take_programs(form& fields, std::string_view name, const vocabulary& words) {
  named_programs all;
  const auto* said = fields.take(name);
  if (said == nullptr)
    return all;
  const auto* members = said->as<object>();
  if (members == nullptr) {
    fields.note(name, "a map of texts is expected");
    return all;
  }
  for (const auto& [key, content] : *members) {
    const auto where = below(fields.at(name), key);
    if (const auto* text = content.as<std::string>()) {
      if (auto compiled = compile_text(*text, where, words, fields.found()))
        all.emplace_back(key, *std::move(compiled));
    } else {
      fields.found().add(where, "a text is expected", "Put it in quotes.");
    }
  }
  return all;
}

call_pattern take_call(form& fields, const vocabulary& words) {
  call_pattern made;
  for (const auto& [verb, name] : verbs)
    if (const auto address = fields.text(verb)) {
      if (!made.method.empty())
        fields.note(verb, "a request has one method");
      made.method = name;
      made.address = compile_text(*address, fields.at(verb), words, fields.found());
    }
  if (made.method.empty() && fields.is_object())
    fields.found().add(fields.path(), "what to ask is missing",
                       "Add its method and address, such as post: https://….");
  made.query = take_programs(fields, "query", words);
  made.headers = take_programs(fields, "headers", words);
  made.form = take_programs(fields, "form", words);
  if (const auto* body = fields.take("body")) {
    made.body = pattern::compile(*body, fields.at("body"), words, fields.found());
    if (!made.form.empty())
      fields.note("body", "a request has a form or a body, not both");
  }
  return made;
}

result<http_request> make_call(const call_pattern& from, const scope& names) {
  auto address = runtime::expression::evaluate_text(*from.address, names);
  if (!address)
    return std::move(address).error();
  const auto query = evaluated(from.query, names);
  const auto sent = evaluated(from.headers, names);
  const auto form = evaluated(from.form, names);
  for (const auto* part : {&query, &sent, &form})
    if (!*part)
      return part->error();
  http_request made{from.method, *std::move(address), {{"Accept", "application/json"}}, {}};
  if (!query->empty())
    made.url += (made.url.find('?') == made.url.npos ? '?' : '&') + form_encoded(*query);
  if (from.body) {
    auto body = from.body->evaluate(names);
    if (!body)
      return std::move(body).error();
    const auto* text = body->as<std::string>();
    made.body = blob::from(text != nullptr ? std::string{*text} : write_json(*body));
    set_header(made.headers, "Content-Type", text != nullptr ? "text/plain" : "application/json");
  } else if (!form->empty()) {
    made.body = blob::from(form_encoded(*form));
    set_header(made.headers, "Content-Type", "application/x-www-form-urlencoded");
  }
  for (const auto& [name, content] : *sent)
    set_header(made.headers, name, content);
  return made;
}

} // namespace tenon::actors::connectors
