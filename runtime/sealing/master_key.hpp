// Where the master keys come from: a file, the environment, or a passphrase. What is written in the
// first two is one key or several, separated by white space: base64 of 32 random bytes each, with
// "VERSION:" in front (none: version 1). `openssl rand -base64 32` makes one.
#pragma once

#include "runtime/sealing/sealing.hpp"

#include <filesystem>
#include <string>

namespace tenon::runtime {

inline constexpr const char* master_key_variable = "TENON_MASTER_KEY";

/// `place` is for the failure: where the text was found. The keys are never in a failure.
result<std::vector<master_key>> read_master_keys(std::string_view text, const std::string& place);

/// `forbidden` when others than the file's owner may read it.
result<std::vector<master_key>> master_keys_from_file(const std::filesystem::path&);

/// `not_found` when TENON_MASTER_KEY is not set.
result<std::vector<master_key>> master_keys_from_environment();

/// How a passphrase becomes a key. It is no secret, but without it the key is lost: it is kept
/// beside the data and belongs in every backup.
struct passphrase_rule {
  std::uint32_t rounds = 600'000; // OWASP's advice for PBKDF2-SHA256, and the least allowed
  std::string salt;               // 16 bytes or more

  bool operator==(const passphrase_rule&) const = default;
};

/// The rule in the file; made with a random salt, and durable, when there is no file yet.
result<passphrase_rule> kept_passphrase_rule(const std::filesystem::path&, entropy&);

/// Takes a good part of a second, on purpose.
result<secret_key> key_from_passphrase(std::string_view passphrase, const passphrase_rule&);

/// RFC 8018. At least one round and one byte.
std::string pbkdf2_sha256(std::string_view password, std::string_view salt, std::uint32_t rounds,
                          std::size_t size);

} // namespace tenon::runtime
