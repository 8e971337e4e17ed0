// Whom to let in, and whether what one holds would let one in: the judgements of
// cluster/identity/certificate.hpp, without the making.
#include "cluster/identity/certificate.hpp"
#include "cluster/identity/openssl_values.hpp"

#include <openssl/x509_vfy.h>

namespace tenon::cluster {
namespace {

const std::string look_at_clocks =
    "Renew the certificate, and see that the clocks of both machines are right.";

result<void> is_valid(const certified& c, moment now) {
  if (now < c.from)
    return failure{code::unauthenticated,
                   "the certificate is not valid before " + to_text(c.from) + ", and it is " +
                       to_text(now),
                   "certificate", look_at_clocks};
  if (now > c.until)
    return failure{code::unauthenticated,
                   "the certificate has expired at " + to_text(c.until) + ", and it is " +
                       to_text(now),
                   "certificate", look_at_clocks};
  return {};
}

result<void> is_signed(X509* certificate, const std::string& trusted, moment now) {
  const auto trust = trust_from(trusted);
  if (!trust)
    return trust.error();
  const std::unique_ptr<X509_STORE_CTX, freed_by<X509_STORE_CTX_free>> check{X509_STORE_CTX_new()};
  X509_STORE_CTX_init(check.get(), trust->get(), certificate, nullptr);
  X509_VERIFY_PARAM_set_time(
      X509_STORE_CTX_get0_param(check.get()),
      std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
  if (X509_verify_cert(check.get()) == 1)
    return {};
  const auto* why = X509_verify_cert_error_string(X509_STORE_CTX_get_error(check.get()));
  openssl_reason();
  return failure{code::unauthenticated,
                 std::string{"the certificate is not signed by the trusted authority: "} + why,
                 "certificate", "Have the node join again, with a token of this cluster."};
}

} // namespace

result<certified> examine(const credentials& held, moment now) {
  auto who = read_certificate(held.certificate);
  if (!who)
    return who;
  const auto certificate = certificate_from(held.certificate);
  const auto key = key_from(held.key);
  if (!key)
    return key.error();
  if (X509_check_private_key(certificate->get(), key->get()) != 1) {
    openssl_reason();
    return failure{code::malformed, "the key is not the certificate's", "key",
                   "Restore both from the same backup, or have the node join again."};
  }
  if (auto ours = admit(*who, {who->cluster, std::nullopt}, now); !ours)
    return std::move(ours).error();
  if (auto issued = is_signed(certificate->get(), held.trusted, now); !issued)
    return std::move(issued).error();
  return who;
}

result<void> admit(const certified& shown, const expected_peer& expected, moment now) {
  if (shown.cluster != expected.cluster)
    return failure{code::unauthenticated,
                   "the certificate is of cluster " + shown.cluster + ", and this is " +
                       expected.cluster,
                   "certificate", "Give the address of a node of this cluster."};
  if (shown.bearer != bearer::node)
    return failure{code::forbidden,
                   "the certificate is that of a client, '" + shown.name + "', and not a node's",
                   "certificate", "Join the node with a token; clients talk to the HTTP address."};
  if (expected.node && shown.name != *expected.node)
    return failure{code::unauthenticated,
                   "node " + shown.name + " answers where node " + *expected.node + " was expected",
                   "certificate", "Correct the address of node " + *expected.node + "."};
  return is_valid(shown, now);
}

moment renewal_due(const certified& c) {
  return c.from + (c.until - c.from) * 2 / 3;
}

} // namespace tenon::cluster
