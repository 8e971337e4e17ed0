// A vendor's own description of its API (OpenAPI 2, 3 or 3.1), and what of an exchange with it is
// not as it says. The descriptions are in tests/recordings/specifications.
#pragma once

#include "actors/integration/web/message.hpp"
#include "tests/support/json_schema.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::tests {

/// The method and path of a request, found in the description.
struct described_operation {
  std::string name;  // "GET /users.list"
  const value* item; // of the path
  const value* operation;
};

class vendor_specification {
public:
  /// `base`: where the API is, instead of what the description says.
  explicit vendor_specification(const std::filesystem::path&, std::string base = {});

  bool is_there() const { return !document_.is_null(); }
  const value& document() const { return document_; }

  /// A failure says whether there is no such operation, or the excerpt has left it out.
  result<described_operation> find(std::string_view method, std::string_view url) const;

  std::vector<std::string> complaints(const described_operation&,
                                      const actors::connectors::http_request&) const;
  std::vector<std::string> complaints(const described_operation&,
                                      const actors::connectors::http_response&) const;

  /// Whether its answer may have a field at this path.
  bool answers_with(const described_operation&, const std::vector<std::string>& path) const;
  /// Whether what the platform sends of its own may have one.
  bool sends(std::string_view webhook, const std::vector<std::string>& path) const;

private:
  std::vector<const value*> parameters_of(const described_operation&) const;
  void check_body(const described_operation&, const actors::connectors::http_request&,
                  std::vector<std::string>& wrong) const;
  const value* answer_of(const described_operation&) const;

  value document_;
  json_schema schemas_{document_};
  std::vector<std::string> bases_;
};

} // namespace tenon::tests
