#include "cluster/link/greeting.hpp"

#include "protocols/codec.hpp"

#include <algorithm>

namespace tenon::cluster::link {
namespace {

constexpr std::size_t longest_sentence = 1'000;

std::string framed(frame_kind kind, const blob& bytes, checking how) {
  std::string out;
  put_header(out, kind, bytes.view(), how);
  out += bytes.view();
  return out;
}

std::string versions(const hello& h) {
  return std::to_string(h.oldest) + " to " + std::to_string(h.newest);
}

/// A refusal crosses the wire by the name of its code; an unknown one is one more reason to wait.
code code_named(std::string_view name) {
  for (auto each = code::malformed; each <= code::internal;
       each = static_cast<code>(static_cast<int>(each) + 1))
    if (name_of(each) == name)
      return each;
  return code::unavailable;
}

} // namespace

result<agreement> agree(const hello& ours, const hello& theirs,
                        const std::optional<std::string>& certified_node) {
  if (theirs.cluster != ours.cluster)
    return failure{code::unauthenticated,
                   "the peer is of cluster '" + theirs.cluster + "', and this is '" + ours.cluster +
                       "'",
                   "hello.cluster", "Give the address of a node of this cluster."};
  if (certified_node && theirs.node != *certified_node)
    return failure{code::forbidden,
                   "the peer says that it is node '" + theirs.node +
                       "', and its certificate that it is '" + *certified_node + "'",
                   "hello.node", "Give each node the identity that it joined with."};
  if (theirs.node == ours.node)
    return failure{code::conflict, "the peer is node '" + ours.node + "', as this one is",
                   "hello.node",
                   "Give the address of another node; never start a copy of a data directory."};
  if (theirs.newest < ours.oldest || ours.newest < theirs.oldest)
    return failure{code::conflict,
                   "this node speaks versions " + versions(ours) + " of the protocol, and node '" +
                       theirs.node + "' speaks " + versions(theirs),
                   "hello.newest",
                   "Upgrade the older node; nodes may be one version apart, not more."};
  return agreement{std::min(ours.newest, theirs.newest), std::max(ours.epoch, theirs.epoch)};
}

result<hello> read_greeting(const frame& first) {
  if (first.kind == frame_kind::hello)
    return protocols::decode<hello>(first.bytes);
  if (first.kind != frame_kind::refusal)
    return failure{code::malformed, "the peer does not begin with a hello", "hello",
                   "See that a node of this cluster is at that address."};
  const auto refusal = protocols::decode<protocols::link::refusal>(first.bytes);
  if (!refusal)
    return refusal.error();
  return failure{code_named(refusal->code), "the peer refuses this node: " + refusal->why, "hello",
                 refusal->remedy};
}

std::string to_frame(const hello& h, checking how) {
  return framed(frame_kind::hello, protocols::encode(h), how);
}

std::string to_frame(const failure& f, checking how) {
  const protocols::link::refusal said{std::string{name_of(f.code)},
                                      f.why.substr(0, longest_sentence),
                                      f.remedy.substr(0, longest_sentence)};
  return framed(frame_kind::refusal, protocols::encode(said), how);
}

} // namespace tenon::cluster::link
