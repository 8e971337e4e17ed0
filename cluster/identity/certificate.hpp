// Who is who in a cluster. A cluster is its own authority: at its birth it makes a key and a
// certificate, which then signs one certificate for every node and every client. A certificate
// names the cluster and its bearer in one URI,
//
//   tenon://CLUSTER-ID/node/NODE-ID      may serve and may call: both extended key usages
//   tenon://CLUSTER-ID/client/NAME       may only call
//   tenon://CLUSTER-ID                   the authority
//
// so that neither can pass for the other. Names of hosts are not in it: nodes move. All keys are
// ECDSA on P-256. Everything here is a function of its arguments and of the randomness of keys.
#pragma once

#include "protocols/failure.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::cluster {

struct authority {
  std::string certificate; // PEM, as all texts here
  std::string key;         // a secret
};

/// What a node shows, and whom it trusts: more than one while the authority is being replaced.
struct credentials {
  std::string certificate;
  std::string key; // a secret
  std::string trusted;
};

struct signing_request {
  std::string request;
  std::string key; // a secret, which stays where it was made
};

enum class bearer : std::uint8_t { node, client, authority };

struct certified {
  std::string cluster;
  tenon::cluster::bearer bearer{};
  std::string name; // of the node or client
  moment from, until;
};

inline constexpr span authority_life = std::chrono::hours{24 * 365 * 10};
inline constexpr span certificate_life = std::chrono::hours{24 * 90};
/// Certificates begin to be valid so much before they are made: clocks differ.
inline constexpr span clocks_may_differ = std::chrono::minutes{5};

/// Letters, digits, '-', '_' and '.', at most 64: what ids of clusters, nodes and clients are.
bool is_certifiable(std::string_view name);

/// `malformed` when the id is not certifiable; the title is for people.
result<authority> make_authority(const std::string& cluster, const std::string& title, moment now,
                                 span life = authority_life);

/// A fresh key, and the request to certify it.
result<signing_request> request_certificate(const std::string& name);

/// What the request says about its sender is not believed; whoever signs decides who it is. Only
/// that the sender holds the key is checked. `malformed` otherwise.
result<std::string> sign(const authority&, const std::string& request, bearer,
                         const std::string& name, moment now, span life = certificate_life);

/// `malformed` unless it is a certificate such as the above.
result<certified> read_certificate(const std::string& pem);
/// The same from the bytes that TLS carries.
result<certified> read_shown_certificate(std::string_view der);

/// SHA-256 of the whole certificate, in small hexadecimal digits.
result<std::string> fingerprint_of(const std::string& pem);

/// Key and certificate belong together, are a node's, valid now and signed by who is trusted: to be
/// asked before they are used or kept, because a peer would only say that it refuses them.
result<certified> examine(const credentials&, moment now);

struct expected_peer {
  std::string cluster;
  std::optional<std::string> node; // when this node was called
};

/// Whether the bearer of a certificate with a good signature is the expected one: of this cluster,
/// a node and no client, the right one, and valid now.
result<void> admit(const certified&, const expected_peer&, moment now);

/// From two thirds of its life on: there is time to try again for weeks.
moment renewal_due(const certified&);

} // namespace tenon::cluster
