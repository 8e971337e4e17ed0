// API keys as those see them who manage them. Making and revoking wait for the disk: routes ask on
// a thread that may wait.
#pragma once

#include "nodes/edge/access.hpp"

#include <vector>

namespace tenon::nodes::edge {

class key_ring {
public:
  virtual ~key_ring() = default;

  /// Durable when it returns. The text is in nobody's memory afterwards: it is shown once.
  virtual result<issued_key> issue(std::string tenant, role, std::string title,
                                   std::optional<moment> expires) = 0;
  /// Those of one tenant, or with "*" all, the oldest first.
  virtual std::vector<stored_key> of(std::string_view tenant) const = 0;
  /// At once, for every request that comes after. `not_found` for a key of another tenant, and
  /// `conflict` for the last owner's.
  virtual result<void> revoke(std::string_view tenant, std::string_view id) = 0;
};

} // namespace tenon::nodes::edge
