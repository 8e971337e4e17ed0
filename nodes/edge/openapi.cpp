#include "nodes/edge/openapi.hpp"

#include "nodes/edge/problem.hpp"

#include <algorithm>
#include <set>

namespace tenon::nodes::edge {
namespace {

value text_schema() {
  return object{{"type", "string"}};
}

value reference(std::string_view kind, std::string_view name) {
  return object{{"$ref", "#/components/" + std::string{kind} + '/' + std::string{name}}};
}

value problem_schema() {
  return object{
      {"type", "object"},
      {"description", "RFC 9457 problem document."},
      {"required", list{"type", "title", "status", "request_id"}},
      {"properties",
       object{{"type",
               object{{"type", "string"}, {"description", "Stable: urn:tenon:problem:<code>."}}},
              {"title", text_schema()},
              {"status", object{{"type", "integer"}, {"minimum", 400}, {"maximum", 599}}},
              {"detail", object{{"type", "string"}, {"description", "A sentence for a person."}}},
              {"field", object{{"type", "string"}, {"description", "The place at fault."}}},
              {"remedy", object{{"type", "string"}, {"description", "What to do about it."}}},
              {"request_id", text_schema()},
              {"trace_id", text_schema()}}}};
}

value example_of(const failure& f) {
  const auto status = status_of(f);
  object example{{"type", problem_type(name_of(f.code))},
                 {"title", reason_of(status)},
                 {"status", status},
                 {"detail", f.why}};
  if (!f.where.empty())
    example.append("field", f.where);
  if (!f.remedy.empty())
    example.append("remedy", f.remedy);
  example.append("request_id", "4ff3f2f476d1c8fb");
  example.append("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736");
  return example;
}

failure example_failure(code c) {
  switch (c) {
  case code::malformed:
    return {c, "a page cannot have 0 records", "spec.page.size", "Use 1 to 1000."};
  case code::unauthenticated:
    return {c, "no key was sent", {}, "Send 'Authorization: Bearer tn_…'."};
  case code::forbidden:
    return {c, "the role viewer may not write sync", {}, "Ask for a key with sync:write."};
  case code::not_found:
    return {c, "there is no sync of that name"};
  case code::conflict:
    return {c, "the sync is running", {}, "Suspend it first."};
  case code::stale:
    return {c, "the version is not the current one", {}, "Read it again."};
  case code::too_large:
    return {c, "the body is larger than 16 MiB"};
  case code::overloaded:
    return {c, "the tenant has sent too many requests in a short time"};
  case code::unavailable:
    return {c, "the partition has no leader at this moment"};
  case code::timed_out:
    return {c, "no answer came in time"};
  case code::uncertain:
    return {c, "the effect may have happened", {}, "Look, then say whether it did."};
  case code::internal:
    break;
  }
  return {code::internal, "a bug ended the request"};
}

/// Codes that share a status share its response, with an example each.
value problem_response(const std::vector<code>& codes) {
  object examples;
  object headers;
  for (const auto c : codes) {
    examples.append(std::string{name_of(c)}, object{{"value", example_of(example_failure(c))}});
    if (c == code::overloaded || c == code::unavailable)
      headers["Retry-After"] = object{{"description", "Whole seconds to wait."},
                                      {"schema", object{{"type", "integer"}}}};
    if (c == code::unauthenticated)
      headers["WWW-Authenticate"] =
          object{{"description", "The scheme to use."}, {"schema", text_schema()}};
  }
  object r{{"description", reason_of(status_of(example_failure(codes.front())))}};
  if (!headers.empty())
    r.append("headers", std::move(headers));
  r.append("content",
           object{{std::string{media::problem},
                   object{{"schema", reference("schemas", "problem")}, {"examples", examples}}}});
  return r;
}

std::vector<code> refusals_of(const route& r) {
  std::vector<code> all{r.refusals};
  const auto add = [&](code c) {
    if (std::ranges::find(all, c) == all.end())
      all.push_back(c);
  };
  if (!r.permission.empty())
    for (const auto c : {code::unauthenticated, code::forbidden, code::overloaded})
      add(c);
  if (!r.request_schema.is_null())
    for (const auto c : {code::malformed, code::too_large})
      add(c);
  for (const auto c : {code::unavailable, code::internal})
    add(c);
  return all;
}

/// OpenAPI knows no parameter that spans segments: {rest...} is described as one.
std::string template_of(std::string pattern) {
  if (const auto dots = pattern.find("...}"); dots != std::string::npos)
    pattern.erase(dots, 3);
  return pattern;
}

std::vector<std::string> names_in(const std::string& pattern) {
  std::vector<std::string> names;
  for (auto at = pattern.find('{'); at != std::string::npos; at = pattern.find('{', at + 1))
    names.push_back(pattern.substr(at + 1, pattern.find('}', at) - at - 1));
  return names;
}

list parameters_of(const route& r) {
  list all;
  const auto add = [&](std::string_view name, std::string_view in, const parameter* p) {
    object one{{"name", name}, {"in", in}};
    if (in == "path" || (p != nullptr && p->required))
      one.append("required", true);
    if (p != nullptr && !p->description.empty())
      one.append("description", p->description);
    one.append("schema", p != nullptr ? p->schema : text_schema());
    all.emplace_back(std::move(one));
  };
  for (const auto& name : names_in(template_of(r.pattern))) {
    const auto at = std::ranges::find_if(
        r.parameters, [&](const parameter& p) { return p.in == place::path && p.name == name; });
    add(name, "path", at == r.parameters.end() ? nullptr : &*at);
  }
  for (const auto& p : r.parameters)
    if (p.in != place::path)
      add(p.name, p.in == place::query ? "query" : "header", &p);
  return all;
}

/// Schemas become components, named after the operation, and are referred to.
value schema_of(const value& schema, const std::string& name, object& components) {
  components[name] = schema;
  return reference("schemas", name);
}

value responses_of(const route& r, object& schemas) {
  object success{{"description", reason_of(r.success)}};
  if (!r.response_schema.is_null())
    success.append("content",
                   object{{r.response_type,
                           object{{"schema", schema_of(r.response_schema,
                                                       operation_of(r) + "_response", schemas)}}}});
  object responses{{std::to_string(r.success), std::move(success)}};
  const auto refusals = refusals_of(r);
  std::set<unsigned> statuses;
  for (const auto c : refusals)
    statuses.insert(status_of(example_failure(c)));
  for (const auto status : statuses) {
    std::vector<code> sharing;
    for (const auto c : refusals)
      if (status_of(example_failure(c)) == status)
        sharing.push_back(c);
    responses.append(std::to_string(status), problem_response(sharing));
  }
  responses.append(
      "default",
      object{{"description", "Any other problem."},
             {"content", object{{std::string{media::problem},
                                 object{{"schema", reference("schemas", "problem")}}}}}});
  return responses;
}

value operation(const route& r, object& schemas) {
  object o{{"operationId", operation_of(r)}, {"summary", r.summary}};
  if (auto parameters = parameters_of(r); !parameters.empty())
    o.append("parameters", std::move(parameters));
  if (!r.request_schema.is_null())
    o.append(
        "requestBody",
        object{{"required", true},
               {"content",
                object{{std::string{media::json},
                        object{{"schema", schema_of(r.request_schema, operation_of(r) + "_request",
                                                    schemas)}}}}}});
  o.append("responses", responses_of(r, schemas));
  if (r.permission.empty())
    o.append("security", list{});
  else
    o.append("x-permission", r.permission);
  return o;
}

std::string lower_name(method m) {
  std::string text{name_of(m)};
  std::ranges::transform(text, text.begin(), [](char c) { return static_cast<char>(c | 0x20); });
  return text;
}

} // namespace

std::string operation_of(const route& r) {
  if (!r.operation.empty())
    return r.operation;
  std::string name = lower_name(r.method);
  for (const char c : r.pattern) {
    const bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (is_word)
      name += c;
    else if (name.back() != '_')
      name += '_';
  }
  if (name.back() == '_')
    name.pop_back();
  return name;
}

value describe(const route_list& routes) {
  object schemas{{"problem", problem_schema()}};
  object paths;
  for (const auto& r : routes) {
    if (!r.documented)
      continue;
    auto& path = paths[template_of(r.pattern)];
    if (path.is_null())
      path = object{};
    path.as<object>()->append(lower_name(r.method), operation(r, schemas));
  }
  return object{
      {"openapi", "3.1.0"},
      {"info", object{{"title", "Tenon"},
                      {"version", "1"},
                      {"description",
                       "Resources, and verbs on running things. Errors are RFC 9457 problems."}}},
      {"servers", list{object{{"url", "/"}}}},
      {"security", list{object{{"key", list{}}}}},
      {"paths", std::move(paths)},
      {"components",
       object{{"schemas", std::move(schemas)},
              {"securitySchemes",
               object{{"key", object{{"type", "http"},
                                     {"scheme", "bearer"},
                                     {"description", "An API key, tn_<id>_<secret>."}}}}}}}};
}

} // namespace tenon::nodes::edge
