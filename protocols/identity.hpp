// Who is meant: `tenant/kind/name`. An identity hashes to one partition; identities whose names
// agree up to the first ':' share it within a tenant, whatever their kind, so that an integration
// and its quota, breaker and credential live and change together.
#pragma once

#include "protocols/failure.hpp"

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace tenon {

struct identity {
  std::string tenant; // 1–63 of a-z 0-9 - _, starting with a letter or digit
  std::string kind;   // the actor's kind: a name of the catalog
  std::string name;   // 1–128 of a-z A-Z 0-9 . _ : -, starting with a letter or digit

  auto operator<=>(const identity&) const = default;
};

/// Lengths keep the longest store key below LMDB's 511 bytes.
inline constexpr std::size_t max_tenant_bytes = 63;
inline constexpr std::size_t max_kind_bytes = 31;
inline constexpr std::size_t max_name_bytes = 128;

/// "tenant/kind/name".
std::string to_string(const identity&);

/// The reverse; `malformed` names the part at fault and what is allowed there.
result<identity> parse_identity(std::string_view text);

/// The same with its empty parts taken from `own`: {.kind = "quota"} is the quota beside it.
identity beside(const identity& own, identity to);

/// `malformed` unless every part keeps to its alphabet and length.
result<void> check(const identity&);

/// What decides the partition: tenant and the name up to its first ':'.
std::uint64_t placement_of(const identity&);

/// FNV-1a, 64 bit: stable across versions, because partitions of stored data hang on it.
constexpr std::uint64_t stable_hash(std::string_view bytes,
                                    std::uint64_t seed = 0xcbf29ce484222325ull) {
  for (const char c : bytes)
    seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  return seed;
}

} // namespace tenon

template <> struct std::hash<tenon::identity> {
  std::size_t operator()(const tenon::identity& id) const noexcept {
    auto h = tenon::stable_hash(id.tenant);
    h = tenon::stable_hash(id.kind, h ^ '/');
    return tenon::stable_hash(id.name, h ^ '/');
  }
};
