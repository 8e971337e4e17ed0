// What says who this node is, and where it is kept: the folder `cluster` of the data directory,
// with its key and certificate, the authority's where it has that, and the cluster's members as it
// saw them last, so that it finds its peers when it starts. A node without a certificate there is
// alone.
#pragma once

#include "cluster/identity/kept_identity.hpp"
#include "cluster/membership/membership.hpp"
#include "runtime/sealing/sealing.hpp"

#include <optional>

namespace tenon::nodes::cluster {

using node_id = tenon::cluster::membership::node_id;
using council_state = tenon::cluster::membership::state;

inline constexpr node_id founder = 1;

struct card {
  std::string cluster; // its id
  node_id node = 0;
  tenon::cluster::credentials shown{};
  std::optional<tenon::cluster::authority> authority{}; // every worker keeps it
};

std::filesystem::path folder_of(const std::filesystem::path& data);

/// `not_found` for a node that is alone; whatever else is wrong with the files, what to do.
result<card> kept_card(const std::filesystem::path& data, moment now);
/// The certificate last: until it is there, the node is alone. Durable when it returns.
result<void> keep(const std::filesystem::path& data, const card&);
/// Alone again; what is not there is no failure.
void drop_card(const std::filesystem::path& data);

/// `not_found`, or `malformed` when it is damaged: then the members must be asked for.
result<council_state> kept_members(const std::filesystem::path& data);
result<void> keep_members(const std::filesystem::path& data, const council_state&);

/// The first node's, with an authority of its own.
result<card> make_card(const std::string& cluster, const std::string& name, moment now);
/// Another certificate for the same node, by the authority that it keeps.
result<card> renewed(const card&, moment now);

/// 16 small hexadecimal digits.
std::string draw_cluster_id(runtime::entropy&);
/// Never 0.
std::uint64_t draw_boot_id(runtime::entropy&);

} // namespace tenon::nodes::cluster
