// Verifying by a signature over the request: with a shared secret, or with the sender's public key.
#pragma once

#include "actors/integration/hooks/verify.hpp"

namespace tenon::actors::connectors {

/// `kind`: hmac, hash, ecdsa, ed25519 or standard; the form is the block's.
std::shared_ptr<const verification> compile_signature(const std::string& kind, form&,
                                                      const std::vector<std::string>& secrets);

} // namespace tenon::actors::connectors
