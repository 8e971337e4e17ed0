// Private and public keys, by OpenSSL.
#include "protocols/base64.hpp"
#include "runtime/signing/signing.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace tenon::runtime::signing {
namespace {

constexpr std::size_t max_key_text = 64u << 10;
constexpr int coordinate = 32; // bytes of a number of P-256

template <auto Free> struct freed {
  template <class T> void operator()(T* owned) const { Free(owned); }
};
using key = std::unique_ptr<EVP_PKEY, freed<EVP_PKEY_free>>;
using digesting = std::unique_ptr<EVP_MD_CTX, freed<EVP_MD_CTX_free>>;
using pair_of_numbers = std::unique_ptr<ECDSA_SIG, freed<ECDSA_SIG_free>>;
using input = std::unique_ptr<BIO, freed<BIO_free>>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// OpenSSL would ask the terminal for a password.
int no_password(char*, int, int, void*) {
  return 0;
}

/// As people paste keys: line breaks spelled out, blanks around.
std::string pasted(std::string_view text) {
  std::string clean;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool broken = text[i] == '\\' && i + 1 < text.size() && text[i + 1] == 'n';
    clean += broken ? '\n' : text[i];
    i += broken ? 1 : 0;
  }
  return clean;
}

bool is_pem(std::string_view text) {
  return text.find("-----BEGIN") != text.npos;
}

std::optional<std::string> der_of(std::string_view text) {
  std::string plain;
  for (const char c : text)
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
      plain += c;
  return read_base64(plain);
}

bool fits(const EVP_PKEY* k, algorithm a) {
  switch (EVP_PKEY_get_base_id(k)) {
  case EVP_PKEY_RSA:
    return a == algorithm::rs256;
  case EVP_PKEY_EC:
    return (a == algorithm::es256 || a == algorithm::es256_der) && EVP_PKEY_get_bits(k) == 256;
  case EVP_PKEY_ED25519:
    return a == algorithm::ed25519;
  default:
    return false;
  }
}

const EVP_MD* digest_for(algorithm a) {
  return a == algorithm::ed25519 ? nullptr : EVP_sha256();
}

std::string numbers_of(std::string_view der) {
  const auto* at = bytes_of(der);
  const pair_of_numbers both{d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()))};
  std::string raw(2 * coordinate, '\0');
  auto* out = reinterpret_cast<unsigned char*>(raw.data());
  if (both == nullptr || BN_bn2binpad(ECDSA_SIG_get0_r(both.get()), out, coordinate) < 0 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(both.get()), out + coordinate, coordinate) < 0)
    return {};
  return raw;
}

std::string der_of_numbers(std::string_view raw) {
  if (raw.size() != 2 * coordinate)
    return {};
  const pair_of_numbers both{ECDSA_SIG_new()};
  auto* r = BN_bin2bn(bytes_of(raw), coordinate, nullptr);
  auto* s = BN_bin2bn(bytes_of(raw) + coordinate, coordinate, nullptr);
  if (both == nullptr || ECDSA_SIG_set0(both.get(), r, s) != 1) {
    BN_free(r);
    BN_free(s);
    return {};
  }
  unsigned char* out = nullptr;
  const int size = i2d_ECDSA_SIG(both.get(), &out);
  if (size <= 0)
    return {};
  const std::string der{reinterpret_cast<const char*>(out), static_cast<std::size_t>(size)};
  OPENSSL_free(out);
  return der;
}

failure no_key(std::string what) {
  ERR_clear_error(); // it quotes what it could not read
  return {code::malformed,
          "this is no " + std::move(what),
          {},
          "Paste it as it was given, with its BEGIN and END lines and without a password."};
}

} // namespace

struct private_key::held {
  key owned;
};
struct public_key::held {
  key owned;
};

private_key::private_key(std::shared_ptr<const held> h) : held_{std::move(h)} {}
public_key::public_key(std::shared_ptr<const held> h) : held_{std::move(h)} {}

result<private_key> private_key::read(std::string_view text) {
  key made;
  if (text.size() > max_key_text)
    return no_key("private key");
  if (is_pem(text)) {
    const auto clean = pasted(text);
    const input from{BIO_new_mem_buf(clean.data(), static_cast<int>(clean.size()))};
    made.reset(PEM_read_bio_PrivateKey(from.get(), nullptr, no_password, nullptr));
  } else if (const auto der = der_of(text)) {
    const auto* at = bytes_of(*der);
    made.reset(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der->size())));
  }
  if (made == nullptr)
    return no_key("private key");
  return private_key{std::make_shared<const held>(held{std::move(made)})};
}

result<std::string> private_key::sign(algorithm a, std::string_view bytes) const {
  auto* const k = held_->owned.get();
  if (!fits(k, a))
    return failure{code::malformed,
                   "the private key is of another kind than " + std::string{name_of(a)} + " needs"};
  const digesting work{EVP_MD_CTX_new()};
  std::size_t size = 0;
  std::string made;
  bool ok = EVP_DigestSignInit(work.get(), nullptr, digest_for(a), nullptr, k) == 1 &&
            EVP_DigestSign(work.get(), nullptr, &size, bytes_of(bytes), bytes.size()) == 1;
  if (ok) {
    made.resize(size);
    ok = EVP_DigestSign(work.get(), reinterpret_cast<unsigned char*>(made.data()), &size,
                        bytes_of(bytes), bytes.size()) == 1;
    made.resize(size);
  }
  if (ok && a == algorithm::es256)
    made = numbers_of(made);
  if (!ok || made.empty()) {
    ERR_clear_error();
    return failure{code::malformed, "the private key does not sign"};
  }
  return made;
}

result<public_key> public_key::read(std::string_view text) {
  key made;
  if (text.size() > max_key_text)
    return no_key("public key");
  if (is_pem(text)) {
    const auto clean = pasted(text);
    const input from{BIO_new_mem_buf(clean.data(), static_cast<int>(clean.size()))};
    made.reset(PEM_read_bio_PUBKEY(from.get(), nullptr, no_password, nullptr));
  } else if (const auto der = der_of(text)) {
    const auto* at = bytes_of(*der);
    made.reset(d2i_PUBKEY(nullptr, &at, static_cast<long>(der->size())));
  }
  if (made == nullptr)
    return no_key("public key");
  return public_key{std::make_shared<const held>(held{std::move(made)})};
}

result<public_key> public_key::of_ed25519(std::string_view bytes) {
  key made{EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(bytes), bytes.size())};
  if (made == nullptr)
    return no_key("Ed25519 key of 32 bytes");
  return public_key{std::make_shared<const held>(held{std::move(made)})};
}

bool public_key::verify(algorithm a, std::string_view bytes, std::string_view signature) const {
  auto* const k = held_->owned.get();
  if (!fits(k, a))
    return false;
  const auto der = a == algorithm::es256 ? der_of_numbers(signature) : std::string{signature};
  const digesting work{EVP_MD_CTX_new()};
  const bool genuine =
      EVP_DigestVerifyInit(work.get(), nullptr, digest_for(a), nullptr, k) == 1 &&
      EVP_DigestVerify(work.get(), bytes_of(der), der.size(), bytes_of(bytes), bytes.size()) == 1;
  ERR_clear_error();
  return genuine;
}

} // namespace tenon::runtime::signing
