// Between a connector and the quota: what a request takes, and what its answer tells. Pure: whoever
// sends the request asks the quota with the one, and tells it the other.
#pragma once

#include "actors/integration/interpreter.hpp"
#include "protocols/quota.hpp"
#include "protocols/sync.hpp"

#include <string>
#include <vector>

namespace tenon::actors::connectors {

/// Who sends a request, to those who share a quota.
struct asker {
  std::string name{"people"};
  std::uint32_t weight = 16; // a sync has 1, 4 or 16 by its priority
  bool interactive = true;   // somebody waits for it
};

/// A sync, which nobody waits for.
asker background(std::string sync, protocols::sync::priority);

/// As the quota knows it; the name says whose it is.
protocols::quota::bucket described(const bucket&, std::string name);

struct toll {
  protocols::quota::take wanted;      // no buckets: there are no limits
  std::vector<std::size_t> buckets{}; // of the manifest, in turn
  std::vector<std::string> shared{};  // the key of each that others take from; empty: of its own
};
result<toll> toll_of(const manifest&, const connection&, const http_request&, const asker&);

/// What the answer says of the limits and of what the request has cost, in the order in which the
/// quota should hear it.
std::vector<protocols::quota::command> told_by(const manifest&, const toll&,
                                               const protocols::quota::granted&,
                                               const http_response&, moment now);

} // namespace tenon::actors::connectors
