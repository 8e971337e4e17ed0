// Exact numbers and embedded documents as JSON, from the text that a database writes.
#pragma once

#include <string>
#include <string_view>

namespace tenon::actors::relational {

/// The very digits: as a number up to 15 of them (18 for whole numbers), which every reader of JSON
/// keeps exactly; else, and for what is no number, as text.
void write_decimal(std::string& onto, std::string_view text);

/// A JSON text on one line.
void write_embedded(std::string& onto, std::string_view json);

} // namespace tenon::actors::relational
