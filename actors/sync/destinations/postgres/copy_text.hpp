// JSON values as the fields of a line of COPY, in its text format: what PostgreSQL's own
// json_populate_recordset makes of them, and bytes from base64, as the sources write them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tenon::actors::postgres {

enum class form : std::uint8_t {
  plain, // a text, number or truth value is what it says; anything else its JSON text
  json,
  bytes,   // base64
  complex, // composites, which only the server reads from JSON
};

struct column_form {
  postgres::form form = form::plain;
  bool list = false;  // of such elements
  char between = ','; // the elements

  bool operator==(const column_form&) const = default;
};

/// Appends the field; "" or why there is none.
std::string_view append_field(std::string& line, const column_form&, std::string_view json);

/// The same as a JSON value that json_populate_recordset reads.
std::string_view append_populating(std::string& onto, const column_form&, std::string_view json);

} // namespace tenon::actors::postgres
