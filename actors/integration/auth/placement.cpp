#include "actors/integration/auth/placement.hpp"

#include "actors/integration/web/url.hpp"
#include "protocols/json.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

bool is_plain(std::string_view text) {
  return std::ranges::none_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

result<void> put_into_body(blob& body, const std::string& name, std::string proof) {
  auto read = body.empty() ? result<value>{object{}} : read_json(body.view());
  auto* members = read ? read->as<object>() : nullptr;
  if (members == nullptr)
    return failure{code::malformed, "the credential belongs into the body, which is no JSON object",
                   "auth", "Use `in: header` or give the request a body that is a map."};
  (*members)[name] = std::move(proof);
  body = blob::from(write_json(*read));
  return {};
}

} // namespace

placement take_placement(form& settings, std::string_view default_prefix) {
  placement chosen;
  const auto in = settings.choice("in", {"header", "query", "cookie", "body"}).value_or(0);
  chosen.in = static_cast<placement::where>(in);
  const auto name = settings.text("name");
  if (!name && chosen.in != placement::where::header)
    settings.note("name", "`name` is missing", "Name the parameter, such as name: api_key.");
  chosen.name = name.value_or("Authorization");
  const bool whole = chosen.in != placement::where::header || name;
  chosen.prefix = settings.text("prefix").value_or(whole ? "" : std::string{default_prefix});
  if (!is_plain(chosen.prefix) || !is_plain(chosen.name) || chosen.name.empty())
    settings.note("name", "the place of the credential contains a control character");
  return chosen;
}

result<void> put_proof(http_request& request, const placement& place, std::string_view proof) {
  if (!is_plain(proof))
    return failure{code::malformed, "the credential contains a line break or control character",
                   "auth", "Enter it again, without what surrounds it."};
  auto text = place.prefix + std::string{proof};
  switch (place.in) {
  case placement::where::header:
    set_header(request.headers, place.name, std::move(text));
    return {};
  case placement::where::query:
    request.url += request.url.find('?') == request.url.npos ? '?' : '&';
    request.url += form_encoded({{place.name, text}});
    return {};
  case placement::where::cookie: {
    if (text.find_first_of("; ,\"\\") != text.npos)
      return failure{code::malformed, "the credential contains a character that no cookie can hold",
                     "auth"};
    const auto others = find_header(request.headers, "Cookie");
    auto cookies = (others ? std::string{*others} + "; " : "") + place.name + '=' + text;
    set_header(request.headers, "Cookie", std::move(cookies));
    return {};
  }
  case placement::where::body:
    return put_into_body(request.body, place.name, std::move(text));
  }
  return {};
}

placement take_injection(form& fields, std::string_view default_prefix) {
  const value empty{object{}};
  const auto* inject = fields.take("inject");
  form placing{inject == nullptr ? empty : *inject, fields.at("inject"), fields.found()};
  auto place = take_placement(placing, default_prefix);
  placing.finish();
  return place;
}

result<void> put_token(http_request& request, const placement& place, const holding* held) {
  if (held == nullptr)
    return failure{code::unauthenticated, "there is no token yet", "auth"};
  return put_proof(request, place, held->token);
}

vocabulary auth_words(std::initializer_list<const char*> more) {
  vocabulary words{{"conn", "secret"}, "", true};
  words.roots.insert(words.roots.end(), more.begin(), more.end());
  return words;
}

std::optional<program> take_secret(form& settings, std::string_view name,
                                   std::string_view fallback) {
  const auto text = settings.text(name);
  if (!text && fallback.empty()) {
    settings.note(name, "`" + std::string{name} + "` is missing",
                  "Name the secret parameter, such as " + std::string{name} +
                      ": \"{{secret.token}}\".");
    return std::nullopt;
  }
  return compile_text(text ? std::string_view{*text} : fallback, settings.at(name), auth_words(),
                      settings.found());
}

result<std::string> secret_text(const program& from, const scope& names) {
  auto text = runtime::expression::evaluate_text(from, names);
  if (text && text->empty())
    return failure{code::unauthenticated,
                   "the connection has no value for " + std::string{from.source()}, "auth",
                   "Fill in the connection's credentials."};
  return text;
}

} // namespace tenon::actors::connectors
