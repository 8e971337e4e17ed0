// The files that say who a node is: `node.pem` with its key, its certificate and whom it trusts,
// and, where the cluster's authority is kept, `authority.pem` with key and certificate. One file
// each, so that a power cut during a renewal leaves the old pair or the new one, never half of
// both. Only their owner may read them.
#pragma once

#include "cluster/identity/certificate.hpp"

#include <filesystem>

namespace tenon::cluster {

/// Durable when it returns.
result<void> keep(const std::filesystem::path& directory, const credentials&);
result<void> keep(const std::filesystem::path& directory, const authority&);

/// `not_found` when there is none; `forbidden` when others than its owner may use the file.
result<credentials> kept_credentials(const std::filesystem::path& directory);
result<authority> kept_authority(const std::filesystem::path& directory);

} // namespace tenon::cluster
