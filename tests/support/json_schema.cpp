#include "tests/support/json_schema.hpp"

#include "protocols/json.hpp"

#include <algorithm>
#include <optional>

namespace tenon::tests {
namespace {

constexpr int deepest = 24; // schemas may refer to themselves

/// Slack writes them as the items of what is no list.
const list& alternatives_of(const value& schema) {
  static const list none;
  for (const auto* word : {"oneOf", "anyOf", "items"})
    if (const auto* said = schema.find(word); said && said->is<list>())
      if (word != std::string_view{"items"} || schema.find("type") == nullptr)
        return *said->as<list>();
  return none;
}

const list& list_at(const value& schema, std::string_view word) {
  static const list none;
  const auto* said = schema.find(word);
  return said && said->is<list>() ? *said->as<list>() : none;
}

bool is_of_type(const value& v, const std::string& type) {
  if (type == "null")
    return v.is_null();
  if (type == "number")
    return v.is<std::int64_t>() || v.is<double>();
  return (type == "string" && v.is<std::string>()) || (type == "boolean" && v.is<bool>()) ||
         (type == "integer" && v.is<std::int64_t>()) || (type == "array" && v.is<list>()) ||
         (type == "object" && v.is<object>());
}

std::vector<std::string> types_of(const value& schema) {
  const auto* said = schema.find("type");
  if (said == nullptr)
    return {};
  if (const auto* one = said->as<std::string>())
    return {*one};
  std::vector<std::string> all;
  for (const auto& one : list_at(schema, "type"))
    all.push_back(*one.as<std::string>());
  return all;
}

std::optional<double> number_at(const value& schema, std::string_view word) {
  const auto* said = schema.find(word);
  if (said == nullptr)
    return std::nullopt;
  const auto* whole = said->as<std::int64_t>();
  const auto* real = said->as<double>();
  return whole  ? std::optional{static_cast<double>(*whole)}
         : real ? std::optional{*real}
                : std::nullopt;
}

void check_bounds(const value& schema, const value& v, const std::string& where,
                  std::vector<std::string>& wrong) {
  const auto* whole = v.as<std::int64_t>();
  const auto* text = v.as<std::string>();
  const auto* items = v.as<list>();
  const auto size = whole   ? std::optional{static_cast<double>(*whole)}
                    : text  ? std::optional{static_cast<double>(text->size())}
                    : items ? std::optional{static_cast<double>(items->size())}
                            : std::nullopt;
  const auto* least = whole ? "minimum" : text ? "minLength" : "minItems";
  const auto* most = whole ? "maximum" : text ? "maxLength" : "maxItems";
  if (const auto bound = number_at(schema, least); size && bound && *size < *bound)
    wrong.push_back(where + " is below " + least + ' ' + write_json(*schema.find(least)));
  if (const auto bound = number_at(schema, most); size && bound && *size > *bound)
    wrong.push_back(where + " is above " + most + ' ' + write_json(*schema.find(most)));
  if (const auto& known = list_at(schema, "enum");
      !known.empty() && std::ranges::find(known, v) == known.end())
    wrong.push_back(where + " is none of " + write_json(*schema.find("enum")));
}

} // namespace

const value& json_schema::meant_by(const value& schema) const {
  const auto* at = &schema;
  for (int depth = 0; depth < deepest; ++depth) {
    const auto* reference = at->find("$ref");
    if (reference == nullptr || !reference->is<std::string>())
      return *at;
    std::string_view rest = *reference->as<std::string>();
    at = &document_;
    rest.remove_prefix(std::min<std::size_t>(rest.size(), 2)); // "#/"
    static const value nothing;
    while (!rest.empty() && at != nullptr) {
      const auto end = std::min(rest.find('/'), rest.size());
      at = at->find(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (at == nullptr)
      return nothing;
  }
  return *at;
}

void json_schema::gather(const value& schema, schemas& into, int depth) const {
  const auto& s = meant_by(schema);
  into.push_back(&s);
  if (depth < deepest)
    for (const auto& part : list_at(s, "allOf"))
      gather(part, into, depth + 1);
}

json_schema::schemas json_schema::declared(const value& schema, const std::string& name,
                                           int depth) const {
  schemas found;
  schemas all;
  gather(schema, all);
  for (const auto* s : all) {
    const auto* members = s->find("properties");
    const auto* one = members == nullptr ? nullptr : members->find(name);
    if (one != nullptr)
      found.push_back(one);
    if (depth < deepest)
      for (const auto& alternative : alternatives_of(*s))
        std::ranges::copy(declared(alternative, name, depth + 1), std::back_inserter(found));
  }
  return found;
}

/// That there may be members of any name: it is said, or no name is.
bool json_schema::is_open(const value& schema, int depth) const {
  schemas all;
  gather(schema, all);
  bool names = false;
  for (const auto* s : all) {
    const auto* more = s->find("additionalProperties");
    if (more != nullptr && *more != value{false})
      return true;
    if (s->find("patternProperties") != nullptr)
      return true;
    names = names || s->find("properties") != nullptr;
    for (const auto& alternative : alternatives_of(*s)) {
      names = true;
      if (depth < deepest && !types_of(meant_by(alternative)).empty() &&
          types_of(meant_by(alternative)).front() != "object")
        continue;
      if (depth < deepest && is_open(alternative, depth + 1))
        return true;
    }
  }
  return !names;
}

void json_schema::check_members(const value& schema, const object& members, bool whole,
                                const std::string& where, std::vector<std::string>& wrong) const {
  schemas all;
  gather(schema, all);
  if (whole)
    for (const auto* s : all)
      for (const auto& name : list_at(*s, "required"))
        if (members.find(*name.as<std::string>()) == nullptr)
          wrong.push_back(where + '.' + *name.as<std::string>() + " is required");
  for (const auto& [name, content] : members) {
    const auto here = where + '.' + name;
    const auto known = declared(schema, name);
    std::optional<std::vector<std::string>> least;
    for (const auto* one : known) {
      auto found = complaints(*one, content, whole, here);
      if (!least || found.size() < least->size())
        least = std::move(found);
    }
    if (least)
      std::ranges::copy(*least, std::back_inserter(wrong));
    else if (!is_open(schema))
      wrong.push_back(here + " is not declared");
  }
}

std::vector<std::string> json_schema::complaints(const value& schema, const value& v, bool whole,
                                                 const std::string& where) const {
  std::vector<std::string> wrong;
  schemas all;
  gather(schema, all);
  const auto& first = *all.front();
  if (v.is_null() && (schema.find("nullable") != nullptr || first.find("nullable") != nullptr))
    return {};
  if (const auto& choices = alternatives_of(first);
      !choices.empty() && first.find("properties") == nullptr) {
    std::optional<std::vector<std::string>> least;
    for (const auto& one : choices) {
      auto found = complaints(one, v, whole, where);
      if (!least || found.size() < least->size())
        least = std::move(found);
    }
    return *least;
  }
  for (const auto* s : all) {
    const auto types = types_of(*s);
    if (!types.empty() && std::ranges::none_of(types, [&](auto& t) { return is_of_type(v, t); })) {
      wrong.push_back(where + " is " + std::string{v.type_name()} + ", not " + types.front());
      return wrong;
    }
    check_bounds(*s, v, where, wrong);
    const auto* items = v.as<list>();
    const auto* of = s->find("items");
    if (items != nullptr && of != nullptr && of->is<object>())
      for (const auto& one : *items)
        std::ranges::copy(complaints(*of, one, whole, where + "[]"), std::back_inserter(wrong));
  }
  if (const auto* members = v.as<object>())
    check_members(schema, *members, whole, where, wrong);
  return wrong;
}

bool json_schema::has(const value& schema, std::span<const std::string> path) const {
  if (path.empty())
    return true;
  const auto& step = path.front();
  const auto rest = path.subspan(1);
  const bool item = step == "*" || step.find_first_not_of("0123456789") == step.npos;
  for (const auto* one : declared(schema, step))
    if (has(*one, rest))
      return true;
  schemas all;
  gather(schema, all);
  bool says_nothing = true;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& s = *all[i];
    const auto types = types_of(s);
    const auto* of = s.find("items");
    if (item && of != nullptr && has(*of, rest))
      return true;
    for (const auto& part : list_at(s, "items")) // one for each place
      if (item && has(part, rest))
        return true;
    const auto* more = s.find("additionalProperties");
    if (more != nullptr && *more != value{false} && has(*more, rest))
      return true;
    for (const auto& alternative : alternatives_of(s))
      if (has(alternative, path))
        return true;
    says_nothing = says_nothing && s.find("properties") == nullptr && of == nullptr &&
                   alternatives_of(s).empty() && more == nullptr &&
                   (types.empty() || types.front() == "object");
  }
  return says_nothing;
}

} // namespace tenon::tests
