// Five failures within fifteen minutes lock whatever failed until the oldest of the five is that
// old. Bounded: when too many different things fail, those whose last failure is oldest are
// forgotten first. Pure but for the lock that lets io threads share it.
#pragma once

#include "protocols/moment.hpp"

#include <array>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tenon::nodes::edge {

class lockout {
public:
  static constexpr std::size_t most_failures = 5;
  static constexpr span window = std::chrono::minutes{15};

  explicit lockout(std::size_t most_tracked) : most_tracked_{most_tracked} {}

  /// How long it stays locked; nothing when it is not.
  std::optional<span> locked(const std::string& what, moment now) const;
  void failed(const std::string& what, moment now);
  void succeeded(const std::string& what);

private:
  struct record {
    std::array<moment, most_failures> failures{}; // a ring
    std::size_t count = 0;                        // of all failures ever
    moment last{};
  };

  std::size_t most_tracked_;
  mutable std::mutex guard_;
  std::unordered_map<std::string, record> records_;
};

} // namespace tenon::nodes::edge
