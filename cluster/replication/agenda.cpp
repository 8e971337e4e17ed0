#include "cluster/replication/agenda.hpp"

#include <algorithm>
#include <utility>

namespace tenon::cluster::replication {

void agenda::mark(partition_number p) {
  const std::scoped_lock lock{mutex_};
  mark_locked(p);
}

// All under the lock: once the last write is told, the agenda may be gone.
void agenda::written(partition_number p, std::uint64_t number) {
  const std::scoped_lock lock{mutex_};
  written_[p] = std::max(written_[p], number);
  mark_locked(p);
  if (awaited_)
    told_.notify_all();
}

bool agenda::add(std::function<void()> call) {
  const std::scoped_lock lock{mutex_};
  if (closed_)
    return false;
  items_.calls.push_back(std::move(call));
  wake_locked();
  return true;
}

void agenda::wake() {
  const std::scoped_lock lock{mutex_};
  wake_locked();
}

agenda::items agenda::take() {
  const std::scoped_lock lock{mutex_};
  for (const auto p : items_.partitions)
    marked_[p] = false;
  awake_ = false;
  return std::exchange(items_, {});
}

std::uint64_t agenda::written(partition_number p) const {
  const std::scoped_lock lock{mutex_};
  return written_[p];
}

std::vector<std::function<void()>> agenda::close() {
  const std::scoped_lock lock{mutex_};
  closed_ = true;
  return std::exchange(items_.calls, {});
}

void agenda::wait_for(partition_number p, std::uint64_t number) {
  std::unique_lock lock{mutex_};
  awaited_ = true;
  told_.wait(lock, [&] { return written_[p] >= number; });
}

void agenda::mark_locked(partition_number p) {
  if (marked_[p])
    return;
  marked_[p] = true;
  items_.partitions.push_back(p);
  wake_locked();
}

void agenda::wake_locked() {
  if (closed_ || std::exchange(awake_, true))
    return;
  wake_();
}

} // namespace tenon::cluster::replication
