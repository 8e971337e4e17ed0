// Secrets at rest: what must not be readable on a disk or in a backup is sealed with AES-256-GCM
// before it is written. Whoever changes a byte of it, or moves it to another tenant, actor or
// field, gets a refusal instead of a secret.
//
// Each tenant has a data key of its own, derived from the master key by HKDF-SHA256 with the tenant
// as context. Derived, not wrapped: there is then no table of keys that could be lost or restored
// from another day, and a new tenant needs no write. What it costs is that one tenant's key cannot
// be changed alone.
//
//   sealed = format 1 byte · key version 4 bytes, big-endian · nonce 12 · ciphertext · tag 16
//
// Rotation: give a new master key a higher version and keep the old ones. The newest seals, all
// open; what is not `current` is opened and sealed again, and when nothing else is left the old key
// can go. A data key may seal 2³² times with random nonces (NIST SP 800-38D, 8.3): rotate before.
//
// Not for passwords of people or API keys, which are compared and never shown: those are hashed.
#pragma once

#include "protocols/blob.hpp"
#include "protocols/identity.hpp"

#include <array>
#include <memory>
#include <span>
#include <vector>

namespace tenon::runtime {

/// Never seal two things with the same nonce: it must be random or counted.
using nonce = std::array<unsigned char, 12>;

/// Randomness as a port, so that what depends on it can be repeated.
class entropy {
public:
  virtual ~entropy() = default;
  virtual void fill(std::span<unsigned char>) = 0;

  nonce make_nonce() {
    nonce n;
    fill(n);
    return n;
  }
};

/// The operating system's, by OpenSSL. Ends the process when there is none: nothing secret can be
/// made without it.
class system_entropy final : public entropy {
public:
  void fill(std::span<unsigned char>) override;
};

/// 32 bytes that are wiped when they are no longer needed.
class secret_key {
public:
  static constexpr std::size_t size = 32;

  explicit secret_key(std::span<const unsigned char, size>);
  secret_key(const secret_key&) = default;
  secret_key& operator=(const secret_key&) = default;
  ~secret_key();

  std::span<const unsigned char, size> bytes() const { return bytes_; }
  bool operator==(const secret_key&) const; // in constant time

private:
  std::array<unsigned char, size> bytes_;
};

struct master_key {
  std::uint32_t version = 1; // of all keys, the highest seals
  secret_key key;
};

/// Immutable; any number of threads may use it.
class sealing {
public:
  /// 1 to 64 master keys, each with a version of its own, in any order.
  static result<sealing> from_keys(std::vector<master_key>);

  blob seal(const identity&, std::string_view field, std::string_view plaintext,
            const nonce&) const;
  /// `malformed` when these are no sealed bytes, or not the ones sealed for this identity and
  /// field; `unavailable` when they need a master key that is not there.
  result<blob> open(const identity&, std::string_view field, const blob& sealed) const;
  /// Whether they were sealed with the newest key; what was not should be sealed again.
  bool current(const blob& sealed) const;

  /// Bytes that sealing adds.
  static constexpr std::size_t overhead = 1 + 4 + 12 + 16;

private:
  struct keys;
  explicit sealing(std::shared_ptr<const keys>);

  std::shared_ptr<const keys> keys_;
};

} // namespace tenon::runtime
