#include "runtime/outbound/tls.hpp"

#include "runtime/outbound/message.hpp"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/ssl/error.hpp>

#include <ctime>

namespace tenon::runtime::outbound {

namespace ssl = boost::asio::ssl;

namespace {

/// "a.example.com, *.b.example.com", the first few.
std::string names_of(X509* certificate) {
  std::string text;
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> all{
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free};
  for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()) && text.size() < 200; ++i) {
    const auto* name = sk_GENERAL_NAME_value(all.get(), i);
    if (name->type != GEN_DNS)
      continue;
    if (!text.empty())
      text += ", ";
    text.append(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
  }
  return text;
}

std::string common_name(const X509_NAME* name) {
  char text[128]{};
  X509_NAME_get_text_by_NID(name, NID_commonName, text, sizeof text);
  return text;
}

/// The epoch for one that cannot be read.
moment moment_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1)
    return {};
  return moment{std::chrono::seconds{::timegm(&parts)}};
}

struct reason {
  std::string what;
  std::string remedy;
};

reason reason_for(const objection& o, const url& u) {
  switch (o.error) {
  case X509_V_ERR_CERT_HAS_EXPIRED:
    return {"has expired", "ask the server's owner to renew it; check this machine's clock"};
  case X509_V_ERR_CERT_NOT_YET_VALID:
    return {"is not valid yet", "check this machine's clock"};
  case X509_V_ERR_HOSTNAME_MISMATCH:
  case X509_V_ERR_IP_ADDRESS_MISMATCH:
    return {"is not for " + u.host +
                (o.names.empty() ? std::string{", and names no host"} : " but for " + o.names),
            "use the name that the certificate is for"};
  case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    return {"is self-signed", "if it is to be trusted, add it to the trusted certificates"};
  case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
  case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    return {"was issued by an authority that is not trusted, '" + o.issuer + "'",
            "if it is to be trusted, add the authority's certificate to the trusted ones"};
  default:
    return {std::string{"was refused: "} + X509_verify_cert_error_string(o.error),
            "ask the server's owner"};
  }
}

} // namespace

result<std::unique_ptr<ssl::context>> make_tls(const std::vector<std::string>& ca_files) {
  auto context = std::make_unique<ssl::context>(ssl::context::tls_client);
  auto* native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_verify(native, SSL_VERIFY_PEER, nullptr);
  boost::system::error_code ec;
  // A machine without a system store still has its own files; then nothing else is trusted.
  context->set_default_verify_paths(ec);
  for (const auto& file : ca_files)
    if (context->load_verify_file(file, ec); ec)
      return failure{.code = code::malformed,
                     .why = "the certificates in " + file + " cannot be used: " + ec.message(),
                     .where = file,
                     .remedy = "name a readable file of certificates in PEM form"};
  constexpr unsigned char protocols[] = "\x08http/1.1";
  SSL_CTX_set_alpn_protos(native, protocols, sizeof protocols - 1);
  return context;
}

void objection::note(ssl::verify_context& found) {
  auto* store = found.native_handle();
  auto* certificate = X509_STORE_CTX_get_current_cert(store);
  if (error != 0)
    return;
  error = X509_STORE_CTX_get_error(store);
  if (!certificate)
    return;
  if (auto* leaf = X509_STORE_CTX_get0_cert(store))
    shown = read_certificate(leaf);
  names = names_of(certificate);
  issuer = common_name(X509_get_issuer_name(certificate));
}

certificate read_certificate(X509* c) {
  return {.subject = common_name(X509_get_subject_name(c)),
          .issuer = common_name(X509_get_issuer_name(c)),
          .names = names_of(c),
          .valid_from = moment_of(X509_get0_notBefore(c)),
          .valid_until = moment_of(X509_get0_notAfter(c))};
}

void expect_peer(SSL* stream, const url& u) {
  auto* parameters = SSL_get0_param(stream);
  X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (u.literal) {
    X509_VERIFY_PARAM_set1_ip_asc(parameters, u.host.c_str());
    return;
  }
  SSL_set1_host(stream, u.host.c_str());
  SSL_set_tlsext_host_name(stream, u.host.c_str());
}

failure tls_failure(const url& u, const boost::system::error_code& ec, const objection& o) {
  const std::string where{name_of(phase::tls)};
  if (o.error != 0) {
    auto [what, remedy] = reason_for(o, u);
    return {.code = code::forbidden,
            .why = "the certificate of " + endpoint_of(u) + ' ' + what,
            .where = where,
            .remedy = std::move(remedy)};
  }
  const bool cut = ec == boost::asio::error::eof || ec == ssl::error::stream_truncated ||
                   ec == boost::asio::error::connection_reset;
  return {.code = code::unavailable,
          .why = cut ? endpoint_of(u) + " ended the connection during the TLS handshake"
                     : "the TLS handshake with " + endpoint_of(u) + " failed: " + ec.message(),
          .where = where,
          .remedy = "check that the server speaks TLS 1.2 or later on this port"};
}

} // namespace tenon::runtime::outbound
