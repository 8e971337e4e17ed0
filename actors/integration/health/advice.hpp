// What can be wrong with an integration, and what a person should do about it: one row each.
#pragma once

#include "protocols/health.hpp"

#include <cstdint>
#include <string>

namespace tenon::actors::connectors::health {

enum class symptom : std::uint8_t {
  circuit_open,
  unreached,
  barred,
  to_be_connected,
  secrets_refused,
  no_token,
  denied,
  check_failed,
  slower,
  slow,
  broken,
  refused,
  throttled,
  blocked,
  used_up,
  nearly_used_up,
  slowed_down,
  never_whole,
  run_failed,
  behind,
  letters,
  drifted,
  version_ends,
};

struct complaint {
  symptom what;
  std::string detail; // stands where the row has {}
};

struct advice {
  protocols::health::metric about{};
  std::string what;
  std::string remedy;

  bool operator==(const advice&) const = default;
};

advice advise(protocols::health::metric about, const complaint&);

} // namespace tenon::actors::connectors::health
