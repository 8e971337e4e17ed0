// An authority and certificates made on the spot, good and bad.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <string>

namespace tenon::tests {

struct certificate {
  std::shared_ptr<EVP_PKEY> key{EVP_EC_gen("P-256"), &EVP_PKEY_free};
  std::shared_ptr<X509> x509{X509_new(), &X509_free};

  struct wanted {
    std::string name;        // common name
    std::string subjects{};  // "DNS:a.example.com,IP:127.0.0.1"
    long valid_from = -3600; // seconds from now
    long valid_until = 3600;
    bool authority = false;
  };

  /// Signed by `issuer`, or by itself.
  explicit certificate(const wanted& w, const certificate* issuer = nullptr) {
    static long serial = 1000;
    auto* c = x509.get();
    X509_set_version(c, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(c), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(c), w.valid_from);
    X509_gmtime_adj(X509_getm_notAfter(c), w.valid_until);
    X509_set_pubkey(c, key.get());
    auto* name = X509_get_subject_name(c);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(w.name.c_str()), -1, -1, 0);
    X509_set_issuer_name(c, issuer ? X509_get_subject_name(issuer->x509.get()) : name);
    extend(NID_basic_constraints, w.authority ? "critical,CA:TRUE" : "CA:FALSE");
    if (!w.subjects.empty())
      extend(NID_subject_alt_name, w.subjects);
    X509_sign(c, issuer ? issuer->key.get() : key.get(), EVP_sha256());
  }

  std::string pem() const {
    const std::unique_ptr<BIO, decltype(&BIO_free)> out{BIO_new(BIO_s_mem()), &BIO_free};
    PEM_write_bio_X509(out.get(), x509.get());
    char* bytes = nullptr;
    const auto size = BIO_get_mem_data(out.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
  }

  /// A server's side of TLS with this certificate.
  boost::asio::ssl::context serving(int newest = TLS1_3_VERSION) const {
    boost::asio::ssl::context context{boost::asio::ssl::context::tls_server};
    auto* native = context.native_handle();
    SSL_CTX_use_certificate(native, x509.get());
    SSL_CTX_use_PrivateKey(native, key.get());
    SSL_CTX_set_min_proto_version(native, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(native, newest);
    SSL_CTX_set_security_level(native, 0); // so that it would speak what is too old
    return context;
  }

private:
  void extend(int kind, const std::string& text) {
    auto* e = X509V3_EXT_conf_nid(nullptr, nullptr, kind, text.c_str());
    X509_add_ext(x509.get(), e, -1);
    X509_EXTENSION_free(e);
  }
};

} // namespace tenon::tests
