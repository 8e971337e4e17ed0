#include "nodes/cluster/card.hpp"

#include "runtime/private_file.hpp"
#include "runtime/signing/signing.hpp"
#include "runtime/store/checksum.hpp"

#include <charconv>

namespace tenon::nodes::cluster {
namespace {

namespace fs = std::filesystem;
using tenon::cluster::authority;
using tenon::cluster::bearer;
using tenon::cluster::credentials;

constexpr auto node_file = "node.pem";
constexpr auto authority_file = "authority.pem";
constexpr auto members_file = "members";
constexpr std::size_t most_members_bytes = 64u << 20;
constexpr std::size_t checksum_digits = 8;

const std::string ask_again = "It is made again as soon as another member answers.";

std::string checksum_text(std::string_view bytes) {
  const auto sum = runtime::store::checksum(bytes);
  std::string text;
  for (int shift = 28; shift >= 0; shift -= 4)
    text += "0123456789abcdef"[sum >> shift & 15];
  return text;
}

result<credentials> certified_by(const authority& a, const std::string& trusted, node_id node,
                                 moment now) {
  const auto name = std::to_string(node);
  auto asked = tenon::cluster::request_certificate(name);
  if (!asked)
    return std::move(asked).error();
  auto certificate = tenon::cluster::sign(a, asked->request, bearer::node, name, now);
  if (!certificate)
    return std::move(certificate).error();
  return credentials{*std::move(certificate), std::move(asked->key), trusted};
}

} // namespace

fs::path folder_of(const fs::path& data) {
  return data / "cluster";
}

result<card> kept_card(const fs::path& data, moment now) {
  auto shown = tenon::cluster::kept_credentials(folder_of(data));
  if (!shown)
    return std::move(shown).error();
  const auto who = tenon::cluster::examine(*shown, now);
  if (!who)
    return who.error();
  card c{.cluster = who->cluster, .shown = *std::move(shown)};
  const auto* const end = who->name.data() + who->name.size();
  const auto [read, wrong] = std::from_chars(who->name.data(), end, c.node);
  if (wrong != std::errc{} || read != end || c.node == 0)
    return failure{code::malformed, "the certificate is of no node's number: " + who->name,
                   (folder_of(data) / node_file).string(),
                   "Restore it from a backup, or have the node join again."};
  auto kept = tenon::cluster::kept_authority(folder_of(data));
  if (!kept && kept.error().code != code::not_found)
    return std::move(kept).error();
  if (kept)
    c.authority = *std::move(kept);
  return c;
}

result<void> keep(const fs::path& data, const card& c) {
  std::error_code error;
  fs::create_directories(folder_of(data), error);
  if (error)
    return failure{code::unavailable, "the directory cannot be made: " + error.message(),
                   folder_of(data).string(), "Let the node's user write there."};
  if (c.authority)
    if (auto kept = tenon::cluster::keep(folder_of(data), *c.authority); !kept)
      return kept;
  return tenon::cluster::keep(folder_of(data), c.shown);
}

void drop_card(const fs::path& data) {
  std::error_code ignored;
  for (const auto* file : {node_file, authority_file, members_file})
    fs::remove(folder_of(data) / file, ignored);
}

result<council_state> kept_members(const fs::path& data) {
  const auto file = folder_of(data) / members_file;
  const auto text = runtime::read_private_file(file, most_members_bytes, ask_again);
  if (!text)
    return text.error();
  const auto bytes = std::string_view{*text}.substr(std::min(checksum_digits, text->size()));
  auto state = protocols::decode<council_state>(blob::copy_of(bytes));
  if (!text->starts_with(checksum_text(bytes)) || !state)
    return failure{code::malformed, "what the node kept of the members is damaged", file.string(),
                   ask_again};
  return state;
}

result<void> keep_members(const fs::path& data, const council_state& s) {
  const auto bytes = protocols::encode(s);
  return runtime::write_private_file(folder_of(data) / members_file,
                                     checksum_text(bytes.view()) + std::string{bytes.view()});
}

result<card> make_card(const std::string& cluster, const std::string& name, moment now) {
  auto made = tenon::cluster::make_authority(cluster, name, now);
  if (!made)
    return std::move(made).error();
  auto shown = certified_by(*made, made->certificate, founder, now);
  if (!shown)
    return std::move(shown).error();
  return card{cluster, founder, *std::move(shown), *std::move(made)};
}

result<card> renewed(const card& c, moment now) {
  if (!c.authority)
    return failure{code::unavailable, "this node keeps no authority that could certify it",
                   "certificate", "Have it join again before its certificate expires."};
  auto shown = certified_by(*c.authority, c.shown.trusted, c.node, now);
  if (!shown)
    return std::move(shown).error();
  auto fresh = c;
  fresh.shown = *std::move(shown);
  return fresh;
}

std::string draw_cluster_id(runtime::entropy& random) {
  std::array<unsigned char, 8> bytes{};
  random.fill(bytes);
  return runtime::signing::to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::uint64_t draw_boot_id(runtime::entropy& random) {
  std::array<unsigned char, 8> bytes{};
  random.fill(bytes);
  std::uint64_t id = 0;
  for (const auto byte : bytes)
    id = id << 8 | byte;
  return std::max<std::uint64_t>(id, 1);
}

} // namespace tenon::nodes::cluster
