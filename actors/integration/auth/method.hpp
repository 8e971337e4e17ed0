// How a connector proves who is asking. Every kind is a few pure functions: what to ask for next on
// the way to something to hold, what each answer means, and where the proof goes in a request.
// Keeping what is held, renewing it in time and never twice at once is the credential's business.
#pragma once

#include "actors/integration/form/pattern.hpp"
#include "actors/integration/web/message.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::actors::connectors {

struct inbound;

/// What a provider gave, to be shown with every request until it ends.
struct holding {
  std::string token{}; // or what stands for it, such as a session's name
  std::string refresh_token{};
  std::string cookies{}; // as a Cookie header says them
  std::string csrf{};
  object captured{};                  // what expressions then call conn.…
  std::optional<moment> expires_at{}; // nothing: it is good until refused
  std::optional<moment> renew_at{};   // some time ahead of that

  bool operator==(const holding&) const = default;
};

/// How far ahead of its end a token is renewed, at most a tenth of its life. The jitter is drawn by
/// the caller, so that many credentials made at once do not all renew at once.
struct renewal {
  span skew{std::chrono::seconds{30}};
  span jitter{0};
};

/// When it is, and a text that never comes again.
struct instant {
  moment now{};
  std::string nonce{};
};

/// One conversation with a provider: from what is held, or what a person allowed, to what will be.
struct acquisition {
  holding before{};
  std::string code{}; // that a person's consent brought back; empty: nobody was asked
  std::string verifier{};
  std::string redirect{};
  renewal ahead{};

  holding made{};
  std::size_t step = 0;   // answers heard
  std::size_t swaps = 0;  // of those, by `exchange`
  bool reconnect = false; // it failed, and only a person can begin anew
};

/// What a person is asked to allow, and how the answer is known again.
struct consent {
  std::string redirect;
  std::string state;
  std::string verifier; // of PKCE (RFC 7636)
};

class method {
public:
  virtual ~method() = default;

  /// Whether `inject` needs something that `ask` gets.
  virtual bool needs_token() const { return false; }
  /// Whether a person has to allow it first.
  virtual bool needs_person() const { return false; }
  /// Whether each renewal makes the refresh token before it worthless.
  virtual bool rotates() const { return false; }
  /// What that person is asked for, as far as it is known by name.
  virtual std::string asked_scopes(const scope&) const { return {}; }
  /// Where that person is sent.
  virtual result<std::string> authorize(const scope&, const consent&) const;
  /// Whether it was the provider who sent that person back: `unauthenticated` when it proves it and
  /// has not. Providers that prove nothing are known by the state alone.
  virtual result<void> sent_back(const inbound&, const scope&, moment now) const;
  /// Puts that proof into the way back, as the provider does: for its twin.
  virtual result<void> send_back(inbound&, const scope&, moment now) const;

  /// The next request; nothing when `made` is complete. A path alone is one of the API's.
  virtual result<std::optional<http_request>> ask(const scope&, acquisition&, const instant&) const;
  /// What came back. `malformed` when it holds nothing of use; `unauthenticated` when it refuses
  /// the credentials, which asking again does not change; `unavailable` when it may.
  virtual result<void> hear(const scope&, const http_response&, acquisition&, const instant&) const;

  /// Tells the provider that what is held is of no use any more; nothing where it is not told.
  virtual result<std::optional<http_request>> leave(const scope&, const holding&) const;

  /// Puts the proof into a request. `held` is what `ask` got, for kinds that have it.
  virtual result<void> inject(http_request&, const scope&, const holding* held,
                              const instant&) const = 0;

  /// Whether an answer says that what is held is worn out, beyond what the connector's rules say.
  virtual bool wore_out(const http_response&) const { return false; }
};

struct auth_kind {
  std::string_view name;
  /// `secrets` are the connection's secret parameters, by name.
  std::shared_ptr<const method> (*compile)(const value& settings, const std::string& where,
                                           const std::vector<std::string>& secrets, problems&);
};

const std::vector<auth_kind>& all_auth_kinds();

struct compiled_auth {
  std::string kind;
  std::shared_ptr<const connectors::method> method;
};

/// The `auth` block: one kind by its name or with its settings, and `sign` beside it.
compiled_auth compile_auth(const value& said, const std::string& where,
                           const std::vector<std::string>& secrets, problems&);

/// The alternatives of `auth: {one_of: {…}}`, of which the account's config chooses one.
using alternatives = std::vector<std::pair<std::string, compiled_auth>>;
alternatives compile_alternatives(const value& said, const std::string& where,
                                  const std::vector<std::string>& secrets, problems&);

/// Parameters that are computed for each request, added to those of another kind.
std::shared_ptr<const method> compile_sign(std::shared_ptr<const method>, const value& settings,
                                           const std::string& where, problems&);

// The kinds, each in its file.
extern const auth_kind no_auth;
extern const auth_kind key_auth;
extern const auth_kind basic_auth;
extern const auth_kind oauth2_auth;
extern const auth_kind oauth2_client_auth;
extern const auth_kind jwt_bearer_auth;
extern const auth_kind oauth1_auth;
extern const auth_kind session_auth;
extern const auth_kind exchange_auth;

} // namespace tenon::actors::connectors
