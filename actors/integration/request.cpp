#include "actors/integration/request.hpp"

#include "actors/integration/web/multipart.hpp"
#include "protocols/base64.hpp"
#include "protocols/json.hpp"

#include <algorithm>
#include <array>

namespace tenon::actors::connectors {
namespace {

using runtime::expression::evaluate_text;

const std::vector<std::string> verbs{"get", "post", "put", "patch", "delete"};

/// Where a body is written that is not JSON.
constexpr std::array<std::pair<std::string_view, body_kind>, 4> body_words{
    {{"form", body_kind::form},
     {"multipart", body_kind::form_data},
     {"related", body_kind::related},
     {"raw", body_kind::raw}}};

bool is_header_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

void take_query(form& fields, request_pattern& into, const vocabulary& words) {
  const auto* said = fields.take("query");
  if (said == nullptr)
    return;
  const auto* members = said->as<object>();
  if (members == nullptr)
    return fields.note("query", "a map of parameters is expected");
  for (const auto& [name, content] : *members)
    into.query.emplace_back(
        name, pattern::compile(content, below(fields.at("query"), name), words, fields.found()));
}

void take_method(form& fields, request_pattern& into, const vocabulary& words) {
  std::string path;
  std::string at{"get"};
  std::size_t said = 0;
  for (const auto& verb : verbs)
    if (const auto text = fields.text(verb)) {
      ++said;
      path = *text;
      at = verb;
      into.method = verb;
    }
  const auto method = fields.choice("method", {"GET", "POST", "PUT", "PATCH", "DELETE"});
  if (const auto text = fields.text("path")) {
    ++said;
    path = *text;
    at = "path";
    into.method = verbs[method.value_or(0)];
  }
  std::ranges::transform(into.method, into.method.begin(),
                         [](char c) { return c >= 'a' ? static_cast<char>(c - 32) : c; });
  if (const auto query = fields.text("graphql")) {
    into.graphql = *query;
    if (said == 0)
      into.method = "POST"; // to the base itself
    said = std::max<std::size_t>(said, 1);
  }
  if (said != 1 && fields.is_object())
    fields.found().add(fields.path(),
                       said == 0 ? "it is not said what to ask for"
                                 : "a request asks for one thing, not several",
                       "Write get: /customers.");
  into.path = path_pattern::compile(path, fields.at(at), words, fields.found());
}

void take_body(form& fields, request_pattern& into, const vocabulary& words) {
  const auto* body = fields.take("body");
  const auto* variables = fields.take("variables");
  std::size_t bodies = (body != nullptr) + !into.graphql.empty();
  const auto* said = body;
  std::string_view name{"body"};
  for (const auto& [word, kind] : body_words)
    if (const auto* written = fields.take(word)) {
      ++bodies;
      said = written;
      name = word;
      into.as = kind;
    }
  if (bodies > 1)
    fields.found().add(fields.path(), "a request has one body",
                       "Keep body, form, multipart, related, raw or graphql.");
  if (variables != nullptr && into.graphql.empty())
    fields.note("variables", "`variables` belong to `graphql`");
  if (into.as == body_kind::related && !said->is<list>())
    fields.note("related", "a list of parts is expected, {type: …, content: …}");
  if (into.as == body_kind::raw &&
      (said->find("type") == nullptr || said->find("content") == nullptr))
    fields.note("raw", "what is sent, and as what, is expected, {type: …, content: …}");
  const value none{object{}};
  if (!into.graphql.empty()) {
    said = variables == nullptr ? &none : variables;
    name = "variables";
  }
  if (said != nullptr)
    into.body = pattern::compile(*said, fields.at(name), words, fields.found());
}

bool is_plain(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  });
}

result<void> put_headers(draft& into, const header_patterns& from, const scope& names) {
  for (const auto& [name, content] : from) {
    auto text = evaluate_text(content, names);
    if (!text)
      return std::move(text).error();
    if (!is_plain(*text))
      return failure{code::malformed, "the header " + name + " would contain a line break",
                     "request.headers." + name};
    if (!text->empty())
      set_header(into.sent, name, *std::move(text));
  }
  return {};
}

std::string text_of(const value& v) {
  const auto* text = v.as<std::string>();
  const auto* at = v.as<moment>();
  return text != nullptr ? *text : at != nullptr ? tenon::to_text(*at) : write_json(v);
}

/// Null is left out; a list is the parameter several times.
result<void> put_query(draft& into, const request_pattern& from, const scope& names) {
  for (const auto& [name, content] : from.query) {
    auto made = content.evaluate(names);
    if (!made)
      return failure{made.error().code, made.error().why, "request.query." + name,
                     made.error().remedy};
    if (made->is_null())
      continue;
    if (const auto* several = made->as<list>())
      for (const auto& one : *several)
        into.query.emplace_back(name, text_of(one));
    else
      into.query.emplace_back(name, text_of(*made));
  }
  return {};
}

/// The members of a form: nested ones as a[b]=c, as most platforms that take forms read them.
void add_form_fields(const std::string& name, const value& content, parameters& into) {
  if (const auto* members = content.as<object>()) {
    for (const auto& [inner, part] : *members)
      add_form_fields(name + '[' + inner + ']', part, into);
  } else if (const auto* items = content.as<list>()) {
    for (const auto& item : *items)
      add_form_fields(name, item, into);
  } else if (!content.is_null()) {
    into.emplace_back(name, text_of(content));
  }
}

result<parameters> form_fields(const value& body) {
  const auto* members = body.as<object>();
  if (members == nullptr)
    return failure{code::malformed, "a form is a map of fields", "request.form"};
  parameters made;
  for (const auto& [name, content] : *members)
    add_form_fields(name, content, made);
  return made;
}

failure no_part(const std::string& where, std::string why) {
  return {code::malformed, std::move(why), "request." + where,
          "Write a text, or {content: …, type: …, filename: …}."};
}

/// A part of a multipart body: a text, or what a file has in it.
result<body_part> part_of(const std::string& name, const value& said, const std::string& where) {
  body_part made{.name = name};
  const auto* file = said.as<object>();
  if (file == nullptr) {
    made.content = text_of(said);
    return made;
  }
  const auto* content = file->find("content");
  if (content == nullptr || content->is_null())
    return no_part(where, "a part has no content");
  const auto* text = content->as<std::string>();
  made.type = text == nullptr ? "application/json" : "text/plain";
  made.content = text_of(*content);
  for (const auto& [word, into] :
       {std::pair{"type", &made.type}, std::pair{"filename", &made.filename}})
    if (const auto* given = file->find(word); given && given->is<std::string>())
      *into = *given->as<std::string>();
  if (!is_plain(made.type))
    return no_part(where, "the type would contain a line break");
  if (const auto* packed = file->find("base64"); packed && *packed == value{true}) {
    auto bytes = read_base64(made.content);
    if (!bytes)
      return no_part(where, "the content is not base64");
    made.content = *std::move(bytes);
  }
  return made;
}

result<std::vector<body_part>> parts_of_form(const value& body) {
  const auto* members = body.as<object>();
  if (members == nullptr)
    return no_part("multipart", "it is not a map of parts");
  std::vector<body_part> parts;
  for (const auto& [name, said] : *members) {
    if (said.is_null())
      continue;
    auto one = part_of(name, said, "multipart." + name);
    if (!one)
      return std::move(one).error();
    parts.push_back(*std::move(one));
  }
  return parts;
}

result<std::vector<body_part>> parts_of_list(const value& body) {
  const auto* items = body.as<list>();
  if (items == nullptr)
    return no_part("related", "it is not a list of parts");
  std::vector<body_part> parts;
  for (const auto& said : *items) {
    auto one = part_of({}, said, "related[" + std::to_string(parts.size()) + ']');
    if (!one)
      return std::move(one).error();
    parts.push_back(*std::move(one));
  }
  return parts;
}

/// A body as it is written, with its type.
result<multipart_body> written_body(const draft& made) {
  if (made.as == body_kind::raw) {
    auto whole = part_of({}, *made.body, "raw");
    if (!whole)
      return std::move(whole).error();
    return multipart_body{std::move(whole->type), std::move(whole->content)};
  }
  const bool related = made.as == body_kind::related;
  const auto parts = related ? parts_of_list(*made.body) : parts_of_form(*made.body);
  if (!parts)
    return parts.error();
  return related ? write_related(*parts) : write_form_data(*parts);
}

} // namespace

header_patterns compile_headers(const value* said, const std::string& where,
                                const vocabulary& words, problems& found) {
  header_patterns made;
  if (said == nullptr)
    return made;
  const auto* members = said->as<object>();
  if (members == nullptr) {
    found.add(where, "a map of headers is expected");
    return made;
  }
  for (const auto& [name, content] : *members) {
    const auto at = below(where, name);
    const auto* text = content.as<std::string>();
    if (!is_header_name(name))
      found.add(at, "'" + name + "' is not a header's name");
    else if (text == nullptr)
      found.add(at, "a text is expected", "Put it in quotes.");
    else if (auto compiled = compile_text(*text, at, words, found))
      made.emplace_back(name, *std::move(compiled));
  }
  return made;
}

request_pattern take_request(form& fields, const vocabulary& words) {
  request_pattern made;
  take_method(fields, made, words);
  take_query(fields, made, words);
  made.headers =
      compile_headers(fields.take("headers"), fields.at("headers"), words, fields.found());
  take_body(fields, made, words);
  return made;
}

result<draft> draft_request(const request_pattern& from, const header_patterns& common,
                            const url& base, const scope& names) {
  const std::string accept{from.accept};
  draft made{from.method, base, {}, {}, {{"Accept", accept}}, {}};
  auto path = from.path.evaluate(names);
  if (!path)
    return std::move(path).error();
  auto target = join(base, *path);
  if (!target)
    return std::move(target).error();
  made.target = *std::move(target);
  if (auto ok = put_headers(made, common, names); !ok)
    return std::move(ok).error();
  if (auto ok = put_headers(made, from.headers, names); !ok)
    return std::move(ok).error();
  if (auto ok = put_query(made, from, names); !ok)
    return std::move(ok).error();
  made.as = from.as;
  if (!from.body)
    return made;
  auto body = from.body->evaluate(names);
  if (!body)
    return std::move(body).error();
  made.body = from.graphql.empty()
                  ? *std::move(body)
                  : value{object{{"query", from.graphql}, {"variables", *std::move(body)}}};
  return made;
}

result<http_request> finish_request(draft made, const std::vector<std::string>& hosts) {
  if (!is_allowed(made.target, made.base, hosts))
    return failure{code::forbidden,
                   "the request would go to " + endpoint_of(made.target) +
                       ", which is not a host of this connector",
                   "request", "If it belongs to the API, add it to `base.hosts`."};
  append_query(made.target, made.query);
  http_request request{made.method, to_text(made.target), std::move(made.sent), {}};
  if (request.url.size() > max_url_bytes)
    return failure{code::too_large,
                   "the address has " + std::to_string(request.url.size()) + " bytes, more than " +
                       std::to_string(max_url_bytes),
                   "request"};
  if (!made.body)
    return request;
  if (made.as == body_kind::form) {
    auto fields = form_fields(*made.body);
    if (!fields)
      return std::move(fields).error();
    request.body = blob::from(form_encoded(*fields));
    set_header(request.headers, "Content-Type", "application/x-www-form-urlencoded");
    return request;
  }
  if (made.as != body_kind::json) {
    auto written = written_body(made);
    if (!written)
      return std::move(written).error();
    request.body = blob::from(std::move(written->bytes));
    set_header(request.headers, "Content-Type", std::move(written->type));
    return request;
  }
  const auto* text = made.body->as<std::string>();
  request.body = blob::from(text != nullptr ? std::string{*text} : write_json(*made.body));
  if (!find_header(request.headers, "Content-Type"))
    set_header(request.headers, "Content-Type",
               text != nullptr ? "text/plain" : "application/json");
  return request;
}

} // namespace tenon::actors::connectors
