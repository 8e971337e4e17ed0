#include "tests/support/vendor_specification.hpp"

#include "actors/integration/web/form_text.hpp"
#include "actors/integration/web/multipart.hpp"
#include "protocols/json.hpp"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

namespace tenon::tests {
namespace {

using actors::connectors::find_header;
using actors::connectors::http_request;
using actors::connectors::http_response;
using actors::connectors::parameters;

std::string text_at(const value& node, std::string_view name) {
  const auto* said = node.find(name);
  const auto* text = said == nullptr ? nullptr : said->as<std::string>();
  return text == nullptr ? std::string{} : *text;
}

std::string lower(std::string_view text) {
  std::string made{text};
  std::ranges::transform(made, made.begin(), [](unsigned char c) { return std::tolower(c); });
  return made;
}

/// How many of its steps are written out; nothing when it is another path.
std::optional<int> fit_of(std::string_view pattern, std::string_view path) {
  int literal = 0;
  while (!pattern.empty() || !path.empty()) {
    if (pattern.empty() || path.empty())
      return std::nullopt;
    const auto a = std::min(pattern.find('/', 1), pattern.size());
    const auto b = std::min(path.find('/', 1), path.size());
    const auto step = pattern.substr(0, a);
    if (step.starts_with("/{")) {
      if (b < 2)
        return std::nullopt;
    } else if (step != path.substr(0, b)) {
      return std::nullopt;
    } else {
      ++literal;
    }
    pattern.remove_prefix(a);
    path.remove_prefix(b);
  }
  return literal;
}

/// A parameter's text as its schema has it.
value typed(const std::string& text, const value& schema) {
  const auto type = text_at(schema, "type");
  if (type == "integer" || type == "number" || type == "boolean")
    if (auto read = read_json(text))
      return *std::move(read);
  return text;
}

parameters query_in(std::string_view url) {
  const auto mark = url.find('?');
  return mark == url.npos ? parameters{} : actors::connectors::read_form(url.substr(mark + 1));
}

/// Of every request, whatever it is about.
bool is_of_http(std::string_view header) {
  static const std::set<std::string> known{"accept", "authorization", "content-type"};
  return known.contains(lower(header));
}

} // namespace

vendor_specification::vendor_specification(const std::filesystem::path& path, std::string base) {
  std::ostringstream text;
  text << std::ifstream{path}.rdbuf();
  if (auto read = read_json(text.str()))
    document_ = *std::move(read);
  if (!base.empty())
    bases_.push_back(std::move(base));
  else if (const auto* servers = document_.find("servers"); servers && servers->is<list>())
    for (const auto& one : *servers->as<list>())
      bases_.push_back(text_at(one, "url"));
  else
    bases_.push_back("https://" + text_at(document_, "host") + text_at(document_, "basePath"));
}

result<described_operation> vendor_specification::find(std::string_view method,
                                                       std::string_view url) const {
  const auto whole = url.substr(0, url.find('?'));
  std::string_view path;
  for (const auto& base : bases_)
    if (whole.starts_with(base))
      path = whole.substr(base.size());
  described_operation found{std::string{method} + ' ' + std::string{path}, nullptr, nullptr};
  int best = -1;
  if (const auto* paths = document_.find("paths"); paths && paths->is<object>())
    for (const auto& [pattern, item] : *paths->as<object>())
      if (const auto fit = fit_of(pattern, path); fit && *fit > best && item.find(lower(method))) {
        best = *fit;
        found = {std::string{method} + ' ' + pattern, &item, item.find(lower(method))};
      }
  if (found.operation == nullptr)
    return failure{code::not_found, "there is no " + std::string{method} + ' ' +
                                        std::string{path.empty() ? whole : path}};
  if (found.operation->find("x-left-out") != nullptr)
    return failure{code::unavailable,
                   found.name + " is left out of the excerpt",
                   {},
                   "Name it in tests/recordings/specifications/excerpt.mjs, and run that."};
  return found;
}

std::vector<const value*> vendor_specification::parameters_of(const described_operation& o) const {
  std::vector<const value*> all;
  for (const auto* node : {o.item, o.operation})
    if (const auto* said = node->find("parameters"); said && said->is<list>())
      for (const auto& one : *said->as<list>())
        all.push_back(&schemas_.meant_by(one));
  return all;
}

std::vector<std::string> vendor_specification::complaints(const described_operation& o,
                                                          const http_request& r) const {
  std::vector<std::string> wrong;
  const auto known = parameters_of(o);
  const auto declared = [&](std::string_view in, const std::string& name) {
    const auto it = std::ranges::find_if(known, [&](const value* p) {
      return text_at(*p, "in") == in && (in == "header" ? lower(text_at(*p, "name")) == lower(name)
                                                        : text_at(*p, "name") == name);
    });
    return it == known.end() ? nullptr : *it;
  };
  const auto query = query_in(r.url);
  for (const auto& [name, content] : query) {
    const auto* p = declared("query", name);
    const auto* schema = p == nullptr ? nullptr : p->find("schema");
    const auto& rules = schema == nullptr ? p : &schemas_.meant_by(*schema);
    if (p == nullptr)
      wrong.push_back("query." + name + " is not declared");
    else if (text_at(*rules, "type") != "array")
      std::ranges::copy(schemas_.complaints(*rules, typed(content, *rules), true, "query." + name),
                        std::back_inserter(wrong));
  }
  for (const auto& [name, content] : r.headers)
    if (!is_of_http(name) && declared("header", name) == nullptr)
      wrong.push_back("header." + name + " is not declared");
  for (const auto* p : known) {
    const auto in = text_at(*p, "in");
    const auto name = text_at(*p, "name");
    const bool there =
        in == "query"
            ? std::ranges::find(query, name, &parameters::value_type::first) != query.end()
        : in == "header" ? find_header(r.headers, name).has_value()
                         : true;
    const auto* required = p->find("required");
    if (required != nullptr && *required == value{true} && !there)
      wrong.push_back(in + '.' + name + " is required");
  }
  check_body(o, r, wrong);
  return wrong;
}

void vendor_specification::check_body(const described_operation& o, const http_request& r,
                                      std::vector<std::string>& wrong) const {
  const auto type = lower(find_header(r.headers, "content-type").value_or(""));
  value body;
  if (type.starts_with("application/x-www-form-urlencoded")) {
    object members;
    for (auto& [name, content] : actors::connectors::read_form(r.body.view()))
      members[name] = std::move(content);
    body = std::move(members);
  } else if (const auto parts = actors::connectors::read_multipart(type, r.body.view())) {
    object members;
    for (const auto& one : *parts)
      members[one.name] = one.content;
    body = std::move(members);
  } else if (auto read = read_json(r.body.view())) {
    body = *std::move(read);
  }
  if (const auto* said = o.operation->find("requestBody")) {
    const auto& described = schemas_.meant_by(*said);
    const auto* content = described.find("content");
    const auto* as = content == nullptr ? nullptr : content->find(type.substr(0, type.find(';')));
    // What goes with an upload is described as its type; without one, it is the whole body.
    if (as == nullptr && content != nullptr && type.starts_with("application/json"))
      as = content->find("application/octet-stream");
    const auto* schema = as == nullptr ? nullptr : as->find("schema");
    const auto* required = described.find("required");
    if (schema != nullptr)
      std::ranges::copy(schemas_.complaints(*schema, body, true, "body"),
                        std::back_inserter(wrong));
    else if (!r.body.empty())
      wrong.push_back("body is of the type " + type + ", which is not declared");
    else if (required != nullptr && *required == value{true})
      wrong.emplace_back("body is required");
    return;
  }
  // OpenAPI 2 declares the members of forms one by one, also where JSON is taken.
  object fields;
  list required;
  for (const auto* p : parameters_of(o)) {
    if (text_at(*p, "in") == "body" && p->find("schema")) {
      std::ranges::copy(schemas_.complaints(*p->find("schema"), body, true, "body"),
                        std::back_inserter(wrong));
      return;
    }
    if (text_at(*p, "in") != "formData")
      continue;
    const auto name = text_at(*p, "name");
    fields[name] = *p->find("type") == value{"string"} ? value{object{}} : *p;
    if (const auto* must = p->find("required"); must && *must == value{true}) {
      required.emplace_back(name);
      fields[name].as<object>()->erase("required");
    }
  }
  if (body.is_null() && required.empty())
    return;
  const value whole{object{{"type", "object"}, {"properties", fields}, {"required", required}}};
  std::ranges::copy(schemas_.complaints(whole, body, true, "body"), std::back_inserter(wrong));
}

const value* vendor_specification::answer_of(const described_operation& o) const {
  const auto* responses = o.operation->find("responses");
  if (responses == nullptr || !responses->is<object>() || responses->as<object>()->empty())
    return nullptr;
  const auto& answer = schemas_.meant_by(responses->as<object>()->begin()->second);
  if (const auto* schema = answer.find("schema")) // OpenAPI 2
    return schema;
  const auto* content = answer.find("content");
  const auto* as = content == nullptr ? nullptr : content->find("application/json");
  return as == nullptr ? nullptr : as->find("schema");
}

std::vector<std::string> vendor_specification::complaints(const described_operation& o,
                                                          const http_response& came) const {
  const auto* schema = answer_of(o);
  const auto body = read_json(came.body.view());
  if (schema == nullptr || !body || came.status >= 300)
    return {};
  return schemas_.complaints(*schema, *body, false, "answer");
}

bool vendor_specification::answers_with(const described_operation& o,
                                        const std::vector<std::string>& path) const {
  const auto* schema = answer_of(o);
  return schema != nullptr && schemas_.has(*schema, path);
}

bool vendor_specification::sends(std::string_view webhook,
                                 const std::vector<std::string>& path) const {
  const value* at = &document_;
  for (const auto step : {std::string_view{"webhooks"}, webhook, std::string_view{"post"},
                          std::string_view{"requestBody"}, std::string_view{"content"},
                          std::string_view{"application/json"}, std::string_view{"schema"}})
    at = at == nullptr ? nullptr : at->find(step);
  return at != nullptr && schemas_.has(*at, path);
}

} // namespace tenon::tests
