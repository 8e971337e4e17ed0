// What a test offers in a node's place to what syncs read from and write to.
#pragma once

#include "actors/sync/sources/catalog.hpp"
#include "actors/sync/sources/relational/server.hpp"
#include "runtime/tasks/workers.hpp"
#include "tests/support/secrets.hpp"

#include <stdexcept>

namespace tenon::tests {

inline runtime::workers& blocking_threads() {
  static runtime::workers threads{{.threads = 2}};
  return threads;
}

/// The credential `main`, servers on loopback, and files below these directories.
inline actors::surroundings offered(std::vector<std::filesystem::path> roots = {},
                                    actors::connectors::platform* platform = nullptr) {
  auto& threads = blocking_threads();
  actors::surroundings s{
      .platform = platform,
      .secrets = secrets({{"main", {{"user", "tenon"}, {"password", "a secret of the test"}}}}),
      .readable = roots,
      .writable = roots,
      .files = threads,
      .databases = threads,
      .brokers = threads,
      .tapping = threads};
  s.policy.allowed.push_back(*runtime::outbound::parse_network("127.0.0.0/8"));
  return s;
}

inline actors::relational::database_options reached_servers() {
  return actors::relational::options_within(offered(), blocking_threads());
}

inline std::unique_ptr<actors::source_kind> source_kind_of(std::string_view name,
                                                           const actors::surroundings& s) {
  for (const auto& m : actors::sources::catalog())
    if (m.name == name)
      return m.make(s);
  throw std::runtime_error{"there is no source " + std::string{name}};
}

} // namespace tenon::tests
