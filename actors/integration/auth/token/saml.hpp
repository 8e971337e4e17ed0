// A SAML 2.0 assertion with its signature (XML Signature, enveloped, exclusive canonical form), for
// a bearer of it (RFC 7522). It is written in the canonical form: what is signed is what is sent.
#pragma once

#include "actors/integration/web/url.hpp"
#include "runtime/signing/signing.hpp"

namespace tenon::actors::connectors {

struct saml_claims {
  std::string id{}; // that never comes again
  std::string issuer{};
  std::string subject{};
  std::string recipient{}; // the token server's address
  std::string audience{};
  moment issued{};
  span life{};
  parameters attributes{};
};

/// `malformed` when the key is not one for the algorithm, RS256 or ES256.
result<std::string> make_saml(const runtime::signing::private_key&, runtime::signing::algorithm,
                              const saml_claims&);

} // namespace tenon::actors::connectors
