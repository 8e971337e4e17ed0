#include "actors/integration/hooks/inbound.hpp"

#include "actors/integration/page/path.hpp"
#include "actors/integration/web/form_text.hpp"

#include <algorithm>

namespace tenon::actors::connectors {

std::optional<std::string> query_value(const inbound& r, std::string_view name) {
  const auto found = std::ranges::find(r.query, name, &parameters::value_type::first);
  return found == r.query.end() ? std::nullopt : std::optional{found->second};
}

void add_query(inbound& r, const std::string& name, const std::string& content) {
  r.url += (r.url.find('?') == r.url.npos ? '?' : '&') + form_encoded({{name, content}});
  r.query.emplace_back(name, content);
}

value query_words(const inbound& r) {
  object members;
  for (const auto& [name, content] : r.query)
    members[name] = content;
  return members;
}

std::optional<parameters> form_in(const inbound& r) {
  const auto type = find_header(r.headers, "Content-Type");
  if (!type || !type->starts_with("application/x-www-form-urlencoded"))
    return std::nullopt;
  return read_form(r.body.view());
}

result<whereabouts> read_whereabouts(std::string_view text) {
  const auto blank = std::min(text.find(' '), text.size());
  const auto part = text.substr(0, blank);
  whereabouts w;
  w.name = text.substr(std::min(blank + 1, text.size()));
  const bool known = part == "query" || part == "header" || part == "body";
  if (!known || w.name.empty())
    return failure{code::malformed,
                   "it does not say where in the request",
                   {},
                   "Write query NAME, header NAME or body PATH."};
  w.in = part == "query"    ? whereabouts::part::query
         : part == "header" ? whereabouts::part::header
                            : whereabouts::part::body;
  if (w.in == whereabouts::part::body)
    if (const auto path = compile_path(w.name); !path)
      return path.error();
  return w;
}

std::optional<std::string> find_value(const inbound& r, const whereabouts& w) {
  if (w.in == whereabouts::part::query)
    return query_value(r, w.name);
  if (w.in == whereabouts::part::header) {
    const auto found = find_header(r.headers, w.name);
    return found ? std::optional{std::string{*found}} : std::nullopt;
  }
  const auto path = compile_path(w.name);
  const auto body = json_text::check(r.body.view());
  const auto raw = path && body ? find(*body, body->root(), *path) : std::nullopt;
  return raw ? scalar_text(*raw) : std::nullopt;
}

} // namespace tenon::actors::connectors
