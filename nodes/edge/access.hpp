// Who is asking, and whether they may. An API key reads `tn_<id>_<secret>`; only the SHA-256 of the
// whole is kept. Wrong keys lock their id and their address for a while. Deciding is pure: the time
// is handed in.
//
// A key of one tenant asking about another is `forbidden` before anything is looked up: the answer
// is the same whether that tenant exists or not, so it tells nothing, and unlike 404 it tells the
// caller what is wrong.
#pragma once

#include "nodes/edge/http.hpp"
#include "nodes/edge/lockout.hpp"
#include "protocols/failure.hpp"
#include "protocols/moment.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tenon::nodes::edge {

enum class role : std::uint8_t { viewer, operator_, developer, admin, auditor, owner };

std::string_view name_of(role);
std::optional<role> role_of(std::string_view name);

/// Permissions are `kind:verb` with the verbs read, write, delete, operate and administer. Kinds
/// that guard the others (audit, key, tenant, node, cluster) are never meant by "any kind", except
/// for owners.
///
///   viewer     read any kind
///   operator   read and operate any kind; read node and cluster
///   developer  read, write, delete and operate any kind
///   admin      as developer; everything on key and cluster; read and administer tenant; read and
///              operate node
///   auditor    read any kind; read audit, key, tenant, node and cluster
///   owner      everything
bool may(role, std::string_view kind, std::string_view verb);

/// What every kind's permission check needs of a key that was shown.
struct principal {
  std::string key;    // its id: for the audit trail, never secret
  std::string tenant; // "*": every tenant (the installation's own keys)
  edge::role role{};

  bool is_of(std::string_view other) const { return tenant == "*" || tenant == other; }
};

using key_hash = std::array<std::uint8_t, 32>;

struct stored_key {
  std::string id;
  key_hash hash{};
  std::string tenant;
  edge::role role{};
  std::optional<moment> expires{};
  std::string title{}; // what for; only people read it
};

/// Where keys are kept. Asked on io threads: it must answer from memory.
class key_store {
public:
  virtual ~key_store() = default;
  virtual std::optional<stored_key> find(std::string_view id) const = 0;
  /// Grows when a key is revoked or replaced: what was verified before must be looked at again.
  virtual std::uint64_t changes() const = 0;
};

/// Keys in memory.
class remembered_keys final : public key_store {
public:
  void add(stored_key);
  bool forget(std::string_view id);
  std::optional<stored_key> find(std::string_view id) const override;
  std::uint64_t changes() const override { return changes_.load(std::memory_order_acquire); }

private:
  mutable std::mutex guard_;
  std::unordered_map<std::string, stored_key> keys_;
  std::atomic<std::uint64_t> changes_{0};
};

struct issued_key {
  std::string text; // shown once
  stored_key kept;
};

/// A new key of 40 random bytes: 8 for the id, 32 for the secret.
issued_key issue_key(std::string tenant, role, std::optional<moment> expires,
                     std::span<const std::uint8_t, 40> randomness);

key_hash hash_of(std::string_view key);

/// The verified keys of the last while, so that not every request costs a hash. Bounded; the one
/// used longest ago gives way. Entries are compared in constant time, and looked at again after
/// `fresh`, or after `clear`.
class verified_keys {
public:
  verified_keys(std::size_t most, span fresh) : most_{most}, fresh_{fresh} {}

  std::shared_ptr<const principal> find(std::string_view key, moment now);
  void add(std::string_view key, std::shared_ptr<const principal>, std::optional<moment> expires,
           moment now);
  void clear();

private:
  struct entry {
    std::string key;
    std::shared_ptr<const principal> who;
    moment until;
  };
  using entries = std::list<entry>;

  std::size_t most_;
  span fresh_;
  std::mutex guard_;
  entries in_order_; // of use
  std::unordered_map<std::uint64_t, entries::iterator> by_hash_;
};

/// Checks what a request shows.
class access {
public:
  explicit access(const key_store& keys) : keys_{keys} {}

  /// `unauthenticated` for no key, an unknown, wrong or expired one; `overloaded` while its id or
  /// the address is locked. A key that was verified lately is not locked out by others' guesses.
  result<std::shared_ptr<const principal>> identify(std::string_view authorization,
                                                    const address& peer, moment now);

private:
  const key_store& keys_;
  std::atomic<std::uint64_t> seen_changes_{0};
  verified_keys verified_{4096, span{30'000}};
  lockout ids_{10'000};
  lockout addresses_{10'000};
};

/// `forbidden` says which permission is missing, or whose the key is. The tenant `system` is the
/// nodes' own: whatever is there is of the kind `node`.
result<void> authorize(const principal&, std::string_view tenant, std::string_view kind,
                       std::string_view verb);

} // namespace tenon::nodes::edge
