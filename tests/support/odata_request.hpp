// What a request to an OData service asks for (OData 2 and 4), taken apart as the service would do
// it, and what of it no such service understands. What there is to be asked for is another
// question: tests/support/odata_description.hpp.
#pragma once

#include "protocols/value.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::tests {

/// What a value that is written in an address is: "Edm.String", "Edm.Guid" and so on, "number" for
/// all numbers, "null", or "" when it is none.
std::string odata_literal(int version, std::string_view text);

/// Whether a property of that type can be compared with such a literal.
bool odata_suits(std::string_view literal, std::string_view type);

/// A value of that type as such a literal.
std::string odata_written(int version, std::string_view type, const value&);

struct odata_request {
  std::string set{};                                       // "A_BusinessPartner"
  std::vector<std::pair<std::string, std::string>> key{};  // names and literals; one may have none
  std::vector<std::string> behind{};                       // steps after that
  std::vector<std::string> selected{};                     // properties, by option
  std::vector<std::string> ordered{};                      // the same
  std::vector<std::string> expanded{};                     // links
  std::vector<std::pair<std::string, std::string>> held{}; // properties, and literals beside them
  std::vector<std::string> wrong{};

  /// `target` is what follows the service's own address.
  static odata_request read(int version, std::string_view target);
};

} // namespace tenon::tests
