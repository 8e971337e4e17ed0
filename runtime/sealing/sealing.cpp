#include "runtime/sealing/sealing.hpp"

#include "protocols/ensure.hpp"
#include "runtime/sealing/aes_gcm.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <optional>
#include <shared_mutex>

namespace tenon::runtime {
namespace {

constexpr unsigned char format = 1;
constexpr std::size_t max_keys = 64;
constexpr std::size_t max_tenants = 4'096; // whose data keys are kept at hand
constexpr std::size_t version_end = 1 + 4;
constexpr std::size_t nonce_end = version_end + sizeof(nonce);
constexpr std::string_view purpose = "tenon data key 1 "; // of the derivation, before the tenant

secret_key derive(const secret_key& master, std::string_view tenant) {
  static EVP_KDF* const hkdf = EVP_KDF_fetch(nullptr, "HKDF", nullptr); // as long as the process
  must(hkdf, "OpenSSL has no HKDF");
  const std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)> context{EVP_KDF_CTX_new(hkdf),
                                                                          &EVP_KDF_CTX_free};
  char digest[] = "SHA256";
  auto info = std::string{purpose}.append(tenant);
  auto* const key = const_cast<unsigned char*>(master.bytes().data()); // OpenSSL only reads it
  const OSSL_PARAM parameters[]{
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key, secret_key::size),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
      OSSL_PARAM_construct_end()};
  std::array<unsigned char, secret_key::size> out;
  must(context && EVP_KDF_derive(context.get(), out.data(), out.size(), parameters) == 1,
       "a data key cannot be derived");
  secret_key derived{out};
  OPENSSL_cleanse(out.data(), out.size());
  return derived;
}

/// What the bytes are bound to. Each part has its length in front, so that no two places are the
/// same bytes.
std::string bound_to(std::string_view header, const identity& of, std::string_view field) {
  std::string all{header};
  for (const std::string_view part :
       {std::string_view{of.tenant}, std::string_view{of.kind}, std::string_view{of.name}, field}) {
    for (int shift = 24; shift >= 0; shift -= 8)
      all += static_cast<char>(part.size() >> shift & 0xff);
    all += part;
  }
  return all;
}

std::string header_of(std::uint32_t version) {
  std::string header{static_cast<char>(format)};
  for (int shift = 24; shift >= 0; shift -= 8)
    header += static_cast<char>(version >> shift & 0xff);
  return header;
}

/// The version that sealed them; nothing when they are too short or of another format.
std::optional<std::uint32_t> version_of(std::string_view sealed) {
  if (sealed.size() < sealing::overhead || static_cast<unsigned char>(sealed[0]) != format)
    return std::nullopt;
  std::uint32_t version = 0;
  for (std::size_t i = 1; i <= 4; ++i)
    version = version << 8 | static_cast<unsigned char>(sealed[i]);
  return version;
}

} // namespace

void system_entropy::fill(std::span<unsigned char> bytes) {
  must(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1,
       "the system gives no random bytes");
}

secret_key::secret_key(std::span<const unsigned char, size> bytes) {
  std::ranges::copy(bytes, bytes_.begin());
}

secret_key::~secret_key() {
  OPENSSL_cleanse(bytes_.data(), bytes_.size());
}

bool secret_key::operator==(const secret_key& other) const {
  return CRYPTO_memcmp(bytes_.data(), other.bytes_.data(), size) == 0;
}

struct sealing::keys {
  const std::vector<master_key> all; // from the oldest to the newest
  // Deriving costs several times what sealing a short secret does. Not part of the value.
  mutable std::shared_mutex guard{};
  mutable std::map<std::pair<std::uint32_t, std::string>, secret_key> derived{};

  const secret_key* find(std::uint32_t version) const {
    const auto it = std::ranges::find(all, version, &master_key::version);
    return it == all.end() ? nullptr : &it->key;
  }

  secret_key data_key(std::uint32_t version, const secret_key& master,
                      const std::string& tenant) const {
    std::pair at{version, tenant};
    {
      const std::shared_lock hold{guard};
      if (const auto it = derived.find(at); it != derived.end())
        return it->second;
    }
    auto fresh = derive(master, tenant);
    const std::unique_lock hold{guard};
    if (derived.size() >= max_tenants)
      derived.clear();
    derived.emplace(std::move(at), fresh);
    return fresh;
  }
};

sealing::sealing(std::shared_ptr<const keys> k) : keys_{std::move(k)} {}

result<sealing> sealing::from_keys(std::vector<master_key> all) {
  if (all.empty() || all.size() > max_keys)
    return failure{code::malformed, "there must be 1 to 64 master keys", "master key",
                   "Give the newest key, and the older ones that something is still sealed with."};
  std::ranges::sort(all, {}, &master_key::version);
  if (std::ranges::adjacent_find(all, {}, &master_key::version) != all.end())
    return failure{code::malformed, "two master keys have the same version", "master key",
                   "Give the new key a higher version."};
  return sealing{std::shared_ptr<const keys>{new keys{std::move(all)}}};
}

blob sealing::seal(const identity& of, std::string_view field, std::string_view plaintext,
                   const nonce& n) const {
  const auto& newest = keys_->all.back();
  const auto key = keys_->data_key(newest.version, newest.key, of.tenant);
  const auto header = header_of(newest.version);
  std::string out;
  out.reserve(overhead + plaintext.size());
  out += header;
  out.append(reinterpret_cast<const char*>(n.data()), n.size());
  out.resize(overhead + plaintext.size());
  aes_gcm::seal(key.bytes(), n, bound_to(header, of, field), plaintext, out.data() + nonce_end);
  return blob::from(std::move(out));
}

result<blob> sealing::open(const identity& of, std::string_view field, const blob& sealed) const {
  const auto whole = sealed.view();
  const auto place = to_string(of).append(", ").append(field);
  const auto version = version_of(whole);
  if (!version || whole.size() - overhead > aes_gcm::max_plaintext)
    return failure{code::malformed, "these are no sealed bytes", place,
                   "Restore them from a backup, or write the secret again."};
  const auto* const master = keys_->find(*version);
  if (!master)
    return failure{code::unavailable,
                   "a secret is sealed with master key version " + std::to_string(*version) +
                       ", which this node does not have",
                   place, "Start the node with that key beside the newest."};
  nonce n;
  std::ranges::copy(whole.substr(version_end, n.size()), n.begin());
  std::string out(whole.size() - overhead, '\0');
  if (!aes_gcm::open(keys_->data_key(*version, *master, of.tenant).bytes(), n,
                     bound_to(whole.substr(0, version_end), of, field), whole.substr(nonce_end),
                     out.data()))
    return failure{code::malformed,
                   "sealed bytes were changed, moved here from another place, or sealed with "
                   "another master key of the same version",
                   place, "Check the master key; else restore them from a backup."};
  return blob::from(std::move(out));
}

bool sealing::current(const blob& sealed) const {
  return version_of(sealed.view()) == keys_->all.back().version;
}

} // namespace tenon::runtime
