// A node's ownership of one partition, in one term. What cells decided is let out only while it
// lasts: once `end` has returned nothing that belongs to this term is released any more, and
// nothing is being released.
#pragma once

#include "runtime/journal.hpp"

#include <atomic>
#include <mutex>
#include <shared_mutex>

namespace tenon::runtime {

class tenure {
public:
  tenure(partition_number p, std::uint64_t t) : partition{p}, term{t} {}
  virtual ~tenure() = default;
  tenure(const tenure&) = delete;
  tenure& operator=(const tenure&) = delete;

  const partition_number partition;
  const std::uint64_t term;

  bool over() const { return over_.load(std::memory_order_acquire); }

  /// Whether it lasts: then `release` has been run, and `end` waits for it. Not within another one.
  template <class F> bool during(F release) const {
    if (over()) // before the lock, so that nobody new comes while `end` waits
      return false;
    const std::shared_lock hold{releasing_};
    if (over())
      return false;
    release();
    return true;
  }

  void end() {
    over_.store(true, std::memory_order_release);
    const std::unique_lock everybody_is_out{releasing_};
  }

private:
  std::atomic<bool> over_{false};
  mutable std::shared_mutex releasing_;
};

} // namespace tenon::runtime
