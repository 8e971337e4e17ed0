#include "nodes/node/keys.hpp"

#include "nodes/node/private_file.hpp"
#include "protocols/json.hpp"

#include <fstream>
#include <openssl/rand.h>
#include <sstream>

namespace tenon::nodes {
namespace {

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
  return edge::stored_key{text("id"), *hash, text("tenant"), *role, std::nullopt};
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
                             edge::role::owner, std::nullopt}};
  }
  std::array<std::uint8_t, 40> random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1)
    return failure{code::unavailable, "the system gives no random bytes"};
  return edge::issue_key("*", edge::role::owner, std::nullopt, random);
}

} // namespace

result<opened_keys> open_keys(const std::filesystem::path& data, const std::string& wanted) {
  const auto file = data / "keys.json";
  opened_keys opened{std::make_unique<edge::remembered_keys>(), {}};
  list kept;
  if (std::ifstream in{file}) {
    std::ostringstream text;
    text << in.rdbuf();
    const auto document = read_json(text.str());
    const auto* all = document ? document->find("keys") : nullptr;
    if (!all || !all->is<list>())
      return failure{code::malformed, "the keys cannot be read", file.string(), remedy};
    kept = *all->as<list>();
  }
  for (const auto& v : kept) {
    auto key = read_key(v, file.string());
    if (!key)
      return std::move(key).error();
    opened.keys->add(*std::move(key));
  }
  if (!kept.empty() && wanted.empty())
    return opened;
  auto made = owner_key(wanted);
  if (!made)
    return std::move(made).error();
  const bool known = opened.keys->find(made->kept.id).has_value();
  opened.keys->add(made->kept);
  if (known)
    return opened;
  kept.push_back(object{{"id", made->kept.id},
                        {"hash", hex(made->kept.hash)},
                        {"tenant", made->kept.tenant},
                        {"role", edge::name_of(made->kept.role)}});
  if (auto written = write_private_file(file, write_json_pretty(object{{"keys", std::move(kept)}}));
      !written)
    return std::move(written).error();
  opened.fresh = std::move(made->text);
  return opened;
}

} // namespace tenon::nodes
