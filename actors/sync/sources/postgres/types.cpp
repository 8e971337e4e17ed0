#include "actors/sync/sources/postgres/types.hpp"

#include "actors/sync/sources/relational/values.hpp"
#include "protocols/json.hpp"
#include "protocols/utf8.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace tenon::actors::postgres {
namespace {

using relational::rows;

constexpr std::size_t deepest_list = 8; // MAXDIM is 6

// pg_type.dat: these numbers are the same in every server.
constexpr unsigned boolean_number = 16, bytea_number = 17, char_number = 18, name_number = 19,
                   int8_number = 20, int2_number = 21, int4_number = 23, text_number = 25,
                   oid_number = 26, json_number = 114, float4_number = 700, float8_number = 701,
                   cidr_number = 650, inet_number = 869, macaddr_number = 829,
                   macaddr8_number = 774, bpchar_number = 1042, varchar_number = 1043,
                   date_number = 1082, time_number = 1083, timestamp_number = 1114,
                   timestamptz_number = 1184, interval_number = 1186, numeric_number = 1700,
                   uuid_number = 2950, jsonb_number = 3802;

void append_text(std::string& onto, std::string_view bytes) {
  write_json_text(bytes, onto);
}

/// "2026-01-31 12:00:00.5+00"; what is not of that form is text as it is.
void write_time(std::string& onto, std::string_view text, bool zoned) {
  const bool usual = text.size() >= 19 && text[4] == '-' && text[10] == ' ' && text[13] == ':' &&
                     !text.ends_with("BC") && (!zoned || text.ends_with("+00"));
  if (!usual)
    return append_text(onto, text);
  if (zoned)
    text.remove_suffix(3);
  onto += '"';
  onto += text.substr(0, 10);
  onto += 'T';
  onto += text.substr(11);
  onto += zoned ? "Z\"" : "\"";
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

void write_bytes(rows& onto, std::size_t column, std::string_view hex) {
  const auto digit = [](char c) {
    return static_cast<unsigned>(c >= 'a' ? c - 'a' + 10 : c - '0');
  };
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (std::size_t i = 2; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(digit(hex[i]) << 4 | digit(hex[i + 1]));
  onto.write_bytes(column, bytes);
}

void write_single(rows& onto, std::size_t column, kind k, std::string_view text) {
  auto& json = onto.json();
  switch (k) {
  case kind::boolean:
    json += text == "t" ? "true" : "false";
    return;
  case kind::integer:
    json += text;
    return;
  case kind::real:
    if (!text.empty() && (is_digit(text.back())))
      json += text;
    else
      append_text(json, text);
    return;
  case kind::decimal:
    return relational::write_decimal(json, text);
  case kind::bytes:
    return write_bytes(onto, column, text);
  case kind::json:
    if (text.size() > relational::max_value_bytes || !is_utf8(text))
      return onto.write_text(column, text);
    return relational::write_embedded(json, text);
  case kind::timestamp:
  case kind::timestamptz:
    return write_time(json, text, k == kind::timestamptz);
  case kind::text:
    return onto.write_text(column, text);
  }
}

/// `{1,NULL,"a b",{…}}`, perhaps after `[0:1]=`.
class list_text {
public:
  list_text(rows& onto, std::size_t column, const type& t, std::string_view text)
      : onto_{onto}, column_{column}, type_{t}, text_{text} {
    if (text_.starts_with('['))
      at_ = std::min(text_.find('=') + 1, text_.size());
  }

  bool write() { return write_list(0) && at_ == text_.size(); }

private:
  bool write_list(std::size_t depth) {
    if (depth > deepest_list || next() != '{')
      return false;
    onto_.json() += '[';
    for (bool first = true;; first = false) {
      if (first && peek() == '}') {
        ++at_;
        break;
      }
      if (!first)
        onto_.json() += ',';
      if (!(peek() == '{' ? write_list(depth + 1) : write_element()))
        return false;
      const auto c = next();
      if (c == '}')
        break;
      if (c != type_.between)
        return false;
    }
    onto_.json() += ']';
    return true;
  }

  bool write_element() {
    std::string element;
    const bool quoted = peek() == '"';
    if (quoted)
      ++at_;
    for (;;) {
      if (at_ >= text_.size())
        return false;
      const char c = text_[at_];
      if (quoted ? c == '"' : c == type_.between || c == '}')
        break;
      if (c == '\\' && ++at_ >= text_.size())
        return false;
      element += text_[at_++];
    }
    if (quoted)
      ++at_;
    if (!quoted && element == "NULL")
      onto_.null();
    else
      write_single(onto_, column_, type_.kind, element);
    return true;
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  char next() { return at_ < text_.size() ? text_[at_++] : '\0'; }

  rows& onto_;
  const std::size_t column_;
  const type& type_;
  const std::string_view text_;
  std::size_t at_ = 0;
};

} // namespace

std::optional<type> known_type(unsigned number) {
  static const std::map<unsigned, type> all = [] {
    std::map<unsigned, type> types;
    // Each with the number of its array.
    for (const auto& [single, array, k] :
         std::initializer_list<std::tuple<unsigned, unsigned, kind>>{
             {boolean_number, 1000, kind::boolean},
             {bytea_number, 1001, kind::bytes},
             {char_number, 1002, kind::text},
             {name_number, 1003, kind::text},
             {int8_number, 1016, kind::integer},
             {int2_number, 1005, kind::integer},
             {int4_number, 1007, kind::integer},
             {text_number, 1009, kind::text},
             {oid_number, 1028, kind::integer},
             {json_number, 199, kind::json},
             {float4_number, 1021, kind::real},
             {float8_number, 1022, kind::real},
             {cidr_number, 651, kind::text},
             {inet_number, 1041, kind::text},
             {macaddr_number, 1040, kind::text},
             {macaddr8_number, 775, kind::text},
             {bpchar_number, 1014, kind::text},
             {varchar_number, 1015, kind::text},
             {date_number, 1182, kind::text},
             {time_number, 1183, kind::text},
             {timestamp_number, 1115, kind::timestamp},
             {timestamptz_number, 1185, kind::timestamptz},
             {interval_number, 1187, kind::text},
             {numeric_number, 1231, kind::decimal},
             {uuid_number, 2951, kind::text},
             {jsonb_number, 3807, kind::json}}) {
      types[single] = {k};
      types[array] = {k, true};
    }
    return types;
  }();
  const auto it = all.find(number);
  return it == all.end() ? std::nullopt : std::optional{it->second};
}

bool orders(unsigned base_type, bool is_enum) {
  constexpr std::array those{boolean_number, bytea_number,     char_number,        name_number,
                             int8_number,    int2_number,      int4_number,        text_number,
                             oid_number,     cidr_number,      inet_number,        macaddr_number,
                             bpchar_number,  varchar_number,   date_number,        time_number,
                             uuid_number,    timestamp_number, timestamptz_number, numeric_number,
                             macaddr8_number};
  return is_enum || std::ranges::find(those, base_type) != those.end();
}

bool is_time(unsigned base_type) {
  return base_type == timestamp_number || base_type == timestamptz_number ||
         base_type == date_number;
}

bool is_number(unsigned base_type) {
  return base_type == int2_number || base_type == int4_number || base_type == int8_number ||
         base_type == numeric_number;
}

std::string least_of(unsigned base_type) {
  switch (base_type) {
  case int2_number:
    return "-32768";
  case int4_number:
    return "-2147483648";
  case int8_number:
    return "-9223372036854775808";
  default:
    return {};
  }
}

void write(rows& onto, std::size_t column, const type& t, std::string_view text) {
  if (!t.list)
    return write_single(onto, column, t.kind, text);
  const auto begin = onto.json().size();
  if (list_text{onto, column, t, text}.write())
    return;
  onto.json().resize(begin);
  onto.spoil(column, "is an array that cannot be read");
  onto.write_text(column, text);
}

} // namespace tenon::actors::postgres
