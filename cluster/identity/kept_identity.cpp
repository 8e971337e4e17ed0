#include "cluster/identity/kept_identity.hpp"

#include "runtime/private_file.hpp"

#include <vector>

namespace tenon::cluster {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view node_file = "node.pem";
constexpr std::string_view authority_file = "authority.pem";
constexpr std::size_t most_bytes = 64u << 10;

const std::string restore = "Restore it from a backup, or have the node join again.";

/// The key, then certificates: the parts that PEM's lines of dashes make of a text.
std::vector<std::string> blocks_of(const std::string& text) {
  constexpr std::string_view begin = "-----BEGIN ";
  std::vector<std::string> blocks;
  for (auto at = text.find(begin); at != text.npos;) {
    const auto next = text.find(begin, at + begin.size());
    blocks.push_back(text.substr(at, next == text.npos ? next : next - at));
    at = next;
  }
  return blocks;
}

result<std::vector<std::string>> read_blocks(const fs::path& file, std::size_t fewest) {
  const auto text = runtime::read_private_file(file, most_bytes, restore);
  if (!text)
    return text.error();
  auto blocks = blocks_of(*text);
  if (blocks.size() < fewest)
    return failure{code::malformed, "it does not hold a key and its certificates", file.string(),
                   restore};
  return blocks;
}

} // namespace

result<void> keep(const fs::path& directory, const credentials& held) {
  return runtime::write_private_file(directory / node_file,
                                     held.key + held.certificate + held.trusted);
}

result<void> keep(const fs::path& directory, const authority& held) {
  return runtime::write_private_file(directory / authority_file, held.key + held.certificate);
}

result<credentials> kept_credentials(const fs::path& directory) {
  auto blocks = read_blocks(directory / node_file, 3);
  if (!blocks)
    return std::move(blocks).error();
  credentials held{std::move((*blocks)[1]), std::move((*blocks)[0]), {}};
  for (std::size_t i = 2; i < blocks->size(); ++i)
    held.trusted += (*blocks)[i];
  return held;
}

result<authority> kept_authority(const fs::path& directory) {
  auto blocks = read_blocks(directory / authority_file, 2);
  if (!blocks)
    return std::move(blocks).error();
  return authority{std::move((*blocks)[1]), std::move((*blocks)[0])};
}

} // namespace tenon::cluster
