#include "cluster/identity/openssl_values.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <ctime>

namespace tenon::cluster {
namespace {

using owned_bytes = std::unique_ptr<BIO, freed_by<BIO_free_all>>;

owned_bytes reading(const std::string& pem) {
  return owned_bytes{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
}

std::string written(const owned_bytes& out) {
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

/// Asks nobody: a key that wants a password is refused.
int no_password(char*, int, int, void*) {
  return -1;
}

failure not_pem(std::string_view what) {
  auto why = openssl_reason();
  return {code::malformed, "this is no " + std::string{what} + " in PEM: " + why, std::string{what},
          "Restore the file from a backup, or have the node join again."};
}

} // namespace

result<owned_certificate> certificate_from(const std::string& pem) {
  owned_certificate read{PEM_read_bio_X509(reading(pem).get(), nullptr, no_password, nullptr)};
  if (!read)
    return not_pem("certificate");
  return read;
}

result<owned_key> key_from(const std::string& pem) {
  owned_key read{PEM_read_bio_PrivateKey(reading(pem).get(), nullptr, no_password, nullptr)};
  if (!read)
    return not_pem("key");
  return read;
}

result<owned_request> request_from(const std::string& pem) {
  owned_request read{PEM_read_bio_X509_REQ(reading(pem).get(), nullptr, no_password, nullptr)};
  if (!read)
    return not_pem("request");
  return read;
}

result<owned_store> trust_from(const std::string& pem) {
  owned_store store{X509_STORE_new()};
  const auto in = reading(pem);
  std::size_t found = 0;
  while (const owned_certificate each{PEM_read_bio_X509(in.get(), nullptr, no_password, nullptr)}) {
    X509_STORE_add_cert(store.get(), each.get());
    ++found;
  }
  if (found == 0)
    return not_pem("trusted certificate");
  ERR_clear_error(); // the end of the text is an error to the library
  return store;
}

std::string to_pem(X509* certificate) {
  const owned_bytes out{BIO_new(BIO_s_mem())};
  PEM_write_bio_X509(out.get(), certificate);
  return written(out);
}

std::string to_pem(EVP_PKEY* key) {
  const owned_bytes out{BIO_new(BIO_s_mem())};
  PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return written(out);
}

std::string to_pem(X509_REQ* request) {
  const owned_bytes out{BIO_new(BIO_s_mem())};
  PEM_write_bio_X509_REQ(out.get(), request);
  return written(out);
}

std::string openssl_reason() {
  const auto last = ERR_peek_last_error();
  const char* const text = last == 0 ? nullptr : ERR_reason_error_string(last);
  ERR_clear_error();
  return text ? text : "unknown to OpenSSL";
}

moment moment_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1)
    return {};
  return moment{std::chrono::seconds{::timegm(&parts)}};
}

} // namespace tenon::cluster
