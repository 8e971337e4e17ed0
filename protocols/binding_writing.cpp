#include "protocols/base64.hpp"
#include "protocols/binding_parts.hpp"
#include "protocols/json.hpp"
#include "protocols/utf8.hpp"

namespace tenon::protocols::binding {

value write_scalar(bool b) {
  return b;
}
value write_scalar(double d) {
  return d;
}
value write_scalar(const std::string& text) {
  return text;
}
value write_scalar(moment m) {
  return m;
}
value write_scalar(span s) {
  return s;
}

value write_scalar(const blob& bytes) {
  // Text that looks marked is marked too, or it would be read back as what it is not.
  if (is_utf8(bytes.view()) && !bytes.view().starts_with(base64_mark))
    return bytes.view();
  return std::string{base64_mark} + to_base64(bytes.view());
}

value write_number(std::int64_t n) {
  return n;
}

value write_number(std::uint64_t n) {
  if (n > INT64_MAX)
    return std::to_string(n);
  return static_cast<std::int64_t>(n);
}

void write_document(std::string_view name, const std::string& text, object& onto) {
  if (text.empty())
    return;
  auto document = read_json(text);
  onto.append(std::string{name}, document ? std::move(*document) : value{text});
}

object scalar_schema(bool) {
  return {{"type", "boolean"}};
}
object scalar_schema(double) {
  return {{"type", "number"}};
}
object scalar_schema(const std::string&) {
  return {{"type", "string"}};
}
object scalar_schema(const blob&) {
  return {{"type", "string"}, {"$comment", "text, or base64: and bytes in base64"}};
}
object scalar_schema(moment) {
  return {{"type", "string"}, {"format", "date-time"}};
}
object scalar_schema(span) {
  return {{"type", list{"integer", "string"}}, {"examples", list{"500ms", "30s", "1h30m"}}};
}

object number_schema(value least, value most) {
  object schema{{"type", "integer"}, {"minimum", std::move(least)}};
  if (most.is<std::int64_t>())
    schema.append("maximum", std::move(most));
  else
    schema["type"] = list{"integer", "string"}; // beyond what JSON's readers keep exactly
  return schema;
}

object names_schema(names known) {
  list all;
  for (const auto& f : known)
    all.push_back(f.name);
  return {{"enum", std::move(all)}};
}

object list_schema(value items) {
  return {{"type", "array"}, {"items", std::move(items)}};
}

object object_schema(std::string_view title, std::string_view doc, object properties,
                     list required) {
  object schema{{"title", title}};
  if (!doc.empty())
    schema.append("description", doc);
  schema.append("type", "object");
  schema.append("properties", std::move(properties));
  if (!required.empty())
    schema.append("required", std::move(required));
  schema.append("additionalProperties", false);
  return schema;
}

object alternative_schema(const field& f, value content) {
  if (auto* schema = content.as<object>())
    add_words(f, *schema);
  return object_schema(f.name, f.doc, {{std::string{f.name}, std::move(content)}}, {f.name});
}

object union_schema(std::string_view title, std::string_view doc, list alternatives) {
  object schema{{"title", title}};
  if (!doc.empty())
    schema.append("description", doc);
  schema.append("oneOf", std::move(alternatives));
  return schema;
}

void add_words(const field& f, object& schema) {
  if (!f.doc.empty())
    schema["description"] = f.doc;
  if (f.secret)
    schema["writeOnly"] = true;
}

void add_dialect(value& schema) {
  object whole{{"$schema", "https://json-schema.org/draft/2020-12/schema"}};
  for (auto& [key, v] : *schema.as<object>())
    whole.append(key, std::move(v));
  schema = std::move(whole);
}

} // namespace tenon::protocols::binding
