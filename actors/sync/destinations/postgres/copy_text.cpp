#include "actors/sync/destinations/postgres/copy_text.hpp"

#include "actors/integration/page/json_text.hpp"
#include "protocols/base64.hpp"

#include <algorithm>

namespace tenon::actors::postgres {
namespace {

using connectors::json_text;

constexpr std::string_view no_base64{"a value of a bytea column is not base64"};
constexpr std::string_view no_text{"a text cannot be read"};

void append_escaped(std::string& line, std::string_view text) {
  for (const char c : text)
    switch (c) {
    case '\\':
      line += "\\\\";
      break;
    case '\n':
      line += "\\n";
      break;
    case '\r':
      line += "\\r";
      break;
    case '\t':
      line += "\\t";
      break;
    default:
      line += c;
    }
}

/// "\x…", or nothing. What PostgreSQL writes itself is left as it is.
std::string hex_of(std::string_view text) {
  if (text.starts_with("\\x"))
    return std::string{text};
  const auto bytes = read_base64(text);
  if (!bytes)
    return {};
  constexpr std::string_view digits{"0123456789abcdef"};
  std::string out{"\\x"};
  out.reserve(2 + 2 * bytes->size());
  for (const char c : *bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

/// What a value is as text, before COPY's own escapes; not null.
std::string_view text_of(std::string& room, form f, std::string_view json) {
  if (f == form::json || connectors::is_list(json) || connectors::is_object(json)) {
    room = json;
    return {};
  }
  auto text = connectors::scalar_text(json);
  if (!text)
    return no_text;
  room = f == form::bytes ? hex_of(*text) : *std::move(text);
  return f == form::bytes && room.empty() ? no_base64 : std::string_view{};
}

/// `{1,NULL,"a b",{…}}`
std::string_view append_list(std::string& onto, const column_form& c, const json_text& text,
                             std::string_view list) {
  onto += '{';
  bool first = true;
  std::string room;
  for (json_text::walk items{text, list}; items.next(); first = false) {
    if (!first)
      onto += c.between;
    const auto item = items.content();
    std::string_view why;
    if (connectors::is_null(item)) {
      onto += "NULL";
    } else if (connectors::is_list(item) && c.form != form::json) {
      why = append_list(onto, c, text, item);
    } else {
      why = text_of(room, c.form, item);
      onto += '"';
      for (const char byte : room) {
        if (byte == '"' || byte == '\\')
          onto += '\\';
        onto += byte;
      }
      onto += '"';
    }
    if (!why.empty())
      return why;
  }
  onto += '}';
  return {};
}

} // namespace

std::string_view append_field(std::string& line, const column_form& c, std::string_view json) {
  if (connectors::is_null(json)) {
    line += "\\N";
    return {};
  }
  const bool usual = !c.list && c.form == form::plain;
  if (usual && !connectors::is_list(json) && !connectors::is_object(json)) {
    const auto text = connectors::is_text(json) ? json.substr(1, json.size() - 2) : json;
    if (text.find('\\') == text.npos) { // JSON has escaped whatever COPY would escape
      line += text;
      return {};
    }
  }
  std::string room;
  std::string_view why;
  if (c.list && connectors::is_list(json)) {
    const auto text = json_text::check(json);
    why = text ? append_list(room, c, *text, text->root()) : no_text;
  } else {
    why = text_of(room, c.list ? form::plain : c.form, json);
  }
  append_escaped(line, room);
  return why;
}

std::string_view append_populating(std::string& onto, const column_form& c, std::string_view json) {
  const bool bytes = c.form == form::bytes && connectors::is_text(json);
  if (!bytes || c.list) {
    onto += json;
    return {};
  }
  std::string room;
  const auto why = text_of(room, c.form, json);
  onto += "\"\\";
  onto += room;
  onto += '"';
  return why;
}

} // namespace tenon::actors::postgres
