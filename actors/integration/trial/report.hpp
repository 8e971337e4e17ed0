// What came of trying an integration out, check by check, in the order in which they were made.
#pragma once

#include "protocols/failure.hpp"
#include "protocols/value.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::actors::connectors::trial {

enum class verdict : std::uint8_t { passed, warned, failed, skipped };
std::string_view name_of(verdict);

struct check {
  std::string_view part; // "address", "credentials", "streams", "actions" and so on
  std::string name;      // "resolves", "stream contacts"
  trial::verdict verdict = verdict::passed;
  std::string detail{}; // what was found, and where
  std::string remedy{};
  std::optional<span> took{};
};

using report = std::vector<check>;

/// One that the failure is about.
check failing(std::string_view part, std::string name, const failure&,
              std::optional<span> took = {});

bool has_failed(const report&);
object to_object(const report&);

} // namespace tenon::actors::connectors::trial
