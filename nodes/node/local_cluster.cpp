#include "nodes/node/local_cluster.hpp"

#include "nodes/cluster/card.hpp"
#include "nodes/cluster/joining.hpp"
#include "nodes/cluster/steward.hpp"
#include "nodes/node/local_words.hpp"
#include "nodes/node/master_key.hpp"

#include <cstdlib>
#include <unistd.h>

namespace tenon::nodes {
namespace {

constexpr std::size_t longest_name = 63;

result<cluster::steward_settings> settings_of(const cli::node_options& o) {
  runtime::system_entropy random;
  cluster::steward_settings s;
  s.name = o.name;
  if (s.name.empty()) {
    std::string machine(256, '\0');
    if (::gethostname(machine.data(), machine.size() - 1) == 0)
      s.name = node_name_of(machine.c_str());
  }
  s.zone = o.zone;
  s.worker = !o.edge_only;
  s.version = o.version;
  s.boot = cluster::draw_boot_id(random);
  s.advertised = o.cluster_advertise;
  s.seed = o.join;
  if (o.cluster_address.empty())
    return s;
  const auto listen = parse_listen(o.cluster_address, "--cluster-address");
  if (!listen)
    return listen.error();
  s.host = listen->first;
  s.port = listen->second;
  if (s.advertised.empty() && (s.host == "0.0.0.0" || s.host == "::"))
    return failure{code::malformed, "others cannot find a node at " + s.host, "--cluster-advertise",
                   "Say under which host:port they reach this machine."};
  // Others are told where it is before it listens.
  if (s.port == 0)
    s.port = cluster::free_port(s.host);
  if (s.advertised.empty())
    s.advertised = (s.host.find(':') == s.host.npos ? s.host : '[' + s.host + ']') + ':' +
                   std::to_string(s.port);
  return s;
}

result<void> join(const cli::node_options& o, const cluster::steward_settings& s) {
  if (s.host.empty())
    return failure{code::malformed, "a node that joins needs an address for the others",
                   "--cluster-address", "Give it a host:port of this machine."};
  cluster::join_wish w{.data = o.data,
                       .address = o.join,
                       .token = o.token,
                       .cluster = o.cluster,
                       .replaces = o.replace,
                       .has_master_key = is_given_master_keys(o.master_key)};
  if (const char* said = std::getenv("TENON_JOIN_TOKEN"); w.token.empty() && said != nullptr)
    w.token = said;
  if (w.token.empty())
    return failure{code::malformed, "a node joins with a token, and none was given", "--token",
                   "Make one with `tenon cluster token` on a member, and give it as "
                   "TENON_JOIN_TOKEN."};
  w.node = cluster::description_of(s);
  const runtime::system_clock clock;
  return cluster::join(w, clock);
}

} // namespace

std::string node_name_of(std::string machine) {
  std::string name;
  for (const char c : machine) {
    const char small = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool fits = (small >= 'a' && small <= 'z') || (small >= '0' && small <= '9');
    if (fits || (!name.empty() && name.back() != '-'))
      name += fits ? small : '-';
  }
  name.resize(std::min(name.size(), longest_name));
  while (name.ends_with('-'))
    name.pop_back();
  return name.empty() ? "node" : name;
}

result<cluster::steward_settings> be_member(const cli::node_options& o) {
  auto s = settings_of(o);
  if (!s || o.join.empty() || cluster::is_member(o.data))
    return s;
  if (auto joined = join(o, *s); !joined)
    return std::move(joined).error();
  return s;
}

} // namespace tenon::nodes
