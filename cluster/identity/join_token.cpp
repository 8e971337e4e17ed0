#include "cluster/identity/join_token.hpp"

#include "cluster/identity/certificate.hpp"
#include "protocols/base64.hpp"
#include "runtime/signing/signing.hpp"

#include <array>
#include <vector>

namespace tenon::cluster {
namespace {

namespace signing = runtime::signing;

constexpr std::string_view prefix = "tenon-join-1";
constexpr std::size_t check_digits = 8;
constexpr std::size_t longest = 512;

const std::string make_another =
    "Make another with `tenon cluster token` on a node of the cluster.";

std::string hash_of(std::string_view text) {
  return signing::to_hex(signing::hash(signing::digest::sha256, text));
}

template <std::size_t Size> std::string random_bytes(runtime::entropy& random) {
  std::array<unsigned char, Size> bytes;
  random.fill(bytes);
  return {bytes.begin(), bytes.end()};
}

std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto dot = text.find('.');
    parts.push_back(text.substr(0, dot));
    if (dot == text.npos)
      return parts;
    text.remove_prefix(dot + 1);
  }
}

failure unreadable(std::string why) {
  return {code::malformed, std::move(why), "token",
          "Copy the whole line that `tenon cluster token` printed."};
}

} // namespace

issued_join_token issue_join_token(runtime::entropy& random, const std::string& fingerprint,
                                   moment now, span life) {
  const auto id = signing::to_hex(random_bytes<6>(random));
  const auto secret = to_base64url(random_bytes<32>(random));
  auto text = std::string{prefix} + '.' + id + '.' + secret + '.' + fingerprint;
  text += '.' + hash_of(text).substr(0, check_digits);
  return {std::move(text), {id, hash_of(secret), now + life, false}};
}

result<join_token> read_join_token(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  text = text.substr(0, text.find_last_not_of(blanks) + 1);
  if (text.size() > longest)
    return unreadable("the token is too long to be one");
  const auto parts = parts_of(text);
  if (parts.front() != prefix)
    return unreadable("this is no join token: it does not begin with " + std::string{prefix});
  if (parts.size() != 5)
    return unreadable("the token is not whole");
  const auto checked = text.substr(0, text.rfind('.'));
  if (hash_of(checked).substr(0, check_digits) != parts[4])
    return unreadable("the token is cut or mistyped");
  return join_token{std::string{parts[1]}, std::string{parts[2]}, std::string{parts[3]}};
}

result<void> redeem(const kept_join_token& kept, const join_token& shown, moment now) {
  if (kept.id != shown.id || !signing::same(kept.hash, hash_of(shown.secret)))
    return failure{code::unauthenticated, "this token is not one of this cluster", "token",
                   make_another};
  if (kept.used)
    return failure{code::conflict, "token " + kept.id + " has been used: each lets in one node",
                   "token", make_another};
  if (now >= kept.expires)
    return failure{code::timed_out, "token " + kept.id + " has expired at " + to_text(kept.expires),
                   "token", make_another};
  return {};
}

result<void> is_authority_of(const join_token& token, const std::string& certificate) {
  const auto found = fingerprint_of(certificate);
  if (!found)
    return found.error();
  if (!signing::same(*found, token.fingerprint))
    return failure{code::unauthenticated,
                   "the node that answered is not of the cluster that made the token", "token",
                   "Check the address; somebody may stand between."};
  return {};
}

} // namespace tenon::cluster
