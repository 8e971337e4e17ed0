// Where the blocks of each partition's log are, in memory: partition and index to row and offset,
// rebuilt at start. What was cut is not in it. Also counts, for each row, the blocks that are still
// wanted, so that rows whose blocks are all trimmed can be erased from the front.
#pragma once

#include "runtime/store/log_row.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace tenon::runtime::store {

struct block_place {
  std::uint64_t first = 0;
  std::uint64_t sequence = 0;
  std::uint32_t count = 0;
  std::uint32_t offset = 0;

  std::uint64_t last() const { return first + count - 1; }
};

class log_map {
public:
  explicit log_map(std::size_t partitions) : blocks_(partitions) {}

  /// The row behind all others, with its blocks. Sequences are without gaps.
  void add(std::uint64_t sequence, std::span<const planned_block> blocks);

  /// Forgets the partition's blocks, and parts of blocks, from `index` on.
  void cut(partition_number, std::uint64_t index);
  /// Forgets the partition's blocks that end at or before `through`.
  void trim(partition_number, std::uint64_t through);
  /// The first row, when nothing in it is wanted any more.
  std::optional<std::uint64_t> first_unwanted() const;
  void drop_first();

  /// The first block that holds an index at or after `index`.
  std::optional<block_place> find(partition_number, std::uint64_t index) const;

  std::uint64_t first_sequence() const { return first_; }
  std::uint64_t next_sequence() const { return first_ + wanted_.size(); }
  std::size_t rows() const { return wanted_.size(); }
  /// Before the first row is added: its sequence.
  void begin_at(std::uint64_t sequence) { first_ = sequence; }

private:
  std::vector<std::deque<block_place>> blocks_;
  std::deque<std::uint32_t> wanted_; // blocks wanted, by row
  std::uint64_t first_ = 1;          // sequence of the first row
};

} // namespace tenon::runtime::store
