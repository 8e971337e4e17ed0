// TLS as a client: at least 1.2, chain and name always verified, and a refusal that says what is
// wrong with the certificate, because "certificate verify failed" helps nobody.
#pragma once

#include "runtime/outbound/examination.hpp"
#include "runtime/outbound/url.hpp"

#include <utility>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/verify_context.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tenon::runtime::outbound {

/// The system's authorities and those of the PEM files.
result<std::unique_ptr<boost::asio::ssl::context>>
make_tls(const std::vector<std::string>& ca_files);

/// The first thing found wrong with a peer's certificate.
struct objection {
  int error = 0; // X509_V_ERR_…; zero: nothing
  std::string names;
  std::string issuer;
  std::optional<certificate> shown; // by the peer

  /// For the verification callback.
  void note(boost::asio::ssl::verify_context&);
};

/// What it says of itself.
certificate read_certificate(X509*);

/// Which name the certificate must carry, and the one asked for in the handshake.
void expect_peer(SSL*, const url&);

/// Why a handshake failed: `forbidden` for a certificate that was refused, which time does not
/// heal, `unavailable` for anything else.
failure tls_failure(const url&, const boost::system::error_code&, const objection&);

} // namespace tenon::runtime::outbound
