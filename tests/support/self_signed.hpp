// A certificate of its own making for one IP address, valid for an hour, with its file on disk as
// long as this lives: what a TLS server in a test shows and what its clients may be told to trust.
#pragma once

#include <utility>

#include <boost/asio/ssl.hpp>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <filesystem>
#include <memory>
#include <string>

namespace tenon::tests {

class self_signed {
public:
  explicit self_signed(const std::string& ip)
      : key_{EVP_EC_gen("P-256"), EVP_PKEY_free}, certificate_{X509_new(), X509_free} {
    auto* x = certificate_.get();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_set_pubkey(x, key_.get());
    auto* name = X509_get_subject_name(x);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("tenon test"), -1, -1, 0);
    X509_set_issuer_name(x, name);
    add(NID_basic_constraints, "critical,CA:TRUE");
    add(NID_subject_alt_name, "IP:" + ip);
    X509_sign(x, key_.get(), EVP_sha256());
    auto pattern = (std::filesystem::temp_directory_path() / "tenon-tls-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out{std::fopen(file().c_str(), "w"),
                                                              std::fclose};
    PEM_write_X509(out.get(), x);
  }
  ~self_signed() { std::filesystem::remove_all(folder_); }
  self_signed(const self_signed&) = delete;
  self_signed& operator=(const self_signed&) = delete;

  std::filesystem::path file() const { return folder_ / "certificate.pem"; }

  void write_key(const std::filesystem::path& file) const {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out{std::fopen(file.c_str(), "w"),
                                                              std::fclose};
    PEM_write_PrivateKey(out.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
  }

  boost::asio::ssl::context server() const {
    boost::asio::ssl::context tls{boost::asio::ssl::context::tls_server};
    SSL_CTX_use_certificate(tls.native_handle(), certificate_.get());
    SSL_CTX_use_PrivateKey(tls.native_handle(), key_.get());
    return tls;
  }

private:
  void add(int what, const std::string& text) {
    auto* extension = X509V3_EXT_conf_nid(nullptr, nullptr, what, text.c_str());
    X509_add_ext(certificate_.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }

  std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key_;
  std::unique_ptr<X509, void (*)(X509*)> certificate_;
  std::filesystem::path folder_;
};

} // namespace tenon::tests
