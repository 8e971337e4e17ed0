// The cluster as documents for people and programs. Pure.
#pragma once

#include "cluster/placement/plan.hpp"
#include "nodes/cluster/steward.hpp"
#include "protocols/value.hpp"

namespace tenon::nodes::cluster {

/// Its members, who leads and holds what, what is under-replicated and what moves.
value report_of(const survey&);

/// A plan, a row for each replica or leadership that moves, with its reason.
value report_of(const tenon::cluster::placement::plan&, const membership::state&);

/// A member by name or number, as an operator writes it; `not_found` lists who there is.
result<membership::node_id> find_node(const membership::state&, std::string_view said);

} // namespace tenon::nodes::cluster
