// What stands in a request: its query, a form, Basic credentials, and the opaque cursors the vendor
// hands out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::tests::paged_api {

class query {
public:
  /// "a=1&b=x%20y"; the later of two members with one name does not count.
  explicit query(std::string_view text);

  /// Null when absent.
  const std::string* find(std::string_view name) const;
  /// A natural number; `otherwise` when absent, nothing when it is not one or above `most`.
  std::optional<std::size_t> number(std::string_view name, std::size_t otherwise,
                                    std::size_t most = 1'000'000'000'000) const;

private:
  std::vector<std::pair<std::string, std::string>> members_;
};

std::string decoded_base64(std::string_view text); // both alphabets; empty when malformed

/// A cursor nobody should look into: "c" and the position, in base64url.
std::string opaque(std::int64_t position);
std::optional<std::int64_t> position_of(std::string_view opaque_text);

} // namespace tenon::tests::paged_api
