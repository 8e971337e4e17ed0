// OpenSSL's values with owners, and what every file here does with them: PEM in and out, and why
// the library refused.
#pragma once

#include "protocols/failure.hpp"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

namespace tenon::cluster {

template <auto Free> struct freed_by {
  template <class T> void operator()(T* held) const { Free(held); }
};
using owned_key = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using owned_certificate = std::unique_ptr<X509, freed_by<X509_free>>;
using owned_request = std::unique_ptr<X509_REQ, freed_by<X509_REQ_free>>;
using owned_store = std::unique_ptr<X509_STORE, freed_by<X509_STORE_free>>;

/// The first certificate of a text.
result<owned_certificate> certificate_from(const std::string& pem);
result<owned_key> key_from(const std::string& pem);
result<owned_request> request_from(const std::string& pem);
/// All certificates of a text, as trusted ones; `malformed` when there is none.
result<owned_store> trust_from(const std::string& pem);

std::string to_pem(X509*);
std::string to_pem(EVP_PKEY*);
std::string to_pem(X509_REQ*);

/// Why it refused last, as a sentence, and forgets it.
std::string openssl_reason();

/// The epoch for a time that cannot be read.
moment moment_of(const ASN1_TIME*);

} // namespace tenon::cluster
