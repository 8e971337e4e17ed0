// The address guard: which addresses a node may call. What users write (URLs, redirects) must not
// reach what only the node can reach: its own loopback, the private network around it, the cloud's
// metadata. Names prove nothing, so the guard judges addresses, all of a host, and the connection
// is then made to the very address that was judged.
#pragma once

#include "runtime/outbound/address.hpp"

#include <string_view>
#include <vector>

namespace tenon::runtime::outbound {

struct policy {
  /// What the operator allows beyond the public internet. A metadata address is allowed only by a
  /// network that is that address alone, since nobody who allows 169.254.0.0/16 means it.
  std::vector<network> allowed;
};

/// Nothing, or `forbidden`, naming the address, what kind it is, and the option that allows it.
result<void> allowed(const address&, const policy&, std::string_view host);

/// One refused address refuses the host: a name with a public and a private address is an attempt.
result<void> allowed(const std::vector<address>&, const policy&, std::string_view host);

} // namespace tenon::runtime::outbound
