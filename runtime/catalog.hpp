// What a node may host: one entry per kind of actor, by name. The build generates the list from the
// folder; nothing registers itself.
#pragma once

#include "runtime/hosting/body.hpp"

#include <functional>
#include <span>
#include <string_view>

namespace tenon::runtime {

struct kind {
  std::string_view name;
  runtime::keeps keeps;
  bool secret; // its events or its state hold secrets: everything it writes is sealed
  /// Made once per node; every body of the kind counts into it.
  std::shared_ptr<void> (*make_metrics)(meters&);
  std::unique_ptr<body> (*make)(void* metrics);
};

using catalog = std::vector<kind>;

template <class Actor> kind describe(std::string_view name) {
  return {name, Actor::keeps,
          protocols::holds_secrets<typename Actor::protocol_state>() ||
              protocols::holds_secrets<typename Actor::event>(),
          [](meters& m) -> std::shared_ptr<void> {
            if constexpr (requires { typename Actor::metrics; })
              return std::make_shared<typename Actor::metrics>(m);
            else
              return (void)m, nullptr;
          },
          [](void* metrics) -> std::unique_ptr<body> {
            return std::make_unique<body_of<Actor>>(metrics);
          }};
}

} // namespace tenon::runtime
