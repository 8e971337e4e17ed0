#include "cluster/replication/mailbag.hpp"

#include <utility>

namespace tenon::cluster::replication {

void mailbag::put(std::uint16_t group, raft::outgoing m) {
  waiting_[m.to].push_back({group, std::move(m.message)});
}

void mailbag::send(const std::function<void(raft::node_id to, blob frame)>& each) {
  for (auto& [to, messages] : waiting_) {
    std::vector<raft::addressed> frame;
    std::size_t bytes = 0;
    for (auto& m : messages) {
      const auto weight = raft::weight_of(m.message);
      if (!frame.empty() && bytes + weight > frame_bytes_) {
        each(to, raft::pack(std::exchange(frame, {})));
        bytes = 0;
      }
      bytes += weight;
      frame.push_back(std::move(m));
    }
    messages.clear();
    if (!frame.empty())
      each(to, raft::pack(std::move(frame)));
  }
}

} // namespace tenon::cluster::replication
