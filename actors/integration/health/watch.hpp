// Counts what an integration's requests come to, in memory, and tells it at most once a minute: a
// request costs no write. A node that is killed loses what was counted since; nothing else hangs on
// it.
#pragma once

#include "actors/integration/health/tally.hpp"
#include "protocols/identity.hpp"
#include "protocols/integration.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

namespace tenon::actors::connectors::health {

class watch {
public:
  using count = protocols::integration::count;

  /// What is to be told now, if anything. `sync` has asked; empty: somebody else.
  std::optional<count> hear(const identity&, const result<http_response>&, span took,
                            const std::string& sync, moment now);
  /// All that has not been told.
  std::optional<count> take(const identity&, moment now);

private:
  struct pending {
    tally counted{};
    std::set<std::string> syncs{};
    moment told_at{};
  };
  static std::optional<count> told(pending&, moment now);

  std::mutex guard_;
  std::map<identity, pending> all_; // as many as there are integrations
};

} // namespace tenon::actors::connectors::health
