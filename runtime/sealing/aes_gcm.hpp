// AES-256-GCM with nonces of 96 bits and tags of 128: OpenSSL's, behind two functions. What is
// sealed with them, and bound to what, is runtime/sealing.hpp's affair.
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace tenon::runtime::aes_gcm {

inline constexpr std::size_t key_bytes = 32;
inline constexpr std::size_t nonce_bytes = 12;
inline constexpr std::size_t tag_bytes = 16;
inline constexpr std::size_t max_plaintext = 1u << 30; // OpenSSL counts in int

using key = std::span<const unsigned char, key_bytes>;
using nonce = std::span<const unsigned char, nonce_bytes>;

/// Writes plaintext.size() + tag_bytes bytes to `into`.
void seal(key, nonce, std::string_view bound, std::string_view plaintext, char* into);

/// Writes sealed.size() - tag_bytes bytes to `into`. False, and zeros there, when a bit of
/// anything is not what was sealed. `sealed` holds at least a tag.
bool open(key, nonce, std::string_view bound, std::string_view sealed, char* into);

} // namespace tenon::runtime::aes_gcm
