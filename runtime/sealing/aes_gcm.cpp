#include "runtime/sealing/aes_gcm.hpp"

#include "protocols/ensure.hpp"

#include <memory>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string>

namespace tenon::runtime::aes_gcm {
namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

int length_of(std::string_view text) {
  return static_cast<int>(text.size());
}

/// One for each thread: making a context costs more than sealing a short secret. It keeps the last
/// key's schedule until the thread ends, as the process keeps the key itself.
EVP_CIPHER_CTX* own_context() {
  thread_local const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context{
      EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free};
  must(context != nullptr, "there is no memory for a cipher");
  return context.get();
}

const EVP_CIPHER* cipher() {
  static EVP_CIPHER* const fetched = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  must(fetched, "OpenSSL has no AES-256-GCM");
  return fetched;
}

} // namespace

void seal(key k, nonce n, std::string_view bound, std::string_view plaintext, char* into) {
  ensure(plaintext.size() <= max_plaintext && bound.size() <= max_plaintext,
         "too much to seal at once");
  auto* const out = reinterpret_cast<unsigned char*>(into);
  auto* const context = own_context();
  int written = 0;
  must(EVP_EncryptInit_ex(context, cipher(), nullptr, k.data(), n.data()) == 1 &&
           EVP_EncryptUpdate(context, nullptr, &written, bytes_of(bound), length_of(bound)) == 1 &&
           EVP_EncryptUpdate(context, out, &written, bytes_of(plaintext), length_of(plaintext)) ==
               1 &&
           EVP_EncryptFinal_ex(context, out + plaintext.size(), &written) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, tag_bytes, out + plaintext.size()) ==
               1,
       "a secret cannot be sealed");
}

bool open(key k, nonce n, std::string_view bound, std::string_view sealed, char* into) {
  ensure(sealed.size() >= tag_bytes && sealed.size() - tag_bytes <= max_plaintext &&
             bound.size() <= max_plaintext,
         "no sealed bytes to open");
  const auto text = sealed.substr(0, sealed.size() - tag_bytes);
  auto tag = std::string{sealed.substr(text.size())};
  auto* const out = reinterpret_cast<unsigned char*>(into);
  auto* const context = own_context();
  int written = 0;
  const bool genuine =
      EVP_DecryptInit_ex(context, cipher(), nullptr, k.data(), n.data()) == 1 &&
      EVP_DecryptUpdate(context, nullptr, &written, bytes_of(bound), length_of(bound)) == 1 &&
      EVP_DecryptUpdate(context, out, &written, bytes_of(text), length_of(text)) == 1 &&
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, tag_bytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context, out + text.size(), &written) == 1;
  if (!genuine)
    OPENSSL_cleanse(into, text.size()); // what was decrypted before the tag was looked at
  return genuine;
}

} // namespace tenon::runtime::aes_gcm
