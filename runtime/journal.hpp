// The log that everything durable goes through, as a port: one log per partition, each entry with
// the term of the owner that wrote it and an index without gaps. What is confirmed is durable on
// this node with one voter, on a quorum with more. Who implements it (one storage thread over
// LMDB; later Raft above the same storage) is nobody's business above.
#pragma once

#include "protocols/blob.hpp"
#include "protocols/failure.hpp"

#include <cstdint>
#include <functional>
#include <span>

namespace tenon::runtime {

using partition_number = std::uint16_t;

/// Told, from the journal's own thread, how far a partition's log has become durable. Must return
/// at once: take a note and schedule, nothing more.
class durable_listener {
public:
  virtual ~durable_listener() = default;
  virtual void durable(std::uint64_t index) noexcept = 0;
};

struct journal_entry {
  std::uint64_t term = 0;
  std::uint64_t index = 0;
  blob bytes;
};

class journal {
public:
  virtual ~journal() = default;

  virtual partition_number partitions() const = 0;

  /// The term in which this node owns the partition; 0 when it does not. Never goes down.
  virtual std::uint64_t term(partition_number) const = 0;

  /// Takes the entry at the end of the partition's log and returns its index at once; `listener` is
  /// called when that index is durable (it must stay alive until then). Entries of one partition
  /// become durable in order. Fenced: with another term than the current one, `unavailable`. At the
  /// limit of bytes waiting, `overloaded` with a time to retry, and nothing was taken; `too_large`
  /// for an entry that will never be taken.
  virtual result<std::uint64_t> append(partition_number, std::uint64_t term, blob entry,
                                       durable_listener& listener) = 0;

  /// The last index that is durable; 0 for an empty log.
  virtual std::uint64_t durable(partition_number) const = 0;

  /// The entries of these indices (ascending), of those that are durable and not trimmed.
  virtual void read(partition_number, std::span<const std::uint64_t> indices,
                    const std::function<void(const journal_entry&)>& each) const = 0;

  /// Every durable entry after `after` that is not trimmed, in order.
  virtual void scan(partition_number, std::uint64_t after,
                    const std::function<void(const journal_entry&)>& each) const = 0;

  /// What these entries say is in the stored state: the log may forget them.
  virtual void trim(partition_number, std::uint64_t through) = 0;
};

} // namespace tenon::runtime
