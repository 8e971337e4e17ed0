// The kinds of resources and how the API speaks to their actors: the same three commands, each in
// the words of the kind's own conversation.
#pragma once

#include "nodes/edge/environment.hpp"
#include "protocols/resource.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::actors::connectors {
struct manifest;
}

namespace tenon::nodes::edge {

struct wanted_resource;

struct resource_kind {
  std::string_view name;   // "sync"
  std::string_view plural; // "syncs", as in paths
  blob (*configure)(const protocols::resource::configure&);
  blob (*describe)();
  blob (*remove)(const protocols::resource::remove&);
  /// All that is wrong with a spec as far as it alone tells, after what is told already; null for a
  /// kind with secrets, which only its actor can judge.
  void (*find_mistakes)(const value& spec, std::vector<failure>& told) = nullptr;
  /// What only the node can judge; null: nothing. `then` may run anywhere.
  using examined = std::function<void(std::vector<failure>)>;
  void (*examine)(const environment&, const wanted_resource&, examined then) = nullptr;
};

/// In the order in which a set of resources is applied: what others name comes first.
const std::vector<resource_kind>& resource_kinds();
const resource_kind* find_kind(std::string_view plural);
const resource_kind* find_singular(std::string_view name);

/// One resource as the API says it: kind, tenant, name, version, spec, status.
value shown(const resource_kind&, const identity&, const protocols::resource::described&);

struct wanted_resource {
  const resource_kind* kind = nullptr;
  identity id;
  value spec;
  std::uint64_t if_version = 0;
  bool if_absent = false;
  bool dry_run = false;
  /// Of an integration whose connector is not stored, as that is only tried out beside it.
  std::shared_ptr<const actors::connectors::manifest> connector{};
};

/// What a resource looks like, for the API's description.
value resource_schema();

/// Configures and tells what came of it: the resource with its `outcome`, or everything that was a
/// reason to refuse it, at least one. `then` may run anywhere.
struct configuring {
  value resource{};
  std::vector<failure> refused{};
};
using configured = std::function<void(configuring)>;
void configure(const environment&, const wanted_resource&, configured then);

/// The body of a PUT, or one member of an apply: {kind, name, spec}. What the path says wins, and
/// must not be contradicted.
result<wanted_resource> read_resource(const value& document, std::string_view tenant,
                                      const resource_kind* kind, std::string_view name);

/// `"7"` → 7, `*` → any; for If-Match.
result<std::uint64_t> read_version(std::string_view etag);

} // namespace tenon::nodes::edge
