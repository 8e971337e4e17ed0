// How a connector proves who is asking. Every kind is three pure functions: what to ask for a
// token, what the answer means, and where the proof goes in a request. Keeping tokens, asking for
// new ones in time and never twice at once is the credential's business.
#pragma once

#include "actors/integration/form/pattern.hpp"
#include "actors/integration/web/message.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::actors::connectors {

struct token {
  std::string text;
  std::optional<moment> expires_at; // nothing: it is good until refused
  std::optional<moment> renew_at;   // some time ahead of that

  bool operator==(const token&) const = default;
};

/// How far ahead of its end a token is renewed. The jitter is drawn by the caller, so that many
/// credentials made at once do not all renew at once.
struct renewal {
  span skew{std::chrono::seconds{60}};
  span jitter{0};
};

class method {
public:
  virtual ~method() = default;

  /// Whether `inject` needs a token that `acquire` asks for.
  virtual bool needs_token() const { return false; }

  /// The request for a token; nothing for kinds that need none.
  virtual result<std::optional<http_request>> acquire(const scope&) const = 0;

  /// What came back. `malformed` when it holds no token; `unauthenticated` when it refuses the
  /// credentials, which asking again does not change; `unavailable` when it may.
  virtual result<token> accept(const http_response&, renewal, moment now) const = 0;

  /// Puts the proof into a request. `held` is the token, for kinds that have one.
  virtual result<void> inject(http_request&, const scope&, const token* held) const = 0;
};

struct auth_kind {
  std::string_view name;
  /// `secrets` are the connection's secret parameters, by name.
  std::shared_ptr<const method> (*compile)(const value& settings, const std::string& where,
                                           const std::vector<std::string>& secrets, problems&);
};

const std::vector<auth_kind>& all_auth_kinds();

// The kinds, each in its file.
extern const auth_kind no_auth;
extern const auth_kind key_auth;
extern const auth_kind basic_auth;
extern const auth_kind oauth2_client_auth;

} // namespace tenon::actors::connectors
