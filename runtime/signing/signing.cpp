#include "runtime/signing/signing.hpp"

#include "protocols/base64.hpp"
#include "protocols/ensure.hpp"
#include "protocols/json.hpp"

#include <array>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace tenon::runtime::signing {
namespace {

constexpr std::string_view digits{"0123456789abcdef"};

const EVP_MD* algorithm_of(digest d) {
  return d == digest::sha1 ? EVP_sha1() : d == digest::sha256 ? EVP_sha256() : EVP_sha512();
}

int digit_of(char c) {
  const auto at = digits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c);
  return at == digits.npos ? -1 : static_cast<int>(at);
}

} // namespace

std::string hash(digest d, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> made;
  unsigned size = 0;
  must(EVP_Digest(bytes.data(), bytes.size(), made.data(), &size, algorithm_of(d), nullptr) == 1,
       "OpenSSL makes no digest");
  return {reinterpret_cast<const char*>(made.data()), size};
}

std::string hmac(digest d, std::string_view key, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> made;
  unsigned size = 0;
  must(HMAC(algorithm_of(d), key.empty() ? "" : key.data(), static_cast<int>(key.size()),
            reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), made.data(),
            &size) != nullptr,
       "OpenSSL makes no keyed digest");
  return {reinterpret_cast<const char*>(made.data()), size};
}

std::string to_hex(std::string_view bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char c : bytes) {
    text += digits[static_cast<unsigned char>(c) >> 4];
    text += digits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0)
    return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = digit_of(text[i]);
    const int low = digit_of(text[i + 1]);
    if (high < 0 || low < 0)
      return std::nullopt;
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view name_of(algorithm a) {
  constexpr std::array<std::string_view, 4> names{"RS256", "ES256", "ES256", "EdDSA"};
  return names[static_cast<std::size_t>(a)];
}

result<std::string> make_jwt(const private_key& key, algorithm a, std::string_view key_id,
                             const object& claims) {
  object head{{"alg", name_of(a)}, {"typ", "JWT"}};
  if (!key_id.empty())
    head.append("kid", key_id);
  auto text = to_base64url(write_json(head)) + '.' + to_base64url(write_json(claims));
  const auto signature = key.sign(a, text);
  if (!signature)
    return signature.error();
  return text + '.' + to_base64url(*signature);
}

} // namespace tenon::runtime::signing
