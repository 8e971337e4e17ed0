// What routes are made of: the ports they ask, handed over once when the node is put together. Each
// file in routes/ is given all of it and takes what it needs.
#pragma once

#include "actors/sync/destination.hpp"
#include "nodes/edge/key_ring.hpp"
#include "nodes/edge/route.hpp"
#include "runtime/hosting/host.hpp"
#include "runtime/telemetry/metrics.hpp"

#include <functional>
#include <string>
#include <vector>

namespace tenon::runtime {
class workers;
}
namespace tenon::actors::connectors {
class platform;
}

namespace tenon::nodes::cluster {
class steward;
}

namespace tenon::nodes::edge {

/// One thing that must be true before the node wants requests.
struct condition {
  std::string name; // "journal", "partitions"
  bool holds = false;
  std::string why{}; // when it does not
};

/// Whether the node can do its work. Asked on io threads: it must answer from memory.
class readiness {
public:
  virtual ~readiness() = default;
  virtual std::vector<condition> conditions() const = 0;
};

struct environment {
  runtime::meters& meters;
  const edge::readiness& readiness;
  runtime::host* host = nullptr; // null where only the edge itself is under test
  const actors::source_kinds* sources = nullptr;
  const actors::destination_kinds* destinations = nullptr;
  edge::key_ring* keys = nullptr;
  /// Runs what waits for a disk, on a thread for that, soon; `overloaded` when it cannot.
  std::function<result<void>(std::function<void()>)> aside{};
  /// Copies the data of the running node into a new directory. Only aside: it takes a while.
  std::function<result<void>(const std::string& into)> backup{};
  /// The way to what integrations talk to, and where tasks run; null where there is none.
  actors::connectors::platform* platform = nullptr;
  runtime::workers* workers = nullptr;
  /// The address under which others reach this edge: "https://tenon.example.com".
  std::function<std::string()> public_url{};
  cluster::steward* cluster = nullptr; // null where the node has no part in one
};

} // namespace tenon::nodes::edge

namespace tenon::nodes::edge::routes {

/// Every route of every file in this folder; the build writes this function.
route_list all(const environment&);

} // namespace tenon::nodes::edge::routes
