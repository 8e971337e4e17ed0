// What the answer of a token server says: the token, how long it lives, the token that renews it,
// and what else is worth keeping.
//
//   token_path: access_token      refresh_token_path: refresh_token      expires_in_path:
//   expires_in expires_in: 1h                where no answer says it; `none`: it never ends; else a
//   path capture: [instance_url, team.id]     then conn.instance_url, conn.team_id; or {name: path}
#pragma once

#include "actors/integration/auth/method.hpp"
#include "actors/integration/page/path.hpp"

#include <utility>

namespace tenon::actors::connectors {

using captures = std::vector<std::pair<std::string, json_path>>;

struct token_answer {
  json_path token;
  json_path refresh_token;
  json_path expiry;
  std::optional<span> lifetime; // when the answer does not say
  bool endless = false;
  bool rotates = false; // each refresh makes the refresh token before it worthless
  connectors::captures captures;
};

token_answer take_token_answer(form&);
captures take_captures(form&);

/// Into what is made; whatever the answer leaves out stays as it was before.
result<void> read_token(const token_answer&, const http_response&, acquisition&, moment now);

/// The values of an answer that are there, into what is made.
result<void> capture(const captures&, const http_response&, acquisition&);

/// Why an answer without a token has none. A refused grant sets `reconnect`.
failure refused_token(const http_response&, const token_answer&, acquisition&);

} // namespace tenon::actors::connectors
