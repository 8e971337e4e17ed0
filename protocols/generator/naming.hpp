// How names in a schema are spelled in C++: FailureLimit and failureLimit become failure_limit, and
// a word that C++ keeps for itself gets an underscore behind it.
#pragma once

#include <string>
#include <string_view>

namespace tenon::generator {

std::string snake_case(std::string_view name);
std::string camel_case(std::string_view snake); // "credit_note" → "CreditNote"
std::string title_case(std::string_view name);  // "retryAtMs" → "RetryAtMs"

/// The name as an identifier: itself, or with '_' behind it when it is a keyword.
std::string identifier(std::string_view name);

/// A C++ string literal, with its quotes.
std::string literal(std::string_view text);

/// The documentation as `///` lines, each behind `indent`; nothing for none.
std::string comment(std::string_view doc, std::string_view indent);

/// The documentation as people read it: lines joined, paragraphs kept.
std::string unwrapped(std::string_view doc);

} // namespace tenon::generator
