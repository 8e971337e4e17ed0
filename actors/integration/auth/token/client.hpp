// Who asks a token server, and in which form: the client's own proof, the names that the provider
// has for the parameters, and the body.
//
//   client_id: "{{conn.client_id}}"      client_secret: "{{secret.client_secret}}"
//   client_auth: body                    or basic, none, or private_key_jwt (RFC 7523) with
//   private_key: "{{secret.private_key}}", key_id, alg: RS256
//   names: {client_id: client_key}       body: form, or json
#pragma once

#include "actors/integration/auth/method.hpp"
#include "actors/integration/auth/token/call.hpp"
#include "actors/integration/web/url.hpp"
#include "runtime/signing/signing.hpp"

namespace tenon::actors::connectors {

/// What signs assertions.
struct assertion_key {
  std::optional<program> key;
  std::optional<program> key_id;
  runtime::signing::algorithm algorithm = runtime::signing::algorithm::rs256;
};
/// `private_key`, `key_id` and `alg`.
assertion_key take_assertion_key(form&);
result<runtime::signing::private_key> read_key(const assertion_key&, const scope&);
result<std::string> sign_assertion(const assertion_key&, const scope&, const object& claims);

struct token_client {
  enum class proof : std::uint8_t { body, basic, private_key_jwt, none };

  std::optional<program> id;
  std::optional<program> secret;
  assertion_key key;
  proof how = proof::body;
  bool as_json = false;
  parameters names; // ours, and the provider's
};

token_client take_token_client(form&);

/// The texts of templates; what is empty is left out.
result<void> add_evaluated(parameters& onto, const named_programs&, const scope&);

/// By the provider's names.
parameters renamed(const token_client&, parameters);

/// A POST to `address` with the parameters and the client's proof.
result<http_request> token_request(const token_client&, const program& address, parameters,
                                   const scope&, const instant&);

/// `scopes` joined by `separator`, and `scope`, `resource` and `audience`, as parameters.
named_programs take_scopes(form&);

} // namespace tenon::actors::connectors
