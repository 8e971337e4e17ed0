// Whether a request to a hook was sent by whom it says. One block for all platforms:
//
//   verify: {hmac: sha256, secret: client_secret, header: x-hub-signature-256, prefix: "sha256=",
//            encoding: hex, signed: "{{raw}}", ts: {header: …, unit: s, tolerance: 5m}}
//   verify: {hash: sha256, …, signed: "{{secret}}{{raw}}"}
//   verify: {ecdsa: p256, secret: public_key, header: …, encoding: base64, signed: "{{ts}}{{raw}}"}
//   verify: {ed25519: raw, secret: public_key, …}
//   verify: {standard: webhook, secret: signing_secret}          standardwebhooks.com; or svix
//   verify: {hmac: sha256, …, query: hmac, signed: "{{query_sorted}}", ts: {query: timestamp}}
//   verify: {token: header x-goog-channel-token, secret: channel_token}
//   verify: {basic: {user: …, password: …}}
//
// `secret` names a secret parameter, or is a template, or a list of them while one is replaced by
// another: any may fit, those that are empty do not count. `header` holds the signature, or `query`
// does; where it holds more, `kv: {ts: t, signature: s}` takes it apart. `signed` may be a list,
// and so may the whole block: one has to fit. Secrets and signatures are compared in constant time.
#pragma once

#include "actors/integration/form/pattern.hpp"
#include "actors/integration/hooks/inbound.hpp"

#include <memory>
#include <vector>

namespace tenon::actors::connectors {

/// What only the sender has.
struct sender {
  moment now;
  std::string id;  // of what is sent
  std::string key; // its private one, where ours is public
};

class verification {
public:
  virtual ~verification() = default;
  /// `unauthenticated` when it was not, or not now; `unavailable` when the connection lacks the
  /// secret to tell. Neither says more than a stranger may know.
  virtual result<void> verify(const inbound&, const scope& names, moment now) const = 0;
  /// Puts the sender's proof into a request, as the platform does: for its twin.
  virtual result<void> prove(inbound&, const scope& names, const sender&) const = 0;
  /// Whether a keyed digest of just this text could be believed to be the signature of a body.
  virtual bool signs(std::string_view) const { return false; }
};

std::shared_ptr<const verification> compile_verification(const value&, const std::string& where,
                                                         const std::vector<std::string>& secrets,
                                                         problems&);

/// A text that names a secret parameter, or a template.
std::optional<program> compile_secret(const std::string& text, const std::string& where,
                                      const std::vector<std::string>& secrets, problems&);
using secret_programs = std::vector<program>;
/// One of them, or a list.
secret_programs take_secrets(form&, std::string_view name, const std::vector<std::string>& secrets);
/// Those that are filled in; `unavailable` when none is.
result<std::vector<std::string>> secret_texts(const secret_programs&, const scope&);

} // namespace tenon::actors::connectors
