#include "cluster/replication/front.hpp"

#include <string>
#include <utility>

namespace tenon::cluster::replication {
namespace {

constexpr std::size_t entry_overhead = 64; // what an entry that waits costs besides its bytes

std::size_t weight_of(const blob& b) {
  return b.size() + entry_overhead;
}

} // namespace

result<front::place> front::append(std::uint64_t term, blob entry,
                                   runtime::durable_listener& listener) {
  const auto here = [&] { return "partition " + std::to_string(partition_); };
  if (entry.size() > limits_.entry_bytes)
    return failure{code::too_large,
                   "an entry of " + std::to_string(entry.size()) + " bytes is more than " +
                       std::to_string(limits_.entry_bytes),
                   here(), "Split it."};
  const auto weight = weight_of(entry);
  const std::scoped_lock lock{mutex_};
  if (term == 0 || term != term_)
    return failure{code::unavailable, "another term owns the partition", here()};
  if (paused_)
    return failure{code::overloaded, "the partition is being handed over to another node", here(),
                   "Repeat after the time given.", limits_.retry_paused};
  // One entry is always taken, so that a limit below its size cannot refuse it for ever.
  if ((waiting_ > 0 && waiting_ + weight > limits_.most_waiting) ||
      (together_ > 0 && together_ + weight > limits_.most_together))
    return failure{code::overloaded, "too many bytes wait to be confirmed", here(),
                   "Repeat after the time given.", limits_.retry_after};
  waiting_ += weight;
  together_ += weight;
  queue_.push_back({std::move(entry), &listener});
  return place{next_++, queue_.size() == 1};
}

void front::open(const hold&, std::uint64_t term, std::uint64_t next) {
  paused_ = false;
  next_ = next;
  term_.store(term, std::memory_order_release);
}

void front::close(const hold&) {
  term_.store(0, std::memory_order_release);
  forget();
}

void front::forget() {
  queue_.clear();
  awaited_.clear();
  together_ -= waiting_.exchange(0);
}

front::batch front::take(const hold&) {
  batch taken{.first = next_ - queue_.size()};
  taken.entries.reserve(queue_.size());
  for (auto& q : queue_) {
    awaited_.push_back({taken.first + taken.entries.size(), weight_of(q.bytes), q.listener});
    taken.entries.push_back(std::move(q.bytes));
  }
  queue_.clear();
  return taken;
}

std::size_t front::confirm(std::uint64_t committed) {
  if (committed <= committed_)
    return 0;
  set_committed(committed);
  std::size_t count = 0, weight = 0;
  while (!awaited_.empty() && awaited_.front().index <= committed) {
    const auto next = awaited_.front();
    awaited_.pop_front();
    ++count;
    weight += next.weight;
    const bool again = !awaited_.empty() && awaited_.front().index <= committed &&
                       awaited_.front().listener == next.listener;
    if (!again)
      next.listener->durable(next.index);
  }
  waiting_ -= weight;
  together_ -= weight;
  return count;
}

} // namespace tenon::cluster::replication
