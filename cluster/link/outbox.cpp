#include "cluster/link/outbox.hpp"

namespace tenon::cluster::link {

result<void> outbox::put(topic t, blob bytes) {
  bool wake = false;
  {
    const std::lock_guard held{mutex_};
    if (!open_)
      return failure{code::unavailable, "the node cannot be reached", "peer",
                     "See the state of the connection.", span{500}};
    const auto cost = bytes.size() + waiting_cost;
    if (!waiting_.empty() && bytes_ + cost > most_bytes_) {
      ++refused_;
      return failure{code::overloaded,
                     "so much waits for this node already: " + std::to_string(bytes_) + " bytes",
                     "peer", "See whether the node or the network between is slow.", span{100}};
    }
    bytes_ += cost;
    waiting_.push_back({t, std::move(bytes)});
    wake = !awake_;
    awake_ = true;
  }
  if (wake)
    wake_();
  return {};
}

void outbox::open() {
  const std::lock_guard held{mutex_};
  open_ = true;
}

void outbox::close() {
  const std::lock_guard held{mutex_};
  waiting_.clear();
  bytes_ = 0;
  open_ = awake_ = false;
}

std::size_t outbox::bytes() const {
  const std::lock_guard held{mutex_};
  return bytes_;
}

std::size_t outbox::refused() const {
  const std::lock_guard held{mutex_};
  return refused_;
}

} // namespace tenon::cluster::link
