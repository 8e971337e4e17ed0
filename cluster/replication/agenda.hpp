// What other threads leave for the loop to do: partitions to look at, writes that became durable,
// and calls to make. Whoever leaves the first thing wakes the loop; the others find it awake.
#pragma once

#include "runtime/journal.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

namespace tenon::cluster::replication {

using runtime::partition_number;

class agenda {
public:
  struct items {
    std::vector<partition_number> partitions;
    std::vector<std::function<void()>> calls;
  };

  /// `wake` is called by whichever thread leaves something, at most once until somebody takes.
  agenda(partition_number partitions, std::function<void()> wake)
      : wake_{std::move(wake)}, marked_(partitions), written_(partitions) {}

  void mark(partition_number);
  /// Everything that the partition wrote up to this number is durable.
  void written(partition_number, std::uint64_t number);
  /// False when the agenda is closed, and nobody will make the call.
  bool add(std::function<void()> call);
  void wake();

  /// Each partition once, in the order in which they were marked first.
  items take();
  std::uint64_t written(partition_number) const;

  /// Nobody is woken any more. Answers the calls that were not made.
  std::vector<std::function<void()>> close();
  /// Until so much is durable.
  void wait_for(partition_number, std::uint64_t number);

  /// Tells the agenda what a partition has written.
  class note final : public runtime::durable_listener {
  public:
    note(agenda& a, partition_number p) : agenda_{a}, partition_{p} {}
    void durable(std::uint64_t number) noexcept override { agenda_.written(partition_, number); }

  private:
    agenda& agenda_;
    partition_number partition_;
  };

private:
  void mark_locked(partition_number);
  void wake_locked();

  const std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::condition_variable told_;
  std::vector<bool> marked_;
  std::vector<std::uint64_t> written_;
  items items_;
  bool awake_ = false;
  bool awaited_ = false; // somebody has ever waited
  bool closed_ = false;
};

} // namespace tenon::cluster::replication
