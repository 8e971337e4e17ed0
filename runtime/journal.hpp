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

/// Told, from the journal's own thread, which partitions this node owns. Must return at once.
class ownership_listener {
public:
  virtual ~ownership_listener() = default;
  /// Entries may be appended in this term. All that any earlier owner had confirmed is durable here
  /// and can be scanned.
  virtual void gained(partition_number, std::uint64_t term) noexcept = 0;
  /// Nothing is taken in this term any more, and the listeners of what was appended in it are told
  /// nothing more: entries without confirmation may or may not be in the next owner's log. Until
  /// this returns `durable` of the partition stays where it is.
  virtual void lost(partition_number, std::uint64_t term) noexcept = 0;
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

  /// `listener` is told of every change from now on, and first, before this returns, of what is
  /// owned already. There is one, and it stays alive as long as the journal.
  virtual void watch(ownership_listener& listener) = 0;

  /// Takes the entry at the end of the partition's log and returns its index at once; `listener` is
  /// called when that index is durable (it must stay alive until then). Entries of one partition
  /// become durable in order. Fenced: with another term than the current one, `unavailable`. At the
  /// limit of bytes waiting, or while the partition is handed over, `overloaded` with a time to
  /// retry, and nothing was taken; `too_large` for an entry that will never be taken.
  virtual result<std::uint64_t> append(partition_number, std::uint64_t term, blob entry,
                                       durable_listener& listener) = 0;

  /// The last index that is confirmed; 0 for an empty log. Of a partition that another node owns,
  /// as far as this node has heard and stored.
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
