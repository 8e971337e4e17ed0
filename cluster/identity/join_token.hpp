// One-time tokens by which a node enters a cluster. The text, shown once, is
//
//   tenon-join-1.ID.SECRET.FINGERPRINT.CHECK
//
// The secret proves to the cluster that somebody there let the node in; the cluster keeps only its
// hash. The fingerprint of the authority's certificate proves to the node, before it has that
// certificate, that it talks to the right cluster. The check finds texts cut or mistyped.
//
// Nothing here keeps a token: whoever keeps it marks it used in the same decision that redeems it.
#pragma once

#include "protocols/failure.hpp"
#include "runtime/sealing/sealing.hpp"

#include <string>
#include <string_view>

namespace tenon::cluster {

struct join_token {
  std::string id;
  std::string secret;
  std::string fingerprint; // of the authority's certificate
};

struct kept_join_token {
  std::string id;
  std::string hash; // of the secret, in hexadecimal digits
  moment expires;
  bool used = false;
};

struct issued_join_token {
  std::string text; // a secret, to be shown once
  kept_join_token kept;
};

inline constexpr span join_token_life = std::chrono::hours{1};

issued_join_token issue_join_token(runtime::entropy&, const std::string& fingerprint, moment now,
                                   span life = join_token_life);

/// `malformed` unless it is the whole text of a token; blanks around it do not matter.
result<join_token> read_join_token(std::string_view text);

/// `unauthenticated` when it is another token's secret, `conflict` when it was used before,
/// `timed_out` when it has expired. How long it takes says nothing about the secret.
result<void> redeem(const kept_join_token&, const join_token& shown, moment now);

/// Whether this certificate of an authority, got from a node that is not trusted yet, is the one
/// that the token speaks of.
result<void> is_authority_of(const join_token&, const std::string& certificate);

} // namespace tenon::cluster
