// Reading the members of documents that a server sent: what is absent or of another type reads as
// nothing, because a display must not fail over one odd field.
#pragma once

#include "protocols/value.hpp"

#include <optional>
#include <string>

namespace tenon::nodes::cli {

/// "" unless it is a text.
std::string text_at(const value&, std::string_view key);
/// Absent unless it is a whole number.
std::optional<std::int64_t> number_at(const value&, std::string_view key);
/// Empty unless it is a list.
const list& list_at(const value&, std::string_view key);

/// A value in one line: texts without quotes, lists and maps as JSON, null as nothing.
std::string in_short(const value&);

/// As YAML, for people: block style, texts in quotes only where they need them.
std::string write_yaml(const value&);

/// RFC 9457's problem as a failure. What is missing is made up from the status.
failure read_problem(const value& problem, unsigned status);

} // namespace tenon::nodes::cli
