#include "nodes/edge/access.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>

namespace tenon::nodes::edge {
namespace {

constexpr std::string_view role_names[]{"viewer", "operator", "developer",
                                        "admin",  "auditor",  "owner"};
constexpr std::string_view guarding_kinds[]{"audit", "key", "tenant", "node", "cluster"};
constexpr std::string_view scheme = "Bearer ";
constexpr std::size_t most_key_bytes = 160;
constexpr std::string_view systems_tenant = "system";

struct grant {
  role to;
  std::string_view kind; // "*": any but the guarding ones
  std::string_view verb; // "*": any
};

constexpr grant grants[]{
    {role::viewer, "*", "read"},
    {role::operator_, "*", "read"},
    {role::operator_, "*", "operate"},
    {role::operator_, "node", "read"},
    {role::developer, "*", "read"},
    {role::developer, "*", "write"},
    {role::developer, "*", "delete"},
    {role::developer, "*", "operate"},
    {role::admin, "*", "*"},
    {role::admin, "key", "*"},
    {role::admin, "tenant", "read"},
    {role::admin, "tenant", "administer"},
    {role::admin, "node", "read"},
    {role::admin, "node", "operate"},
    {role::admin, "cluster", "*"},
    {role::operator_, "cluster", "read"},
    {role::auditor, "cluster", "read"},
    {role::auditor, "*", "read"},
    {role::auditor, "audit", "read"},
    {role::auditor, "key", "read"},
    {role::auditor, "tenant", "read"},
    {role::auditor, "node", "read"},
};

void write_hex(std::span<const std::uint8_t> bytes, std::string& onto) {
  for (const auto b : bytes) {
    onto += "0123456789abcdef"[b >> 4];
    onto += "0123456789abcdef"[b & 15];
  }
}

/// The id of "tn_<id>_<secret>"; nothing for any other shape.
std::optional<std::string_view> id_of(std::string_view key) {
  if (!key.starts_with("tn_") || key.size() > most_key_bytes)
    return std::nullopt;
  const auto rest = key.substr(3);
  const auto end = rest.find('_');
  if (end == rest.npos || end == 0 || end + 1 == rest.size())
    return std::nullopt;
  return rest.substr(0, end);
}

failure locked_for(span wait) {
  return {code::overloaded,
          "too many wrong keys were shown",
          {},
          "Wait, and check the key before trying again.",
          wait};
}

failure not_a_key(std::string why) {
  return {code::unauthenticated,
          std::move(why),
          {},
          "Send 'Authorization: Bearer tn_…' with a key of this installation; "
          "its client takes one from --key or TENON_KEY."};
}

bool same_bytes(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace

std::string_view name_of(role r) {
  return role_names[static_cast<std::size_t>(r)];
}

std::optional<role> role_of(std::string_view name) {
  const auto* at = std::ranges::find(role_names, name);
  if (at == std::end(role_names))
    return std::nullopt;
  return static_cast<role>(at - std::begin(role_names));
}

bool may(role who, std::string_view kind, std::string_view verb) {
  if (who == role::owner)
    return true;
  // Paths say kinds in the plural.
  const auto one = kind.ends_with('s') ? kind.substr(0, kind.size() - 1) : kind;
  const bool guarding = std::ranges::find(guarding_kinds, one) != std::end(guarding_kinds);
  return std::ranges::any_of(grants, [&](const grant& g) {
    return g.to == who && (g.verb == "*" || g.verb == verb) &&
           (g.kind == one || (g.kind == "*" && !guarding));
  });
}

void remembered_keys::add(stored_key k) {
  const std::lock_guard lock{guard_};
  auto id = k.id;
  if (!keys_.insert_or_assign(std::move(id), std::move(k)).second)
    changes_.fetch_add(1, std::memory_order_release);
}

bool remembered_keys::forget(std::string_view id) {
  const std::lock_guard lock{guard_};
  const bool known = keys_.erase(std::string{id}) != 0;
  changes_.fetch_add(known, std::memory_order_release);
  return known;
}

std::optional<stored_key> remembered_keys::find(std::string_view id) const {
  const std::lock_guard lock{guard_};
  const auto at = keys_.find(std::string{id});
  return at == keys_.end() ? std::nullopt : std::optional{at->second};
}

issued_key issue_key(std::string tenant, role r, std::optional<moment> expires,
                     std::span<const std::uint8_t, 40> randomness) {
  std::string id;
  write_hex(randomness.first<8>(), id);
  std::string text = "tn_" + id + '_';
  write_hex(randomness.subspan<8>(), text);
  stored_key kept{std::move(id), hash_of(text), std::move(tenant), r, expires};
  return {std::move(text), std::move(kept)};
}

key_hash hash_of(std::string_view key) {
  key_hash h{};
  SHA256(reinterpret_cast<const unsigned char*>(key.data()), key.size(), h.data());
  return h;
}

std::shared_ptr<const principal> verified_keys::find(std::string_view key, moment now) {
  const auto hash = std::hash<std::string_view>{}(key);
  const std::lock_guard lock{guard_};
  const auto at = by_hash_.find(hash);
  if (at == by_hash_.end() || !same_bytes(at->second->key, key))
    return nullptr;
  if (at->second->until <= now) {
    in_order_.erase(at->second);
    by_hash_.erase(at);
    return nullptr;
  }
  if (at->second != in_order_.begin())
    in_order_.splice(in_order_.begin(), in_order_, at->second);
  return at->second->who;
}

void verified_keys::add(std::string_view key, std::shared_ptr<const principal> who,
                        std::optional<moment> expires, moment now) {
  const auto until = std::min(now + fresh_, expires.value_or(moment::max()));
  const auto hash = std::hash<std::string_view>{}(key);
  const std::lock_guard lock{guard_};
  if (const auto at = by_hash_.find(hash); at != by_hash_.end()) {
    in_order_.erase(at->second);
    by_hash_.erase(at);
  }
  if (in_order_.size() >= most_) {
    by_hash_.erase(std::hash<std::string_view>{}(in_order_.back().key));
    in_order_.pop_back();
  }
  in_order_.push_front({std::string{key}, std::move(who), until});
  by_hash_.emplace(hash, in_order_.begin());
}

void verified_keys::clear() {
  const std::lock_guard lock{guard_};
  in_order_.clear();
  by_hash_.clear();
}

result<std::shared_ptr<const principal>> access::identify(std::string_view authorization,
                                                          const address& peer, moment now) {
  if (authorization.empty())
    return not_a_key("no key was sent");
  if (authorization.size() <= scheme.size() ||
      !same_name(authorization.substr(0, scheme.size()), scheme))
    return not_a_key("the Authorization field is not a Bearer key");
  const auto key = authorization.substr(scheme.size());
  if (const auto changes = keys_.changes();
      changes != seen_changes_.load(std::memory_order_acquire)) {
    verified_.clear();
    seen_changes_.store(changes, std::memory_order_release);
  }
  if (auto known = verified_.find(key, now))
    return known;
  const std::string from = peer.text();
  if (const auto wait = addresses_.locked(from, now))
    return locked_for(*wait);
  const auto id = id_of(key);
  if (!id) {
    addresses_.failed(from, now);
    return not_a_key("the key has not the shape of one");
  }
  const std::string id_text{*id};
  if (const auto wait = ids_.locked(id_text, now))
    return locked_for(*wait);
  const auto stored = keys_.find(*id);
  // An unknown id costs the same hash and comparison as a known one.
  const auto shown = hash_of(key);
  const auto expected = stored ? stored->hash : key_hash{};
  const bool same = CRYPTO_memcmp(shown.data(), expected.data(), shown.size()) == 0;
  if (!stored || !same) {
    ids_.failed(id_text, now);
    addresses_.failed(from, now);
    return not_a_key("the key is not known");
  }
  if (stored->expires && *stored->expires <= now)
    return not_a_key("the key has expired");
  ids_.succeeded(id_text);
  auto who = std::make_shared<const principal>(principal{stored->id, stored->tenant, stored->role});
  verified_.add(key, who, stored->expires, now);
  return std::shared_ptr<const principal>{std::move(who)};
}

result<void> authorize(const principal& who, std::string_view tenant, std::string_view kind,
                       std::string_view verb) {
  if (!tenant.empty() && !who.is_of(tenant))
    return failure{code::forbidden,
                   "this key is not of the tenant '" + std::string{tenant} + "'",
                   {},
                   "Use a key of that tenant."};
  // What the nodes keep of themselves is not somebody's data, whatever its kind.
  if (tenant == systems_tenant)
    kind = "node";
  if (may(who.role, kind, verb))
    return {};
  return failure{code::forbidden,
                 "the role " + std::string{name_of(who.role)} + " may not " + std::string{verb} +
                     " " + std::string{kind},
                 {},
                 "Ask for a key with the permission " + std::string{kind} + ":" +
                     std::string{verb} + "."};
}

} // namespace tenon::nodes::edge
