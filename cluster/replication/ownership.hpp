// Who is told which partitions this node owns. What it was told and what it is told next never
// cross, from whichever thread it begins to watch.
#pragma once

#include "cluster/replication/front.hpp"

#include <memory>
#include <mutex>
#include <vector>

namespace tenon::cluster::replication {

class ownership {
public:
  void watch(runtime::ownership_listener& listener, std::vector<std::unique_ptr<front>>& fronts) {
    const std::scoped_lock lock{mutex_};
    listener_ = &listener;
    for (partition_number p = 0; p < fronts.size(); ++p)
      if (const auto term = fronts[p]->term())
        listener.gained(p, term);
  }

  /// `next`: the index of the first entry that will be appended.
  void gained(partition_number p, front& f, std::uint64_t term, std::uint64_t next) {
    const std::scoped_lock lock{mutex_};
    f.open(f.stop(), term, next);
    if (listener_)
      listener_->gained(p, term);
  }

  void lost(partition_number p, front& f) {
    const std::scoped_lock lock{mutex_};
    const auto term = f.term();
    f.close(f.stop());
    if (listener_)
      listener_->lost(p, term);
  }

  /// Nobody is told anything any more.
  void end() {
    const std::scoped_lock lock{mutex_};
    listener_ = nullptr;
  }

private:
  std::mutex mutex_;
  runtime::ownership_listener* listener_ = nullptr;
};

} // namespace tenon::cluster::replication
