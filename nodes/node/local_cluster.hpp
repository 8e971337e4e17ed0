// What the options of `tenon node` say of a cluster, and joining one before the first start.
#pragma once

#include "nodes/cli/local_commands.hpp"
#include "nodes/cluster/settings.hpp"
#include "protocols/failure.hpp"

namespace tenon::nodes {

/// The node's part in a cluster; it has joined, where it was told to and has not before.
result<cluster::steward_settings> be_member(const cli::node_options&);

/// A machine's name as a node's: small letters, digits and '-', at most 63; "node" for nothing.
std::string node_name_of(std::string machine);

} // namespace tenon::nodes
