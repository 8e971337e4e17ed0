#include "cluster/forwarding/speaking.hpp"

namespace tenon::cluster::forwarding {

bool speak(outgoing& out, incoming& in, node_id to, steady_point now, const send_frame& send) {
  while (out.due(to) || in.due(to)) {
    words::parcel parcel;
    std::size_t weight = 0;
    in.fill(to, parcel, weight);
    out.fill(to, parcel, weight, now);
    const bool taken = send(to, protocols::encode(parcel)).has_value();
    in.left(to, parcel, taken);
    out.left(to, parcel, taken, now);
    if (!taken)
      return false;
  }
  return true;
}

} // namespace tenon::cluster::forwarding
