// JSON in and out. Reading is strict RFC 8259 (UTF-8, no trailing text) and bounded; writing gives
// minified text that reads back to an equal value.
#pragma once

#include "protocols/value.hpp"

#include <string>
#include <string_view>

namespace tenon {

struct json_limits {
  std::size_t bytes = 16u << 20; // of text
  std::size_t depth = 64;        // of nesting
};

/// `malformed` with "byte N" as the place, or `too_large`. Integers beyond 64 bits become doubles.
/// A key written twice is malformed: which of the two was meant cannot be known.
result<value> read_json(std::string_view text, json_limits limits = {});

/// Minified. Moments are RFC 3339 with milliseconds in UTC; spans are numbers of milliseconds; a
/// NaN or infinity is null.
std::string write_json(const value&);
void write_json(const value&, std::string& onto);

/// Two blanks of indentation, for people.
std::string write_json_pretty(const value&);

/// The text in quotes, escaped.
void write_json_text(std::string_view text, std::string& onto);

} // namespace tenon
