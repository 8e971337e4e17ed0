// The kinds of resources and how the API speaks to their actors: the same three commands, each in
// the words of the kind's own conversation.
#pragma once

#include "nodes/edge/environment.hpp"
#include "protocols/resource.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::nodes::edge {

struct resource_kind {
  std::string_view name;   // "sync"
  std::string_view plural; // "syncs", as in paths
  blob (*configure)(const protocols::resource::configure&);
  blob (*describe)();
  blob (*remove)(const protocols::resource::remove&);
};

/// In the order in which a set of resources is applied: what others name comes first.
const std::vector<resource_kind>& resource_kinds();
const resource_kind* find_kind(std::string_view plural);
const resource_kind* find_singular(std::string_view name);

/// One resource as the API says it: kind, tenant, name, version, spec, status.
value shown(const resource_kind&, const identity&, const protocols::resource::described&);

/// Configures and tells what came of it: the resource with its `outcome`. `then` may run anywhere.
struct wanted_resource {
  const resource_kind* kind = nullptr;
  identity id;
  value spec;
  std::uint64_t if_version = 0;
  bool if_absent = false;
  bool dry_run = false;
};
using configured = std::function<void(result<value>)>;
void configure(const environment&, const wanted_resource&, configured then);

/// The body of a PUT, or one member of an apply: {kind, name, spec}. What the path says wins, and
/// must not be contradicted.
result<wanted_resource> read_resource(const value& document, std::string_view tenant,
                                      const resource_kind* kind, std::string_view name);

/// `"7"` → 7, `*` → any; for If-Match.
result<std::uint64_t> read_version(std::string_view etag);

} // namespace tenon::nodes::edge
