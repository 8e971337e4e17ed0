#include "nodes/node/keys.hpp"

#include "protocols/json.hpp"
#include "runtime/private_file.hpp"

#include <algorithm>
#include <fstream>
#include <openssl/rand.h>
#include <sstream>

namespace tenon::nodes {
namespace {

constexpr auto first_title = "made at the first start";
constexpr std::size_t most_keys = 10'000;
constexpr auto remedy = "Restore the file from a backup, or remove it to make a new owner key.";

std::string hex(const edge::key_hash& hash) {
  std::string text;
  for (const auto byte : hash) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

std::optional<edge::key_hash> unhex(std::string_view text) {
  edge::key_hash hash{};
  if (text.size() != 2 * hash.size())
    return std::nullopt;
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  for (std::size_t i = 0; i < hash.size(); ++i) {
    const int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0)
      return std::nullopt;
    hash[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return hash;
}

result<edge::stored_key> read_key(const value& v, const std::string& file) {
  const auto text = [&](const char* name) {
    const auto* member = v.find(name);
    const auto* said = member ? member->as<std::string>() : nullptr;
    return said ? *said : std::string{};
  };
  const auto hash = unhex(text("hash"));
  const auto role = edge::role_of(text("role"));
  if (!hash || !role || text("id").empty() || text("tenant").empty())
    return failure{code::malformed, "a key in the file cannot be read", file, remedy};
  edge::stored_key key{text("id"), *hash, text("tenant"), *role, std::nullopt, text("title")};
  if (const auto expires = text("expires_at"); !expires.empty()) {
    const auto at = parse_moment(expires);
    if (!at)
      return failure{code::malformed, "a key in the file cannot be read", file, remedy};
    key.expires = *at;
  }
  return key;
}

result<edge::issued_key> drawn_key(std::string tenant, edge::role role, std::string title,
                                   std::optional<moment> expires) {
  std::array<std::uint8_t, 40> random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1)
    return failure{code::unavailable, "the system gives no random bytes"};
  auto made = edge::issue_key(std::move(tenant), role, expires, random);
  made.kept.title = std::move(title);
  return made;
}

result<edge::issued_key> owner_key(const std::string& wanted) {
  if (!wanted.empty()) {
    const auto id_end = wanted.find('_', 3);
    if (!wanted.starts_with("tn_") || id_end == std::string::npos || id_end < 5 ||
        wanted.size() < id_end + 17)
      return failure{code::malformed, "the owner key does not look like tn_<id>_<secret>",
                     "TENON_OWNER_KEY", "Use an id of letters and a secret of at least 16."};
    return edge::issued_key{wanted,
                            {wanted.substr(3, id_end - 3), edge::hash_of(wanted), "*",
                             edge::role::owner, std::nullopt, first_title}};
  }
  return drawn_key("*", edge::role::owner, first_title, std::nullopt);
}

value to_document(const edge::stored_key& k) {
  object o{{"id", k.id},
           {"hash", hex(k.hash)},
           {"tenant", k.tenant},
           {"role", edge::name_of(k.role)},
           {"title", k.title}};
  if (k.expires)
    o["expires_at"] = to_text(*k.expires);
  return o;
}

} // namespace

result<std::unique_ptr<kept_keys>> kept_keys::open(const std::filesystem::path& data,
                                                   const std::string& wanted) {
  std::unique_ptr<kept_keys> keys{new kept_keys{data / "keys.json"}};
  if (auto read = keys->read(); !read)
    return std::move(read).error();
  if (!keys->all_.empty() && wanted.empty())
    return keys;
  auto made = owner_key(wanted);
  if (!made)
    return std::move(made).error();
  auto all = keys->all_;
  const auto known = std::ranges::find(all, made->kept.id, &edge::stored_key::id);
  if (known != all.end() && known->hash == made->kept.hash)
    return keys;
  if (known != all.end())
    *known = made->kept;
  else
    all.push_back(made->kept);
  if (auto kept = keys->keep(std::move(all)); !kept)
    return std::move(kept).error();
  keys->fresh_ = std::move(made->text);
  return keys;
}

result<void> kept_keys::read() {
  std::ifstream in{file_};
  if (!in)
    return {};
  std::ostringstream text;
  text << in.rdbuf();
  const auto document = read_json(text.str());
  const auto* kept = document ? document->find("keys") : nullptr;
  if (!kept || !kept->is<list>())
    return failure{code::malformed, "the keys cannot be read", file_.string(), remedy};
  for (const auto& v : *kept->as<list>()) {
    auto key = read_key(v, file_.string());
    if (!key)
      return std::move(key).error();
    known_.add(*key);
    all_.push_back(*std::move(key));
  }
  return {};
}

result<void> kept_keys::keep(std::vector<edge::stored_key> all) {
  list documents;
  for (const auto& k : all)
    documents.push_back(to_document(k));
  const object document{{"keys", std::move(documents)}};
  if (auto written = runtime::write_private_file(file_, write_json_pretty(document)); !written)
    return written;
  for (const auto& before : all_)
    if (std::ranges::find(all, before.id, &edge::stored_key::id) == all.end())
      known_.forget(before.id);
  for (const auto& k : all)
    if (const auto before = known_.find(k.id); !before || before->hash != k.hash)
      known_.add(k);
  all_ = std::move(all);
  return {};
}

std::optional<edge::stored_key> kept_keys::find(std::string_view id) const {
  return known_.find(id);
}

result<edge::issued_key> kept_keys::issue(std::string tenant, edge::role role, std::string title,
                                          std::optional<moment> expires) {
  auto made = drawn_key(std::move(tenant), role, std::move(title), expires);
  if (!made)
    return made;
  const std::lock_guard hold{guard_};
  if (all_.size() >= most_keys)
    return failure{code::overloaded, "there are as many keys as can be kept", "keys",
                   "Revoke those that nobody uses."};
  auto all = all_;
  all.push_back(made->kept);
  if (auto kept = keep(std::move(all)); !kept)
    return std::move(kept).error();
  return made;
}

std::vector<edge::stored_key> kept_keys::of(std::string_view tenant) const {
  const std::lock_guard hold{guard_};
  std::vector<edge::stored_key> found;
  std::ranges::copy_if(all_, std::back_inserter(found), [&](const edge::stored_key& k) {
    return tenant == "*" || k.tenant == tenant;
  });
  return found;
}

result<void> kept_keys::revoke(std::string_view tenant, std::string_view id) {
  const std::lock_guard hold{guard_};
  auto all = all_;
  const auto at = std::ranges::find_if(all, [&](const edge::stored_key& k) {
    return k.id == id && (tenant == "*" || k.tenant == tenant);
  });
  if (at == all.end())
    return failure{code::not_found, "there is no key " + std::string{id}, "id"};
  const auto owners = std::ranges::count(all, edge::role::owner, &edge::stored_key::role);
  if (at->role == edge::role::owner && owners == 1)
    return failure{code::conflict, "this is the last owner's key", "id",
                   "Make another owner's key first."};
  all.erase(at);
  return keep(std::move(all));
}

} // namespace tenon::nodes
