// What proofs and signatures are made of: digests, keyed digests, signatures with private keys and
// their checks, JSON Web Tokens, and comparing without telling by the time it takes. Texts of keys
// are secrets: no failure repeats one.
#pragma once

#include "protocols/failure.hpp"
#include "protocols/value.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::runtime::signing {

enum class digest : std::uint8_t { sha1, sha256, sha512 };

/// Bytes, not digits.
std::string hash(digest, std::string_view bytes);
std::string hmac(digest, std::string_view key, std::string_view bytes);

std::string to_hex(std::string_view bytes); // small letters
/// Either case; nothing unless all of it is pairs of digits.
std::optional<std::string> from_hex(std::string_view text);

/// How long it takes hangs on the lengths alone.
bool same(std::string_view a, std::string_view b);

enum class algorithm : std::uint8_t {
  rs256,     // RSA PKCS#1 v1.5 with SHA-256
  es256,     // ECDSA on P-256 with SHA-256, the two numbers side by side (RFC 7518, 3.4)
  es256_der, // the same as an ASN.1 sequence
  ed25519,
};
std::string_view name_of(algorithm); // as JWTs call it

/// For any number of threads.
class private_key {
public:
  /// PEM, also with its line breaks written as \n; or the base64 of PKCS#8. `malformed` otherwise,
  /// and for a key that asks for a password.
  static result<private_key> read(std::string_view text);
  /// `malformed` when the key is not one for this algorithm.
  result<std::string> sign(algorithm, std::string_view bytes) const;

private:
  struct held;
  explicit private_key(std::shared_ptr<const held>);
  std::shared_ptr<const held> held_;
};

class public_key {
public:
  /// PEM, or the base64 of SubjectPublicKeyInfo.
  static result<public_key> read(std::string_view text);
  static result<public_key> of_ed25519(std::string_view bytes);
  /// False also when the signature is none, or the key not one for this algorithm.
  bool verify(algorithm, std::string_view bytes, std::string_view signature) const;

private:
  struct held;
  explicit public_key(std::shared_ptr<const held>);
  std::shared_ptr<const held> held_;
};

/// A signed JSON Web Token (RFC 7519); `key_id` may be empty.
result<std::string> make_jwt(const private_key&, algorithm, std::string_view key_id,
                             const object& claims);

} // namespace tenon::runtime::signing
