// One function for each command, and the words that several of them need to refuse. Only the files
// of this folder name them; everybody else calls decide().
#pragma once

#include "cluster/membership/membership.hpp"

#include <string>
#include <utility>

namespace tenon::cluster::membership {

using answer = result<decided>;

answer on(const state&, const words::init&, const sight&, moment now);
answer on(const state&, const words::issue_token&, const sight&, moment now);
answer on(const state&, const words::join&, const sight&, moment now);
answer on(const state&, const words::start&, const sight&, moment now);

answer on(const state&, const words::drain&, const sight&, moment now);
answer on(const state&, const words::resume&, const sight&, moment now);
answer on(const state&, const words::leave&, const sight&, moment now);
answer on(const state&, const words::depart&, const sight&, moment now);
answer on(const state&, const words::remove&, const sight&, moment now);

answer on(const state&, const words::set_factor&, const sight&, moment now);
answer on(const state&, const words::set_zone&, const sight&, moment now);
answer on(const state&, const words::raise&, const sight&, moment now);

answer on(const state&, const words::place&, const sight&, moment now);
answer on(const state&, const words::move&, const sight&, moment now);
answer on(const state&, const words::unpin&, const sight&, moment now);
answer on(const state&, const words::begin_step&, const sight&, moment now);
answer on(const state&, const words::end_step&, const sight&, moment now);
answer on(const state&, const words::observe&, const sight&, moment now);

inline failure refuse(code c, std::string why, std::string where, std::string remedy) {
  return {c, std::move(why), std::move(where), std::move(remedy)};
}

inline answer happened(event e, node_id node = 0) {
  decided d;
  d.events.push_back(std::move(e));
  d.node = node;
  return d;
}

/// Obeyed already: the same answer, and nothing happens twice.
inline answer as_it_is(node_id node = 0) {
  return decided{{}, node};
}

inline std::string called(const words::node& n) {
  return "node " + std::to_string(n.id) + " (" + n.name + ")";
}

inline std::string partition_text(std::uint16_t partition) {
  return "partition " + std::to_string(partition);
}

/// The member, or `not_found`, or `conflict` when it is one no more.
result<const words::node*> member(const state&, node_id);

/// The first partition that has a majority and would lack it without this node's voice; -1 if none.
int needs(const state&, node_id, const sight&);

} // namespace tenon::cluster::membership
