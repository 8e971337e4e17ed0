// What there is to say to a node, as frames: the asks of one half and the answers of the other go
// together, as many as there are at that moment.
#pragma once

#include "cluster/forwarding/incoming.hpp"
#include "cluster/forwarding/outgoing.hpp"

#include <functional>

namespace tenon::cluster::forwarding {

using send_frame = std::function<result<void>(node_id, blob)>;

/// Until nothing is left or the node takes no more. Whether it took everything.
bool speak(outgoing&, incoming&, node_id to, steady_point now, const send_frame&);

} // namespace tenon::cluster::forwarding
