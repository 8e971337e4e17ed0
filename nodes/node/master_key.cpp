#include "nodes/node/master_key.hpp"

#include "protocols/base64.hpp"
#include "runtime/private_file.hpp"
#include "runtime/sealing/master_key.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace tenon::nodes {
namespace {

constexpr auto key_file = "master.key";
constexpr auto check_file = "master.check";
constexpr auto rule_file = "master.passphrase";
constexpr auto passphrase_variable = "TENON_MASTER_PASSPHRASE";
constexpr std::size_t most_file_bytes = 64u << 10;
// A passphrase has no version; by its rule it is always the same key.
constexpr std::uint32_t passphrase_version = 1;

const identity checked{"node", "master", "check"};
constexpr std::string_view check_text = "the master key is the right one";

/// Adds the keys of one place; that there are none there is no failure.
result<void> add(std::vector<runtime::master_key>& all,
                 result<std::vector<runtime::master_key>> found) {
  if (!found && found.error().code == code::not_found)
    return {};
  if (!found)
    return std::move(found).error();
  std::ranges::move(*found, std::back_inserter(all));
  return {};
}

result<void> add_passphrase(std::vector<runtime::master_key>& all,
                            const std::filesystem::path& data, runtime::entropy& random) {
  const char* said = std::getenv(passphrase_variable);
  if (!said || !*said)
    return {};
  const auto rule = runtime::kept_passphrase_rule(data / rule_file, random);
  if (!rule)
    return rule.error();
  auto key = runtime::key_from_passphrase(said, *rule);
  if (!key)
    return std::move(key).error();
  all.push_back({passphrase_version, *std::move(key)});
  return {};
}

std::vector<blob> read_checks(const std::filesystem::path& file) {
  std::vector<blob> checks;
  std::ifstream in{file};
  for (std::string line; std::getline(in, line);)
    if (auto bytes = from_base64(line))
      checks.push_back(blob::from(*std::move(bytes)));
  return checks;
}

/// Every key that ever sealed here has left a check: each must still be there.
result<void> verify(const runtime::sealing& keys, const std::filesystem::path& file,
                    runtime::entropy& random) {
  auto checks = read_checks(file);
  bool newest_known = false;
  for (const auto& check : checks) {
    if (auto opened = keys.open(checked, "", check); !opened)
      return failure{code::unavailable,
                     "secrets here are sealed with a master key that the node was not given: " +
                         opened.error().why,
                     file.string(),
                     "Put that key back (master.key beside the data, --master-key, "
                     "TENON_MASTER_KEY or TENON_MASTER_PASSPHRASE)."};
    newest_known = newest_known || keys.current(check);
  }
  if (newest_known)
    return {};
  checks.push_back(keys.seal(checked, "", check_text, random.make_nonce()));
  std::string text;
  for (const auto& check : checks)
    text += to_base64(check.view()) + '\n';
  return runtime::write_private_file(file, text);
}

} // namespace

result<runtime::sealing> open_master_keys(const std::filesystem::path& data,
                                          const std::filesystem::path& given,
                                          runtime::entropy& random) {
  std::vector<runtime::master_key> all;
  if (!given.empty()) {
    auto found = runtime::master_keys_from_file(given);
    if (!found)
      return std::move(found).error();
    all = *std::move(found);
  }
  if (auto added = add(all, runtime::master_keys_from_environment()); !added)
    return std::move(added).error();
  if (auto added = add_passphrase(all, data, random); !added)
    return std::move(added).error();
  const auto own = data / key_file;
  const auto check = data / check_file;
  if (std::filesystem::exists(own)) {
    if (auto added = add(all, runtime::master_keys_from_file(own)); !added)
      return std::move(added).error();
  } else if (all.empty() && !std::filesystem::exists(check)) {
    std::array<unsigned char, runtime::secret_key::size> bytes;
    random.fill(bytes);
    const std::string_view raw{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    if (auto written = runtime::write_private_file(own, "1:" + to_base64(raw) + '\n'); !written)
      return std::move(written).error();
    all.push_back({1, runtime::secret_key{bytes}});
  }
  if (all.empty())
    return failure{code::unavailable,
                   "secrets here are sealed, and the node was given no master key", check.string(),
                   "Put master.key back beside the data, or give the key with --master-key, "
                   "TENON_MASTER_KEY or TENON_MASTER_PASSPHRASE."};
  auto keys = runtime::sealing::from_keys(std::move(all));
  if (!keys)
    return keys;
  if (auto right = verify(*keys, check, random); !right)
    return std::move(right).error();
  return keys;
}

result<void> copy_key_check(const std::filesystem::path& from, const std::filesystem::path& to) {
  for (const auto* name : {check_file, rule_file}) {
    if (!std::filesystem::exists(from / name))
      continue;
    std::ifstream in{from / name};
    std::stringstream text;
    text << in.rdbuf();
    if (auto written = runtime::write_private_file(to / name, text.str()); !written)
      return written;
  }
  return {};
}

result<shared_master_key> shared_master_key_of(const std::filesystem::path& data) {
  shared_master_key shared;
  const std::pair<const char*, std::string*> files[]{
      {key_file, &shared.key}, {check_file, &shared.check}, {rule_file, &shared.rule}};
  for (const auto& [name, into] : files) {
    auto text = runtime::read_private_file(data / name, most_file_bytes, "");
    if (!text && text.error().code != code::not_found)
      return std::move(text).error();
    if (text)
      *into = *std::move(text);
  }
  return shared;
}

result<void> keep(const std::filesystem::path& data, const shared_master_key& shared) {
  const std::pair<const char*, const std::string*> files[]{
      {key_file, &shared.key}, {check_file, &shared.check}, {rule_file, &shared.rule}};
  for (const auto& [name, text] : files)
    if (!text->empty())
      if (auto written = runtime::write_private_file(data / name, *text); !written)
        return written;
  return {};
}

bool is_given_master_keys(const std::filesystem::path& given) {
  const auto is_set = [](const char* variable) {
    const char* said = std::getenv(variable);
    return said && *said;
  };
  return !given.empty() || is_set(runtime::master_key_variable) || is_set(passphrase_variable);
}

} // namespace tenon::nodes
