#include "runtime/outbound/guard.hpp"

#include "runtime/outbound/message.hpp"

#include <algorithm>

namespace tenon::runtime::outbound {

namespace {

struct special {
  const char* network;
  const char* kind;
  bool alone = false; // allowed only by a network that is this address alone
};

// IANA's special-purpose registries, and the metadata services of the large clouds. The first match
// counts, so what needs a word of its own comes before the network around it.
constexpr special specials[]{
    {"169.254.169.254/32", "a cloud metadata address", true},
    {"169.254.170.2/32", "a cloud metadata address", true},   // AWS containers
    {"100.100.100.200/32", "a cloud metadata address", true}, // Alibaba
    {"192.0.0.192/32", "a cloud metadata address", true},     // Oracle
    {"168.63.129.16/32", "a cloud metadata address", true},   // Azure's host
    {"fd00:ec2::254/128", "a cloud metadata address", true},
    {"fd00:ec2::23/128", "a cloud metadata address", true},
    {"fd20:ce::254/128", "a cloud metadata address", true},
    {"0.0.0.0/8", "an unspecified address"},
    {"10.0.0.0/8", "a private address"},
    {"100.64.0.0/10", "an address behind a carrier's NAT"},
    {"127.0.0.0/8", "a loopback address"},
    {"169.254.0.0/16", "a link-local address"},
    {"172.16.0.0/12", "a private address"},
    {"192.0.0.0/24", "a reserved address"},
    {"192.0.2.0/24", "a documentation address"},
    {"192.88.99.0/24", "a reserved address"},
    {"192.168.0.0/16", "a private address"},
    {"198.18.0.0/15", "a benchmarking address"},
    {"198.51.100.0/24", "a documentation address"},
    {"203.0.113.0/24", "a documentation address"},
    {"224.0.0.0/4", "a multicast address"},
    {"240.0.0.0/4", "a reserved address"},
    {"::/128", "the unspecified address"},
    {"::1/128", "the loopback address"},
    {"::/96", "a reserved address"},
    {"64:ff9b:1::/48", "an address behind a local NAT64"},
    {"100::/64", "a discarding address"},
    {"2001::/23", "a reserved address"}, // Teredo and ORCHID among them
    {"2001:db8::/32", "a documentation address"},
    {"3fff::/20", "a documentation address"},
    {"5f00::/16", "a reserved address"},
    {"fc00::/7", "a private address"},
    {"fe80::/10", "a link-local address"},
    {"fec0::/10", "a site-local address"},
    {"ff00::/8", "a multicast address"},
};

struct parsed_special {
  network net;
  special said;
};

const std::vector<parsed_special>& table() {
  static const auto parsed = [] {
    std::vector<parsed_special> t;
    for (const auto& s : specials)
      t.push_back({*parse_network(s.network), s});
    return t;
  }();
  return parsed;
}

bool allowed_by(const policy& p, const address& a, bool alone) {
  return std::ranges::any_of(p.allowed, [&](const network& n) {
    return contains(n, a) && (!alone || n.bits == a.significant().size() * 8);
  });
}

} // namespace

result<void> allowed(const address& asked, const policy& p, std::string_view host) {
  const auto meant = embedded_ipv4(asked).value_or(asked);
  const auto found =
      std::ranges::find_if(table(), [&](const auto& s) { return contains(s.net, meant); });
  if (found == table().end())
    return {};
  if (allowed_by(p, meant, found->said.alone) || allowed_by(p, asked, found->said.alone))
    return {};
  const auto text = to_text(asked);
  auto why = text == host ? text + " is " : std::string{host} + " is at " + text + ", ";
  if (asked != meant)
    why += "another form of " + to_text(meant) + ", ";
  why += std::string{found->said.kind} + ", which is not allowed";
  return failure{.code = code::forbidden,
                 .why = std::move(why),
                 .where = std::string{name_of(phase::guard)},
                 .remedy = std::string{"if calls there are meant to be made, start the node with "
                                       "--allow-network "} +
                           found->said.network};
}

result<void> allowed(const std::vector<address>& all, const policy& p, std::string_view host) {
  for (const auto& a : all)
    if (auto judged = allowed(a, p, host); !judged)
      return judged;
  return {};
}

} // namespace tenon::runtime::outbound
