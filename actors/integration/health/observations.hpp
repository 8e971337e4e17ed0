// What is known of an integration, from everybody who knows something of it: what its health is
// made from. What nobody knows is absent, which is not the same as zero.
#pragma once

#include "actors/integration/health/tally.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tenon::actors::connectors::health {

/// One bucket of the quota.
struct headroom {
  std::string name;
  std::uint64_t left = 0;
  std::uint64_t amount = 1;
  span period{}; // in which it is full again
};

/// A sync that uses the integration.
struct used_by {
  std::string name;
  std::optional<span> lag{};   // since it began to see all that is there; nothing: it never has
  std::optional<span> usual{}; // between the beginnings of its runs
  bool ended = false;          // a run of it has
  bool failed = false;         // the newest of those did
  std::string why{};
  std::uint64_t read = 0; // of the last 7 days, as the rest
  std::uint64_t letters = 0;
  std::optional<std::uint64_t> drifts{}; // changes of the source's schema; nothing: nobody looks
};

struct observations {
  std::vector<tally> hours{};
  std::vector<tally> days{};

  bool circuit_open = false;
  moment circuit_until{};

  std::optional<failure> barred{};     // why nobody gets as far as a request
  std::optional<bool> needs_proof{};   // nothing: the connector is not known
  std::string token{};                 // as the credential's status has it; empty: no credential
  std::string token_why{};             // the last attempt to get one failed
  std::optional<moment> token_until{}; // it ends

  bool checked = false;
  bool check_passed = false;
  std::string check_why{};
  moment checked_at{};

  std::vector<headroom> buckets{};
  bool limits_declared = false;
  moment blocked_until{};
  std::uint32_t per_mille = 1000;

  std::vector<used_by> syncs{};
  std::string version_warning{};
};

} // namespace tenon::actors::connectors::health
