// A person's consent: the address where they give it, and the way back with what the provider says.
// The state that goes along names the credential and the integration, and holds a secret; the nonce
// that is waited for is made of the last two, so that nobody can put another integration there.
#pragma once

#include "actors/integration/hooks/inbound.hpp"
#include "actors/integration/platform.hpp"

namespace tenon::actors::connectors {

/// One way to the provider and back.
struct errand {
  std::string url; // for the person's browser
  std::uint64_t number = 0;
  moment expires_at{};
};

/// `redirect` is where the provider sends the person back to.
runtime::task<result<errand>> begin_authorization(platform&, identity credential,
                                                  std::string integration, std::string redirect);

/// What the provider sends the person back with.
struct returned {
  std::string state;
  std::string code;
  std::string why; // instead of a code
  inbound as_sent; // all of it, for providers that prove it
};

struct arrival {
  identity credential;
  std::string integration;
  std::uint64_t number = 0;
};

/// `conflict` for a state that nobody waits for; `unauthenticated` when the provider proves who it
/// sends back, and this is not proved: then it is still awaited. The token is fetched after that.
runtime::task<result<arrival>> end_authorization(platform&, returned);

/// Waits a little for the token: "" when it is there, else why not; nothing while it is fetched.
runtime::task<result<std::optional<std::string>>> await_token(platform&, arrival);

} // namespace tenon::actors::connectors
