// Where a proof goes in a request.
#pragma once

#include "actors/integration/auth/method.hpp"

namespace tenon::actors::connectors {

struct placement {
  enum class where { header, query, cookie, body };

  where in = where::header;
  std::string name{"Authorization"};
  std::string prefix{};
};

/// `in`, `name` and `prefix` of a kind's settings.
placement take_placement(form&, std::string_view default_prefix);

/// `malformed` when the proof could break out of its place, as a line break in a header would.
result<void> put_proof(http_request&, const placement&, std::string_view proof);

/// The same, from what is under `inject`.
placement take_injection(form&, std::string_view default_prefix);

/// What is held, at its place; `unauthenticated` when nothing is.
result<void> put_token(http_request&, const placement&, const holding* held);

/// The names that expressions may use in the settings of a kind.
vocabulary auth_words(std::initializer_list<const char*> more = {});

/// A setting that is a template and may hold a secret; `fallback` when it is left out.
std::optional<program> take_secret(form&, std::string_view name, std::string_view fallback);

/// Its text; `unauthenticated` when it is empty, because nothing was filled in.
result<std::string> secret_text(const program&, const scope&);

} // namespace tenon::actors::connectors
