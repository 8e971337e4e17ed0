// How a node comes in and comes back: init, tokens, join, replace, start.
#include "cluster/membership/deciding.hpp"

#include <algorithm>

namespace tenon::cluster::membership {

namespace {

constexpr std::size_t longest_name = 63;
constexpr std::size_t most_addresses = 8;
constexpr std::size_t longest_address = 255;

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= longest_name && text.front() != '-' &&
         std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

result<void> check_name(std::string_view name, std::string where) {
  if (!is_name(name))
    return refuse(code::malformed, "\"" + std::string{name} + "\" is not a name", std::move(where),
                  "Use 1 to 63 of a-z, 0-9 and -, beginning with a letter or digit.");
  return {};
}

result<void> check_addresses(const std::vector<std::string>& addresses) {
  if (addresses.empty() || addresses.size() > most_addresses)
    return refuse(code::malformed, "a node needs 1 to 8 addresses at which others find it",
                  "node.addresses", "Give them as host:port.");
  for (const auto& a : addresses)
    if (a.empty() || a.size() > longest_address || a.find(':') == std::string::npos)
      return refuse(code::malformed, "\"" + a + "\" is not an address", "node.addresses",
                    "Give it as host:port, of at most 255 characters.");
  return {};
}

result<void> check_node(const words::node& n) {
  if (auto named = check_name(n.name, "node.name"); !named)
    return named;
  if (auto found = check_addresses(n.addresses); !found)
    return found;
  if (n.zone.size() > longest_name)
    return refuse(code::malformed, "the zone's label is too long", "node.zone",
                  "Use at most 63 characters.");
  if (!n.worker && !n.edge)
    return refuse(code::malformed, "a node that is neither worker nor edge does nothing",
                  "node.worker", "Give it one of the two roles, or both.");
  if (n.boot_id == 0 || n.speaks_from > n.speaks_to)
    return refuse(code::malformed, "the node does not say what it speaks and who it is", "node",
                  "It needs a boot id and a range of feature levels.");
  return {};
}

/// Whether a program of these levels can be a member now.
result<void> check_speaks(const state& s, std::uint32_t from, std::uint32_t to,
                          const std::string& version) {
  if (s.feature_level >= from && s.feature_level <= to)
    return {};
  const bool old = to < s.feature_level;
  return refuse(code::conflict,
                "version " + version + " speaks feature levels " + std::to_string(from) + " to " +
                    std::to_string(to) + ", and the cluster " + s.name + " works at level " +
                    std::to_string(s.feature_level),
                "node.version",
                old ? "It is too old: install the version that the other nodes have."
                    : "It is too new: update the other nodes first, one version at a time.");
}

/// The token that this join may use; one that this very node has used answers again.
result<const words::token*> check_token(const state& s, const words::join& j, moment now) {
  const auto found = std::ranges::find(s.tokens, j.token_hash, &words::token::hash);
  const std::string remedy = "Ask for a new one with `tenon cluster token`.";
  if (found == s.tokens.end())
    return refuse(code::forbidden, "the cluster " + s.name + " knows no such token", "token",
                  remedy);
  if (found->used_by != 0) {
    const auto* by = find(s, found->used_by);
    if (by != nullptr && by->name == j.node.name && by->boot_id == j.node.boot_id)
      return &*found;
    return refuse(code::forbidden,
                  "the token was used at " + to_text(found->used_at) + " by node " +
                      std::to_string(found->used_by) + ", and works once",
                  "token", remedy);
  }
  if (found->expires_at <= now)
    return refuse(code::forbidden, "the token expired at " + to_text(found->expires_at), "token",
                  remedy);
  return &*found;
}

result<node_id> check_place(const state& s, const words::join& j, const sight& seen) {
  const auto* there = find_member(s, j.node.name);
  if (there == nullptr && j.replaces)
    return refuse(code::not_found, "no member is called " + j.node.name + " whose place to take",
                  "node.name", "Join without replacing, or give the name of the lost node.");
  if (there == nullptr)
    return node_id{};
  if (!j.replaces)
    return refuse(code::conflict, "the name is taken by " + called(*there), "node.name",
                  "Choose another name; or, if that node lost its disk, join with --replace.");
  if (seen.hears(there->id))
    return refuse(code::conflict, called(*there) + " is alive and is not replaced", "node.name",
                  "Stop it first, or let it leave with `tenon cluster leave`.");
  if (const int lost = needs(s, there->id, seen); lost >= 0)
    return refuse(code::conflict,
                  partition_text(static_cast<std::uint16_t>(lost)) + " has no majority without " +
                      called(*there),
                  "node.name", "Bring another of its nodes back first.");
  if (there->worker && !j.node.worker)
    return refuse(code::conflict, called(*there) + " holds partitions, and this one would not",
                  "node.worker", "Start it as a worker.");
  return there->id;
}

} // namespace

answer on(const state& s, const words::init& c, const sight&, moment now) {
  if (!s.id.empty())
    return refuse(code::conflict, "this node belongs to the cluster " + s.name + " already",
                  "cluster", "Use another data directory for another cluster.");
  if (auto named = check_name(c.name, "name"); !named)
    return named.error();
  if (auto node = check_node(c.node); !node)
    return node.error();
  if (c.id.empty() || c.id.size() > longest_name)
    return refuse(code::malformed, "a cluster needs an id of 1 to 63 characters", "id",
                  "Let `tenon cluster init` draw it.");
  if (!c.node.worker)
    return refuse(code::malformed, "the first node must hold the partitions", "node.worker",
                  "Start it as a worker.");
  if (c.partitions == 0 || c.partitions > most_partitions)
    return refuse(code::malformed, std::to_string(c.partitions) + " partitions cannot be",
                  "partitions", "Use 1 to 4096; 16 suit most.");
  if (c.factor != 1 && c.factor != 3 && c.factor != 5)
    return refuse(code::malformed, "a factor of " + std::to_string(c.factor) + " cannot be",
                  "factor", "Use 1, 3 or 5.");
  auto node = c.node;
  node.id = 1;
  node.standing = words::standing::up;
  node.stood_at = now;
  node.for_good = false;
  return happened(words::initialised{c.id, c.name, c.partitions, c.factor, node.speaks_to,
                                     std::move(node), now},
                  1);
}

answer on(const state& s, const words::issue_token& c, const sight&, moment now) {
  if (c.hash.view().size() != 32)
    return refuse(code::malformed, "a token is kept as its SHA-256 of 32 bytes", "hash",
                  "Let `tenon cluster token` make it.");
  if (c.lives <= span{} || c.lives > longest_token)
    return refuse(code::malformed, "a token cannot live for " + to_text(c.lives), "lives",
                  "Use more than 0s and at most 7d.");
  if (std::ranges::find(s.tokens, c.hash, &words::token::hash) != s.tokens.end())
    return refuse(code::conflict, "there is such a token already", "hash", "Draw another.");
  const auto open = std::ranges::count_if(
      s.tokens, [&](const words::token& t) { return t.used_by == 0 && t.expires_at > now; });
  if (static_cast<std::size_t>(open) >= most_tokens)
    return refuse(code::too_large, "64 tokens wait to be used", "token",
                  "Use one of them, or wait until they expire.");
  return happened(words::token_issued{{c.hash, now + c.lives, 0, {}}, now});
}

answer on(const state& s, const words::join& c, const sight& seen, moment now) {
  if (c.cluster != s.name)
    return refuse(code::conflict,
                  "this is the cluster " + s.name + ", and " + c.cluster + " was meant", "cluster",
                  "Check the address that was given to join.");
  if (auto node = check_node(c.node); !node)
    return node.error();
  const auto token = check_token(s, c, now);
  if (!token)
    return token.error();
  if ((*token)->used_by != 0)
    return as_it_is((*token)->used_by);
  if (auto spoken = check_speaks(s, c.node.speaks_from, c.node.speaks_to, c.node.version); !spoken)
    return spoken.error();
  const auto replaced = check_place(s, c, seen);
  if (!replaced)
    return replaced.error();
  if (static_cast<std::size_t>(std::ranges::count_if(s.nodes, is_member)) >= most_members)
    return refuse(code::too_large, "the cluster has its 1,000 nodes", "node",
                  "Let one of them leave first.");
  auto node = c.node;
  node.id = s.next_node;
  node.standing = words::standing::joining;
  node.stood_at = now;
  node.for_good = false;
  const auto id = node.id;
  return happened(words::joined{std::move(node), c.token_hash, *replaced, now}, id);
}

answer on(const state& s, const words::start& c, const sight& seen, moment now) {
  if (c.cluster_id != s.id)
    return refuse(code::conflict, "the data directory belongs to another cluster than " + s.name,
                  "cluster_id", "Check the addresses that the node was given.");
  const auto* n = find(s, c.node);
  if (n == nullptr || !is_member(*n))
    return refuse(code::forbidden,
                  n == nullptr
                      ? "the cluster " + s.name + " never had a node " + std::to_string(c.node)
                      : called(*n) + " is no member any more since " + to_text(n->stood_at),
                  "node", "Empty its data directory and join with a new token.");
  if (c.boot_id == 0)
    return refuse(code::malformed, "a process that starts needs a boot id", "boot_id",
                  "Draw one at random.");
  // A node that joins was told its number by this same process, which is heard all the while.
  if (c.boot_id != n->boot_id && seen.hears(n->id))
    return refuse(code::conflict,
                  "another process is alive as " + called(*n) +
                      ": two have the same data directory, or a copy of it",
                  "node", "Stop one of the two; a copy must be emptied and join as a new node.");
  if (auto found = check_addresses(c.addresses); !found)
    return found.error();
  if (c.speaks_from > c.speaks_to)
    return refuse(code::malformed, "the range of feature levels is upside down", "speaks_from",
                  "Give the lower one first.");
  if (auto spoken = check_speaks(s, c.speaks_from, c.speaks_to, c.version); !spoken)
    return spoken.error();
  const bool same = n->boot_id == c.boot_id && n->addresses == c.addresses &&
                    n->version == c.version && n->speaks_from == c.speaks_from &&
                    n->speaks_to == c.speaks_to && n->standing != words::standing::joining;
  if (same)
    return as_it_is(n->id);
  return happened(
      words::started{c.node, c.boot_id, c.addresses, c.version, c.speaks_from, c.speaks_to, now},
      n->id);
}

} // namespace tenon::cluster::membership
