#include "actors/integration/stream.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

const std::vector<std::string> verbs{"get", "post", "put", "patch", "delete"};

vocabulary request_words() {
  return {{"conn", "cursor", "cursor_end"}};
}

vocabulary record_words() {
  return {{"record", "conn"}, "record"};
}

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
  if (said != 1 && fields.is_object())
    fields.found().add(fields.path(),
                       said == 0 ? "it is not said what to ask for"
                                 : "a request asks for one thing, not several",
                       "Write get: /customers.");
  into.path = path_pattern::compile(path, fields.at(at), words, fields.found());
}

std::vector<json_path> take_key(form& fields) {
  const auto* said = fields.require("key", "the field that tells records apart, key: id");
  std::vector<json_path> made;
  if (said == nullptr)
    return made;
  for (const auto& text : fields.texts("key")) {
    auto path = compile_path(text);
    if (path && path->steps.empty())
      path = failure{code::malformed, "a key is a field, not the whole record"};
    if (path)
      made.push_back(*std::move(path));
    else
      fields.found().add(fields.at("key"), std::move(path).error());
  }
  if (made.size() > max_key_fields)
    fields.note("key", "a key has at most " + std::to_string(max_key_fields) + " fields");
  return made;
}

void take_records(form& fields, stream& into) {
  const auto* said = fields.take("records");
  if (said == nullptr)
    return;
  if (said->is<object>()) {
    form inner{*said, fields.at("records"), fields.found()};
    into.records_optional = inner.flag("optional").value_or(false);
    inner.require("path", "path: data");
    auto path = compile_path(inner.text("path").value_or(""));
    if (path)
      into.records = *std::move(path);
    else
      fields.found().add(inner.at("path"), std::move(path).error());
    inner.finish();
    return;
  }
  auto path = compile_path(fields.text("records").value_or(""));
  if (path)
    into.records = *std::move(path);
  else
    fields.found().add(fields.at("records"), std::move(path).error());
}

void take_page(form& fields, stream& into) {
  const auto stop = fields.texts("stop");
  const auto* said = fields.take("page");
  if (said == nullptr)
    return;
  form inner{*said, fields.at("page"), fields.found()};
  auto rules = inner.texts("stop");
  rules.insert(rules.end(), stop.begin(), stop.end());
  std::vector<std::string> kinds;
  for (const auto& kind : all_pagers()) {
    kinds.emplace_back(kind.name);
    const auto* settings = inner.take(kind.name);
    if (settings == nullptr)
      continue;
    if (into.page != nullptr)
      inner.note(kind.name, "a stream has one kind of page, not several");
    into.page = kind.compile(*settings, inner.at(kind.name), rules, fields.found());
  }
  const auto before = fields.found().count();
  inner.later("keyset");
  inner.finish();
  if (into.page == nullptr && inner.is_object() && fields.found().count() == before)
    fields.note("page", "the kind of page is missing", "Use " + listed(kinds) + ".");
}

bool is_field(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.';
  });
}

void take_deleted(form& fields, stream& into) {
  const auto text = fields.text("deleted");
  if (!text)
    return;
  deletion made;
  auto path = is_field(*text) ? compile_path(*text)
                              : result<json_path>{failure{code::malformed, "no path"}};
  if (path && !path->steps.empty())
    made.field = *std::move(path);
  else
    made.condition = compile_bare(*text, fields.at("deleted"), record_words(), fields.found());
  into.deleted = std::move(made);
}

void take_cap(form& fields, stream& into) {
  const auto* said = fields.take("cap");
  if (said == nullptr)
    return;
  form inner{*said, fields.at("cap"), fields.found()};
  const auto pages = inner.number("pages", 1, 10'000'000);
  const auto records = inner.number("records", 1, 10'000'000'000);
  into.cap.pages = static_cast<std::uint64_t>(pages.value_or(100'000));
  into.cap.records = static_cast<std::uint64_t>(records.value_or(100'000'000));
  inner.later({"rows", "then"});
  inner.finish();
}

} // namespace

std::vector<std::pair<std::string, program>> compile_headers(const value* said,
                                                             const std::string& where,
                                                             const vocabulary& words,
                                                             problems& found) {
  std::vector<std::pair<std::string, program>> made;
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
  if (const auto* body = fields.take("body"))
    made.body = pattern::compile(*body, fields.at("body"), words, fields.found());
  fields.later("graphql");
  return made;
}

stream compile_stream(const std::string& name, const value& said, const std::string& where,
                      problems& found) {
  form fields{said, where, found};
  stream made;
  made.name = name;
  if (const auto* request = fields.require("request", "what to ask, request: {get: /customers}")) {
    form asked{*request, fields.at("request"), found};
    made.request = take_request(asked, request_words());
    asked.finish();
  }
  take_records(fields, made);
  made.key = take_key(fields);
  if (const auto keep = fields.text("keep"))
    made.keep = compile_bare(*keep, fields.at("keep"), record_words(), found);
  if (const auto* map = fields.take("map")) {
    if (!map->is<object>())
      fields.note("map", "a map of fields and expressions is expected");
    made.map = pattern::compile(*map, fields.at("map"), record_words(), found);
  }
  take_deleted(fields, made);
  take_page(fields, made);
  if (const auto* cursor = fields.take("cursor"))
    made.cursor = compile_progress(*cursor, fields.at("cursor"), found);
  take_cap(fields, made);
  fields.text("title");
  fields.text("docs");
  fields.later({"partition", "decode", "expand", "schema"});
  fields.finish();
  return made;
}

} // namespace tenon::actors::connectors
