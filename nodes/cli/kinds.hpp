// The kinds of resources by both their names: singular in a document, plural in a path.
#pragma once

#include <array>
#include <string_view>

namespace tenon::nodes::cli {

struct kind_names {
  std::string_view one;
  std::string_view many;
};

inline constexpr std::array<kind_names, 10> kinds{{{"connector", "connectors"},
                                                   {"integration", "integrations"},
                                                   {"credential", "credentials"},
                                                   {"quota", "quotas"},
                                                   {"breaker", "breakers"},
                                                   {"sync", "syncs"},
                                                   {"collection", "collections"},
                                                   {"schedule", "schedules"},
                                                   {"hook", "hooks"},
                                                   {"trigger", "triggers"}}};

/// Null for a name of neither sort.
constexpr const kind_names* find_kind(std::string_view name) {
  for (const auto& kind : kinds)
    if (kind.one == name || kind.many == name)
      return &kind;
  return nullptr;
}

} // namespace tenon::nodes::cli
