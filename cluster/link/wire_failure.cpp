#include "cluster/link/wire_failure.hpp"

#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

namespace tenon::cluster::link {
namespace {

const std::string renew =
    "Renew the certificate, and see that the clocks of both machines are right.";
const std::string join_again =
    "Have the node join this cluster with a token, or correct the address.";

failure certificate_failure(std::string why, const std::string& remedy) {
  return {code::unauthenticated, std::move(why), "certificate", remedy};
}

failure verdict_on_peer(long verdict) {
  switch (verdict) {
  case X509_V_ERR_CERT_HAS_EXPIRED:
    return certificate_failure("the peer's certificate has expired", renew);
  case X509_V_ERR_CERT_NOT_YET_VALID:
    return certificate_failure("the peer's certificate is not valid yet", renew);
  case X509_V_ERR_INVALID_PURPOSE:
    return {code::forbidden, "the peer's certificate is that of a client and not a node's",
            "certificate", join_again};
  case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
  case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
  case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
  case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    return certificate_failure("the peer's certificate was not made by this cluster's authority",
                               join_again);
  default:
    return certificate_failure(std::string{"the peer's certificate was refused: "} +
                                   X509_verify_cert_error_string(verdict),
                               join_again);
  }
}

failure tls_failure(const boost::system::error_code& error) {
  switch (ERR_GET_REASON(static_cast<unsigned long>(error.value()))) {
  case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
    return certificate_failure("the peer shows no certificate", join_again);
  case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    return certificate_failure("the peer wants a certificate and got none", join_again);
  case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
  case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
    return certificate_failure("the peer does not trust the authority of this node's certificate",
                               join_again);
  case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    return certificate_failure("the peer finds this node's certificate expired or not yet valid",
                               renew);
  case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
  case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
  case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    return certificate_failure("the peer refuses this node's certificate", renew);
  case SSL_R_WRONG_VERSION_NUMBER:
  case SSL_R_HTTP_REQUEST:
  case SSL_R_UNSUPPORTED_PROTOCOL:
  case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
  case SSL_R_UNEXPECTED_MESSAGE:
  case SSL_R_RECORD_TOO_SMALL:
  case SSL_R_PACKET_LENGTH_TOO_LONG:
  case SSL_R_BAD_RECORD_TYPE:
    return {code::malformed, "the peer does not speak TLS 1.3", "handshake",
            "Give the address that the node's own listener has, not its HTTP address."};
  default:
    return {code::unavailable, "TLS failed: " + error.message(), "handshake",
            "See the other node's log for its side."};
  }
}

} // namespace

failure explained(const boost::system::error_code& error, long verdict) {
  if (verdict != X509_V_OK && error)
    return verdict_on_peer(verdict);
  if (error.category() == boost::asio::error::get_ssl_category())
    return tls_failure(error);
  const std::string see = "See whether the node runs, and can be reached from here.";
  if (error == boost::asio::error::eof || error == boost::asio::error::connection_reset ||
      error == boost::asio::error::broken_pipe ||
      error == boost::asio::ssl::error::stream_truncated)
    return {code::unavailable, "the peer closed the connection", "connection", see};
  if (error == boost::asio::error::connection_refused)
    return {code::unavailable, "nobody listens there", "connection", see};
  return {code::unavailable, "the connection failed: " + error.message(), "connection", see};
}

} // namespace tenon::cluster::link
