// What a stream's records have in them, as far as the connector says so. It keeps no record out: it
// is what a platform is held to when its records begin to look otherwise.
//
//   schema: {id: integer, name: text, paid: boolean, total: number, created: time, born: date,
//            address: {city: text, country: text}, tags: list, extra: object}
//
// Every field may be missing or null; fields that are not named may be there.
#pragma once

#include "actors/integration/form/form.hpp"
#include "actors/integration/page/path.hpp"

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace tenon::actors::connectors {

inline constexpr std::size_t max_declared_fields = 500;

enum class field_type : std::uint8_t { text, integer, number, boolean, time, date, object, list };
inline constexpr std::array<std::string_view, 8> field_type_names{
    "text", "integer", "number", "boolean", "time", "date", "object", "list"};

struct declared_field {
  json_path path;
  field_type type = field_type::text;

  bool operator==(const declared_field&) const = default;
};

/// In the order in which they are written; those within an object follow it.
std::vector<declared_field> compile_schema(const value&, const std::string& where, problems&);

} // namespace tenon::actors::connectors
