// PostgreSQL's values as JSON, from the text that a session's settings give (ISO dates, UTC, hex):
//
//     boolean            true, false
//     integers           numbers
//     real, double       numbers; "NaN", "Infinity" and "-Infinity" are text
//     numeric            the very digits: a number up to 15 of them (18 for whole numbers), which
//                        every reader of JSON keeps exactly, else text
//     timestamptz        "2026-01-31T12:00:00.5Z"; timestamp the same without the Z
//     date, time, …      text as the server writes it; so "infinity" and years before Christ
//     bytea              base64 text
//     json, jsonb        embedded
//     arrays             lists, of lists when they have several dimensions
//     all others         text: uuid, enums, ranges, networks, intervals (ISO 8601), composites
#pragma once

#include "actors/sync/sources/relational/rows.hpp"

#include <string_view>

namespace tenon::actors::postgres {

enum class kind : std::uint8_t {
  text,
  boolean,
  integer,
  real,
  decimal,
  bytes,
  json,
  timestamp,
  timestamptz,
};

struct type {
  postgres::kind kind = kind::text;
  bool list = false;
  char between = ','; // a list's elements

  bool operator==(const type&) const = default;
};

/// Of the types that every server has, by their number in pg_type; nothing for others.
std::optional<type> known_type(unsigned number);

/// Whether rows may be ordered by it and told apart by its text.
bool orders(unsigned base_type, bool is_enum);
bool is_time(unsigned base_type);
bool is_number(unsigned base_type);
/// The least whole number of the type; empty when it has none.
std::string least_of(unsigned base_type);

/// Appends the value of a column.
void write(relational::rows&, std::size_t column, const type&, std::string_view text);

} // namespace tenon::actors::postgres
