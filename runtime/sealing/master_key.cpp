#include "runtime/sealing/master_key.hpp"

#include "protocols/base64.hpp"
#include "protocols/ensure.hpp"

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <optional>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

namespace tenon::runtime {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_file_bytes = 16u << 10;
constexpr std::uint32_t fewest_rounds = 600'000;
constexpr std::uint32_t most_rounds = 100'000'000;
constexpr std::size_t salt_bytes = 16;
constexpr std::size_t most_salt_bytes = 1'024;
constexpr std::size_t fewest_passphrase_bytes = 12;
constexpr std::string_view rule_name = "pbkdf2-sha256";

const std::string key_remedy =
    "Write one line per key, `VERSION:BASE64`; `openssl rand -base64 32` makes a key.";

template <class Number> std::optional<Number> to_number(std::string_view text) {
  Number n{};
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (wrong != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return n;
}

std::optional<master_key> read_key(std::string_view word) {
  std::optional<std::uint32_t> version = 1;
  if (const auto colon = word.find(':'); colon != word.npos) {
    version = to_number<std::uint32_t>(word.substr(0, colon));
    word.remove_prefix(colon + 1);
  }
  auto bytes = from_base64(word);
  std::optional<master_key> made;
  if (version && bytes && bytes->size() == secret_key::size) {
    const auto* raw = reinterpret_cast<const unsigned char*>(bytes->data());
    made = master_key{*version, secret_key{std::span<const unsigned char, 32>{raw, 32}}};
  }
  if (bytes)
    OPENSSL_cleanse(bytes->data(), bytes->size());
  return made;
}

result<std::string> read_small(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  std::string text(max_file_bytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || (!in.is_open()))
    return failure{code::unavailable, std::string{"it cannot be read: "} + std::strerror(errno),
                   file.string(), "Give the node's user the right to read it."};
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > max_file_bytes)
    return failure{code::too_large, "it has more than 16 KiB", file.string(),
                   "This is probably another file."};
  return text;
}

failure cannot_write(const fs::path& file) {
  return {code::unavailable, std::string{"it cannot be written: "} + std::strerror(errno),
          file.string(), "Look at the directory's rights and free space."};
}

result<passphrase_rule> read_rule(const fs::path& file) {
  const auto text = read_small(file);
  if (!text)
    return text.error();
  std::istringstream words{*text};
  std::string name, rounds, salt, more;
  words >> name >> rounds >> salt;
  const auto count = to_number<std::uint32_t>(rounds);
  auto bytes = from_base64(salt);
  if (name != rule_name || !count || !bytes || words >> more)
    return failure{code::malformed, "this is no passphrase rule", file.string(),
                   "Restore it from a backup: without it the passphrase makes another key."};
  return passphrase_rule{*count, *std::move(bytes)};
}

bool synced(const fs::path& file) {
  const int opened = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (opened < 0)
    return false;
  const bool safe = ::fsync(opened) == 0;
  ::close(opened);
  return safe;
}

/// Under its name only when it is whole.
result<void> write_rule(const fs::path& file, const passphrase_rule& rule) {
  const auto fresh = fs::path{file} += ".new";
  std::ofstream out{fresh, std::ios::trunc};
  out << rule_name << ' ' << rule.rounds << ' ' << to_base64(rule.salt) << '\n';
  out.close();
  const auto directory = file.has_parent_path() ? file.parent_path() : fs::path{"."};
  if (!out || !synced(fresh) || ::rename(fresh.c_str(), file.c_str()) != 0 || !synced(directory))
    return cannot_write(file);
  return {};
}

} // namespace

result<std::vector<master_key>> read_master_keys(std::string_view text, const std::string& place) {
  constexpr std::string_view blanks = " \t\r\n";
  std::vector<master_key> all;
  for (;;) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    if (text.empty())
      break;
    const auto word = text.substr(0, text.find_first_of(blanks));
    text.remove_prefix(word.size());
    auto key = read_key(word);
    if (!key)
      return failure{code::malformed,
                     "key " + std::to_string(all.size() + 1) + " is not base64 of 32 bytes", place,
                     key_remedy};
    all.push_back(*std::move(key));
  }
  if (all.empty())
    return failure{code::malformed, "there is no master key in it", place, key_remedy};
  return all;
}

result<std::vector<master_key>> master_keys_from_file(const fs::path& file) {
  struct stat found {};
  if (::stat(file.c_str(), &found) != 0)
    return failure{errno == ENOENT ? code::not_found : code::unavailable,
                   std::string{"it cannot be read: "} + std::strerror(errno), file.string(),
                   "Name the file with the master key."};
  if (!S_ISREG(found.st_mode))
    return failure{code::malformed, "it is no file", file.string(),
                   "Name the file with the master key."};
  if ((found.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return failure{code::forbidden, "others than its owner may use this file with a master key",
                   file.string(), "Run `chmod 600` on it."};
  auto text = read_small(file);
  if (!text)
    return std::move(text).error();
  auto keys = read_master_keys(*text, file.string());
  OPENSSL_cleanse(text->data(), text->size());
  return keys;
}

result<std::vector<master_key>> master_keys_from_environment() {
  const char* const text = std::getenv(master_key_variable);
  if (!text)
    return failure{code::not_found, "there is no master key in the environment",
                   master_key_variable, key_remedy};
  return read_master_keys(text, master_key_variable);
}

result<passphrase_rule> kept_passphrase_rule(const fs::path& file, entropy& random) {
  std::error_code wrong;
  if (const auto there = fs::exists(file, wrong); there || wrong)
    return read_rule(file);
  std::array<unsigned char, salt_bytes> salt;
  random.fill(salt);
  passphrase_rule made{.salt = {salt.begin(), salt.end()}};
  if (auto written = write_rule(file, made); !written)
    return std::move(written).error();
  return made;
}

result<secret_key> key_from_passphrase(std::string_view passphrase, const passphrase_rule& rule) {
  if (passphrase.size() < fewest_passphrase_bytes)
    return failure{code::malformed, "the passphrase is shorter than 12 bytes", "passphrase",
                   "Use several words."};
  if (rule.rounds < fewest_rounds || rule.rounds > most_rounds)
    return failure{code::malformed,
                   std::to_string(rule.rounds) + " rounds are not between 600000 and 100000000",
                   "passphrase rule", "Restore the rule from a backup."};
  if (rule.salt.size() < salt_bytes || rule.salt.size() > most_salt_bytes)
    return failure{code::malformed, "the salt does not have 16 to 1024 bytes", "passphrase rule",
                   "Restore the rule from a backup."};
  auto bytes = pbkdf2_sha256(passphrase, rule.salt, rule.rounds, secret_key::size);
  const auto* raw = reinterpret_cast<const unsigned char*>(bytes.data());
  secret_key key{std::span<const unsigned char, secret_key::size>{raw, secret_key::size}};
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return key;
}

std::string pbkdf2_sha256(std::string_view password, std::string_view salt, std::uint32_t rounds,
                          std::size_t size) {
  std::string out(size, '\0');
  must(PKCS5_PBKDF2_HMAC(password.empty() ? "" : password.data(), static_cast<int>(password.size()),
                         reinterpret_cast<const unsigned char*>(salt.data()),
                         static_cast<int>(salt.size()), static_cast<int>(rounds), EVP_sha256(),
                         static_cast<int>(size), reinterpret_cast<unsigned char*>(out.data())) == 1,
       "a key cannot be derived from a passphrase");
  return out;
}

} // namespace tenon::runtime
