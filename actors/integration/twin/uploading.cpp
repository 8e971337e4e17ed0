// Files that are uploaded to a twin, each with what is said of it: in a part before it, or in
// headers beside it.
#include "actors/integration/twin/parts.hpp"
#include "actors/integration/web/header_words.hpp"
#include "actors/integration/web/multipart.hpp"
#include "protocols/base64.hpp"
#include "protocols/json.hpp"
#include "protocols/utf8.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

failure no_upload(std::string why) {
  return {code::malformed, std::move(why)};
}

/// Bytes that are no text are kept in base64.
std::string shown(std::string_view bytes) {
  return is_utf8(bytes) ? std::string{bytes} : to_base64(bytes);
}

/// Metadata, and the file behind it.
result<value> upload_of_parts(std::string_view type, std::string_view bytes) {
  const auto parts = type.starts_with("multipart/related")
                         ? read_multipart(type, bytes)
                         : result<std::vector<body_part>>{no_upload("it is no multipart/related")};
  if (!parts)
    return parts.error();
  if (parts->size() != 2)
    return no_upload("an upload has two parts, the metadata and the file");
  const auto& metadata = parts->front();
  auto said = metadata.type.starts_with("application/json") ? read_json(metadata.content)
                                                            : result<value>{no_upload("")};
  auto* members = said ? said->as<object>() : nullptr;
  if (members == nullptr)
    return no_upload("the metadata is no object in JSON");
  (*members)["content"] = shown(parts->back().content);
  (*members)["content_type"] = parts->back().type;
  return *std::move(said);
}

/// The type that the connector always says; "": it may be any.
std::string type_said(const operation& o, const value& conn) {
  const value nothing{object{}};
  scope names;
  names.bind("conn", conn).bind("record", nothing).bind("item", nothing);
  const auto said = o.request.body->evaluate(names);
  const auto* type = said ? said->find("type") : nullptr;
  const auto* text = type ? type->as<std::string>() : nullptr;
  return text == nullptr ? std::string{} : *text;
}

/// The file, and each header of the action's own by its name, read where it is JSON.
result<value> upload_with_headers(const operation& o, const http_request& came,
                                  const std::string& type) {
  const auto said = find_header(came.headers, "content-type").value_or("");
  if (!type.empty() && said != type)
    return no_upload("the Content-Type has to be " + type + ", and it is '" + std::string{said} +
                     '\'');
  object made{{"content", shown(came.body.view())}, {"content_type", std::string{said}}};
  for (const auto& [name, content] : o.request.headers) {
    const auto there = find_header(came.headers, name);
    if (!there)
      return no_upload("the header " + name + " is missing");
    if (std::ranges::any_of(*there, [](char c) { return static_cast<unsigned char>(c) > 0x7E; }))
      return no_upload("the header " + name + " has characters that no header has");
    auto read = read_json(*there);
    made[header_word(name)] = read ? *std::move(read) : value{std::string{*there}};
  }
  return value{std::move(made)};
}

} // namespace

std::optional<result<value>> twin::parts::upload_in(const operation& o, const asked& r) const {
  const auto type = find_header(r.whole.headers, "content-type").value_or("");
  if (o.request.as == body_kind::related)
    return upload_of_parts(type, r.whole.body.view());
  if (o.request.as == body_kind::raw)
    return upload_with_headers(o, r.whole, type_said(o, connection.settings));
  return std::nullopt;
}

} // namespace tenon::actors::connectors
